"""The credit ledger: what a person's answers allow us to send (订阅次数).

A server event (`subscribe_msg_popup_event`) is worth a credit; what a phone reports is only a hint and counts
provisionally until the event comes; 43101 always wins. All writes lock the row.
"""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.foundation import clock
from app.foundation.database import session
from app.foundation.errors import InvalidInput
from app.identity.types import ResidentId
from app.notifications.models import Subscription
from app.notifications.templates import all_templates
from app.notifications.types import Choice, TemplateKind
from config.settings import Settings

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


def report(resident: ResidentId, choices: Mapping[str, Choice]) -> None:
    """Note what the phone reports after the prompt: a hint, spoofable, worth one provisional credit at most.

    Raises InvalidInput for template ids that are not ours.
    """
    strangers = [wechat_id for wechat_id in choices if wechat_id not in _keys]
    if strangers:
        raise InvalidInput({f"results.{wechat_id}": ["没有这个消息模板"] for wechat_id in strangers})
    for wechat_id, choice in choices.items():
        row = locked(resident, _keys[wechat_id])
        row.updated_at = clock.now()
        if choice is Choice.ACCEPT and row.credits + row.provisional == 0:
            row.provisional = 1
        elif choice is Choice.BAN:
            row.banned = True


def accepted(resident: ResidentId, key: str) -> None:
    """Book WeChat's own word that the person accepted: one credit, or a standing yes."""
    row = locked(resident, key)
    row.updated_at, row.banned = clock.now(), False
    if all_templates()[key].kind is TemplateKind.LONG_TERM:
        row.standing = True
        return
    row.credits += 1
    row.provisional = max(0, row.provisional - 1)


def declined(resident: ResidentId, key: str) -> None:
    """Book WeChat's word that the person said no to the prompt; credits bought earlier stay."""
    row = locked(resident, key)
    row.updated_at, row.standing, row.provisional = clock.now(), False, 0


def exhausted(resident: ResidentId, key: str) -> None:
    """Book that nothing is left: 43101, or the person switched the template off."""
    row = locked(resident, key)
    row.updated_at, row.credits, row.provisional, row.standing = clock.now(), 0, 0, False


def take(resident: ResidentId, key: str) -> bool:
    """Take one credit before a send; False where there is none."""
    row = locked(resident, key)
    if row.standing:
        return True
    if row.credits:
        row.credits -= 1
    elif row.provisional:
        row.provisional -= 1
    else:
        return False
    row.updated_at = clock.now()
    return True


def give_back(resident: ResidentId, key: str) -> None:
    """Give a taken credit back: the message provably did not go."""
    row = locked(resident, key)
    if not row.standing:
        row.credits += 1


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
