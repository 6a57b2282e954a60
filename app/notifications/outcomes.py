"""What a send came to, and how it is booked: state, credit, retry, circuit.

Source of the reactions: WeChat's return codes of subscribeMessage.send and the policy for timeouts: once
bytes have left, the outcome is unknown until WeChat's own event says otherwise.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Integer,
    String,
    Uuid,
    bindparam,
    case,
    column,
    exists,
    func,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.foundation import clock
from app.foundation.database import session
from app.gateways.wechat import errors
from app.identity.types import ResidentId
from app.notifications import circuits, pace, subscriptions
from app.notifications.models import Delivery
from app.notifications.types import FINAL, DeliveryState, Purse

MAX_BUSY_ATTEMPTS = 12
"""About half an hour of -1 with growing pauses."""
HOLD = timedelta(hours=1)
"""How long a template that WeChat banned is left alone before one message tries it again."""
_LONGEST_WAIT = timedelta(minutes=5)
_NOT_SENT = frozenset({DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.FAILED})


_told = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("numbers", type_=ARRAY(Integer)),
        bindparam("msgids", type_=ARRAY(String)),
    )
    .table_valued(column("id", Uuid), column("number", Integer), column("msgid", String))
    .render_derived("told")
)
_other = aliased(Delivery)
_ACCEPT = (
    update(Delivery)
    .where(
        Delivery.id == _told.c.id,
        Delivery.attempts == _told.c.number,
        Delivery.state == DeliveryState.SENDING,
        ~exists().where(_other.msgid == _told.c.msgid, _other.id != _told.c.id),
    )
    .values(
        state=DeliveryState.ACCEPTED,
        msgid=func.coalesce(Delivery.msgid, _told.c.msgid),
        errcode=None,
        reason=None,
        leased_until=None,
        settled_at=None,
    )
    .returning(Delivery.id)
)
"""What WeChat simply accepted, many at once; a number that another row bears is left to `book`."""


_kept = (
    func.unnest(
        bindparam("ids", type_=ARRAY(Uuid)),
        bindparam("states", type_=ARRAY(String)),
        bindparam("reasons", type_=ARRAY(String)),
        bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
    )
    .table_valued(
        column("id", Uuid),
        column("state", String),
        column("reason", String),
        column("moment", DateTime(timezone=True)),
    )
    .render_derived("kept")
)
_KEEP = (
    update(Delivery)
    .where(Delivery.id == _kept.c.id)
    .values(
        state=_kept.c.state,
        reason=_kept.c.reason,
        leased_until=None,
        not_before=func.coalesce(_kept.c.moment, Delivery.not_before),
        settled_at=case((_kept.c.state.in_(sorted(FINAL)), bindparam("now")), else_=null()),
    )
)
"""What did not leave, many at once."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What becomes of a push that does not leave now: settled for good, or waiting until a moment."""

    delivery_id: UUID
    state: str
    reason: str | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt; `QUEUED` means: provably not sent, try again."""

    state: DeliveryState
    msgid: str | None = None
    errcode: int | None = None
    reason: str | None = None


NOT_TRIED = Outcome(DeliveryState.QUEUED, reason="sending_stopped")
"""WeChat refused everything a moment earlier; this one was not even asked."""


def of_error(error: errors.WeChatError) -> Outcome:
    """Translate a refusal of the gateway into what is booked."""
    match error:
        case errors.Unsubscribed():
            state = DeliveryState.REFUSED
        case errors.OutcomeUnknown():
            state = DeliveryState.UNKNOWN
        case (
            errors.NotSent()
            | errors.Busy()
            | errors.Concurrent()
            | errors.MinuteQuota()
            | errors.DailyQuota()
            | errors.Misconfigured()
        ):
            state = DeliveryState.QUEUED
        case errors.SendBanned():
            state = DeliveryState.HELD
        case _:
            state = DeliveryState.FAILED
    return Outcome(state, errcode=error.errcode, reason=type(error).__name__)


def stops_everything(error: errors.WeChatError) -> bool:
    """Say whether WeChat would refuse any other message for the same reason now."""
    return isinstance(error, errors.DailyQuota | errors.MinuteQuota | errors.Misconfigured)


def book(delivery_id: UUID, number: int, outcome: Outcome) -> bool:
    """Write the outcome of attempt `number`.

    False where the row has moved on: a late worker changes nothing but the number WeChat gave the message.
    """
    asked = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    row = session.scalar(asked, execution_options={"populate_existing": True})
    if row is None or row.attempts != number:
        return False
    if row.state != DeliveryState.SENDING:
        _name(row, outcome.msgid)
        return False
    row.errcode = outcome.errcode
    _pay(row, outcome)
    _trip_circuits(row.sent_as or row.template, outcome)
    if outcome.state is DeliveryState.QUEUED or _has_another_way(row, outcome):
        _requeue(row, outcome)
    elif not _name(row, outcome.msgid):
        settle(row, outcome.state, reason=outcome.reason)
        _hold(row)
    return True


def book_accepted(finished: Collection[tuple[UUID, int, Outcome]]) -> set[UUID]:
    """Write in one statement what WeChat simply accepted; returns the deliveries that `book` must look at.

    Those are all with another outcome, those that have moved on, and those whose number another row bears.
    """
    plain = [
        (delivery_id, number, outcome.msgid)
        for delivery_id, number, outcome in finished
        if outcome.state is DeliveryState.ACCEPTED
    ]
    every = {delivery_id for delivery_id, _, _ in finished}
    if not plain:
        return every
    ids, numbers, msgids = zip(*plain, strict=True)
    written = session.scalars(
        _ACCEPT,
        {"ids": list(ids), "numbers": list(numbers), "msgids": list(msgids)},
        execution_options={"synchronize_session": False},
    )
    return every - set(written)


def keep(kept: Collection[Kept]) -> None:
    """Write what becomes of pushes that do not leave now, in one statement."""
    if not kept:
        return
    columns = {
        "ids": [one.delivery_id for one in kept],
        "states": [one.state for one in kept],
        "reasons": [one.reason for one in kept],
        "moments": [one.not_before for one in kept],
    }
    session.execute(_KEEP, {**columns, "now": clock.now()}, execution_options={"synchronize_session": False})


def settle(row: Delivery, state: DeliveryState, *, reason: str | None = None) -> None:
    """Move a delivery to `state` and let go of it."""
    row.state, row.reason, row.leased_until = state, reason, None
    row.settled_at = clock.now() if state in FINAL else None


def _name(row: Delivery, msgid: str | None) -> bool:
    """Give a row the number that WeChat's answer names; True where that also settled it.

    WeChat's event can come before our booking and, by person and template only, be taken for another message
    whose outcome was unknown; the answer proves better, so that other one is unknown again.
    """
    if msgid is None or row.msgid == msgid:
        return False
    mistaken = session.scalar(
        select(Delivery).where(Delivery.msgid == msgid, Delivery.id != row.id).with_for_update()
    )
    if mistaken is None:
        row.msgid = msgid
        return False
    state, reason = DeliveryState(mistaken.state), mistaken.reason
    mistaken.msgid = None
    settle(mistaken, DeliveryState.UNKNOWN)
    session.flush()
    row.msgid = msgid
    settle(row, state, reason=reason)
    return True


def _pay(row: Delivery, outcome: Outcome) -> None:
    """Keep the ledger in step: what did not go is given back, 43101 means that nothing was left."""
    resident, purse, template = ResidentId(row.resident_id), row.purse, row.sent_as or row.template
    if outcome.state is DeliveryState.REFUSED:
        subscriptions.exhausted(resident, template)
    elif outcome.state in _NOT_SENT and purse is not None:
        subscriptions.give_back(resident, template, Purse(purse), taken_at=row.sent_at)
    if outcome.state in _NOT_SENT:
        row.purse = None


def _has_another_way(row: Delivery, outcome: Outcome) -> bool:
    """Say whether what a long-term yes no longer pays for may be tried as itself, with a credit."""
    tried_once = row.purse != Purse.EARLIER
    return outcome.state is DeliveryState.REFUSED and row.sent_as is not None and tried_once


def _hold(row: Delivery) -> None:
    """Let a held row be tried again when its template's circuit is closed."""
    if row.state == DeliveryState.HELD:
        row.not_before, row.sent_at = clock.now() + HOLD, None
        part(row)


