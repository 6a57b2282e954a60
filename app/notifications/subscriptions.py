"""The credit ledger: what a person's answers allow us to send (订阅次数).

A server event (`subscribe_msg_popup_event`) is worth a credit; what a phone reports is only a hint and counts
provisionally until the event comes; 43101 always wins. All writes lock the row. A template and the long-term
one that tells the same (长期订阅) keep a row each: what happens to one leaves the other alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, String, Uuid, any_, bindparam, case, cast, delete, select, update
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from app.foundation import clock
from app.foundation.database import session
from app.foundation.errors import InvalidInput
from app.identity.types import ResidentId
from app.notifications.models import Subscription
from app.notifications.templates import all_templates
from app.notifications.types import Choice, Purse, TemplateKind
from config.settings import Settings

SAME_TAP = timedelta(minutes=1)
"""A report that comes this soon after WeChat's event is about the same tap."""
EVENT_COMES_WITHIN = timedelta(days=1)
"""WeChat repeats an unanswered event for seconds; after a day it will not come any more."""

_ids: dict[str, str] = {}
_keys: dict[str, str] = {}


def use(settings: Settings) -> None:
    """Take the deployment's template ids."""
    _ids.clear()
    _ids.update(settings.wechat_templates)
    _keys.clear()
    _keys.update({template_id: key for key, template_id in _ids.items()})


def template_id(key: str) -> str | None:
    """Return WeChat's id of our template, or None where the deployment has none."""
    return _ids.get(key)


def template_key(wechat_id: str) -> str | None:
    """Return our key of WeChat's template id."""
    return _keys.get(wechat_id)


def ways(key: str) -> tuple[str, ...]:
    """Return the templates by which this deployment can tell a message of template `key`; long-term first."""
    known = (all_templates()[key].long_term, key)
    return tuple(way for way in known if way is not None and way in _ids)


def stopped_until(key: str, stopped: Mapping[str, datetime]) -> datetime | None:
    """Return when the first way of telling `key` is open again; None where one is open."""
    closed = [stopped[way] for way in ways(key) if way in stopped]
    return min(closed) if closed and len(closed) == len(ways(key)) else None


def report(resident: ResidentId, choices: Mapping[str, Choice]) -> None:
    """Note what the phone reports after the prompt: a hint, spoofable, worth one provisional credit at most.

    Raises InvalidInput for template ids that are not ours.
    """
    strangers = [wechat_id for wechat_id in choices if wechat_id not in _keys]
    if strangers:
        raise InvalidInput({f"results.{wechat_id}": ["没有这个消息模板"] for wechat_id in strangers})
    accepted_keys = sorted(_keys[i] for i, choice in choices.items() if choice is Choice.ACCEPT)
    for key in accepted_keys:  # sorted: two events about one person lock their rows in the same order
        row, now = locked(resident, key), clock.now()
        known = row.confirmed_at is not None and now - row.confirmed_at < SAME_TAP
        if not known and not row.standing and row.credits + row.provisional == 0:
            row.provisional, row.reported_at, row.updated_at = 1, now, now


def accepted(resident: ResidentId, key: str) -> None:
    """Book WeChat's own word that the person accepted: one credit, or a standing yes."""
    row, now = locked(resident, key), clock.now()
    row.updated_at = row.confirmed_at = now
    if all_templates()[key].kind is TemplateKind.LONG_TERM:
        row.standing, row.provisional, row.advanced = True, 0, 0
    elif row.advanced and row.reported_at is not None and now - row.reported_at < EVENT_COMES_WITHIN:
        row.advanced -= 1  # what this event is worth was spent before it came
    else:
        row.credits += 1
        row.provisional, row.advanced = max(0, row.provisional - 1), 0


def declined(resident: ResidentId, key: str) -> None:
    """Book WeChat's word that the person said no to the prompt; credits bought earlier stay."""
    row, now = locked(resident, key), clock.now()
    row.updated_at = row.declined_at = now
    row.standing, row.provisional = False, 0