def _requeue(row: Delivery, outcome: Outcome) -> None:
    """Put a row that provably did not go back into the queue, with growing, jittered patience."""
    if outcome.reason == errors.Busy.__name__ and row.attempts >= MAX_BUSY_ATTEMPTS:
        settle(row, DeliveryState.DEAD, reason=outcome.reason)
        return
    seconds = min(2.0 ** min(row.attempts, 16), _LONGEST_WAIT.total_seconds())
    wait = timedelta(seconds=seconds * random.uniform(0.5, 1.0))  # noqa: S311 jitter
    row.state, row.reason, row.leased_until = DeliveryState.QUEUED, outcome.reason, None
    row.not_before, row.sent_at = clock.now() + wait, None
    part(row)


def part(row: Delivery) -> None:
    """Let those that were joined to a push that did not go stand for themselves again."""
    session.execute(
        update(Delivery)
        .where(Delivery.carried_by == row.id)
        .values(state=DeliveryState.QUEUED, carried_by=None, not_before=row.not_before)
        .execution_options(synchronize_session=False)
    )


def _trip_circuits(template: str, outcome: Outcome) -> None:
    match outcome.reason:
        case errors.DailyQuota.__name__:
            circuits.trip(circuits.SENDING, until=circuits.next_day(), reason="daily_quota")
        case errors.MinuteQuota.__name__:
            circuits.trip(circuits.SENDING, until=circuits.next_minute(), reason="minute_quota")
            pace.slow_down()
        case errors.Misconfigured.__name__:
            later = clock.now() + timedelta(minutes=5)
            circuits.trip(circuits.SENDING, until=later, reason=f"misconfigured_{outcome.errcode}")
        case errors.SendBanned.__name__:
            circuits.trip(template, until=clock.now() + HOLD, reason="banned")
        case _:
            pass