def exhausted(resident: ResidentId, key: str) -> None:
    """Book that nothing is left: 43101, or the person switched the template off."""
    row, now = locked(resident, key), clock.now()
    row.credits = row.provisional = row.advanced = 0
    row.standing, row.updated_at, row.emptied_at = False, now, now


_paying = case(
    (Subscription.standing, Purse.STANDING.value),
    (Subscription.credits > 0, Purse.CREDIT.value),
    (Subscription.provisional > 0, Purse.PROVISIONAL.value),
)
_held = (
    select(Subscription.id, Subscription.resident_id, Subscription.template, _paying.label("purse"))
    .where(
        Subscription.resident_id == any_(bindparam("people", type_=ARRAY(Uuid))),
        Subscription.template == any_(bindparam("ways", type_=ARRAY(String))),
    )
    .order_by(Subscription.resident_id, Subscription.template)
    .with_for_update()
    .cte("held")
)
_paid = (
    select(_held.c.id, _held.c.purse)
    .where(_held.c.purse.is_not(None))
    .ext(distinct_on(_held.c.resident_id))
    .order_by(_held.c.resident_id, (_held.c.purse == Purse.STANDING).desc())
    .cte("paid")
)
_bought, _hoped = (cast(_paid.c.purse == purse, Integer) for purse in (Purse.CREDIT, Purse.PROVISIONAL))
_TAKE = (
    update(Subscription)
    .where(Subscription.id == _paid.c.id)
    .values(
        credits=Subscription.credits - _bought,
        provisional=Subscription.provisional - _hoped,
        advanced=Subscription.advanced + _hoped,
        updated_at=case((_paid.c.purse == Purse.STANDING, Subscription.updated_at), else_=bindparam("now")),
    )
    .returning(Subscription.resident_id, _paid.c.purse, Subscription.template)
)
"""Locks the rows, chooses what each person pays from (a standing yes before a credit) and takes it."""


@dataclass(frozen=True, slots=True)
class Payment:
    """What one push is paid from, and the template it therefore leaves with."""

    purse: Purse
    template: str


def take_many(
    wanted: Collection[tuple[ResidentId, str]], *, stopped: Collection[str] = ()
) -> dict[ResidentId, Payment]:
    """Take what pays for one push of a template to each person; who has nothing is absent.

    Nothing is taken for a template that is `stopped`.
    """
    by_template: dict[str, list[ResidentId]] = {}
    for resident, key in wanted:
        by_template.setdefault(key, []).append(resident)
    taken: dict[ResidentId, Payment] = {}
    for key, people in sorted(by_template.items()):
        asked = {"people": people, "ways": [way for way in ways(key) if way not in stopped]}
        rows = session.execute(
            _TAKE, {**asked, "now": clock.now()}, execution_options={"synchronize_session": False}
        )
        taken |= {ResidentId(person): Payment(Purse(purse), way) for person, purse, way in rows}
    return taken


def give_back(resident: ResidentId, key: str, purse: Purse, *, taken_at: datetime | None) -> None:
    """Give back what was taken: the message provably did not go.

    Nothing comes back where the person switched the template off in between.
    """
    row = locked(resident, key)
    emptied = row.emptied_at is not None and taken_at is not None and row.emptied_at >= taken_at
    if purse in {Purse.STANDING, Purse.EARLIER} or emptied:
        return
    if purse is Purse.PROVISIONAL and row.advanced:
        row.advanced -= 1
        row.provisional += 1
    else:
        row.credits += 1
    row.updated_at = clock.now()


def forget(resident: ResidentId) -> None:
    """Forget what a person answered (account erased)."""
    session.execute(delete(Subscription).where(Subscription.resident_id == resident))


def locked(resident: ResidentId, key: str) -> Subscription:
    """Return the person's ledger row for a template, made if absent, locked for this transaction."""
    session.execute(
        insert(Subscription)
        .values(resident_id=resident, template=key, updated_at=clock.now())
        .on_conflict_do_nothing(index_elements=["resident_id", "template"])
    )
    return session.execute(
        select(Subscription)
        .where(Subscription.resident_id == resident, Subscription.template == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
