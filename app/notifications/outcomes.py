"""What a send came to, and how it is booked: state, credit, retry, circuit.

Source of the reactions: WeChat's return codes of subscribeMessage.send and the policy for timeouts: once
bytes have left, the outcome is unknown until WeChat's own event says otherwise.
"""

import random
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from app.foundation import clock
from app.foundation.database import session
from app.gateways.wechat import errors
from app.identity.types import ResidentId
from app.notifications import circuits, subscriptions
from app.notifications.models import Delivery
from app.notifications.types import FINAL, DeliveryState

MAX_BUSY_ATTEMPTS = 6
_LONGEST_WAIT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt; `QUEUED` means: provably not sent, try again."""

    state: DeliveryState
    msgid: str | None = None
    errcode: int | None = None
    reason: str | None = None


def of_error(error: errors.WeChatError) -> Outcome:
    """Translate a refusal of the gateway into what is booked."""
    state = DeliveryState.FAILED
    match error:
        case errors.Unsubscribed():
            state = DeliveryState.REFUSED
        case errors.OutcomeUnknown():
            state = DeliveryState.UNKNOWN
        case (
            errors.NotSent()
            | errors.Busy()
            | errors.Concurrent()
            | errors.TokenRefused()
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


def book(delivery_id: UUID, number: int, outcome: Outcome) -> bool:
    """Write the outcome of attempt `number`.

    False where the row has moved on (a late worker changes nothing).
    """
    row = session.scalar(select(Delivery).where(Delivery.id == delivery_id).with_for_update())
    if row is None or row.attempts != number:
        return False
    if row.state != DeliveryState.SENDING:
        row.msgid = row.msgid or outcome.msgid  # WeChat's event was faster than its answer
        return False
    row.msgid, row.errcode = outcome.msgid, outcome.errcode
    resident = ResidentId(row.resident_id)
    if outcome.state is DeliveryState.REFUSED:
        subscriptions.exhausted(resident, row.template)
    elif (
        outcome.state in {DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.FAILED} and row.credit_taken
    ):
        subscriptions.give_back(resident, row.template)
    _trip_circuits(row.template, outcome)
    if outcome.state is DeliveryState.QUEUED:
        _requeue(row, outcome)
    else:
        settle(row, outcome.state, reason=outcome.reason)
    return True


def settle(row: Delivery, state: DeliveryState, *, reason: str | None = None) -> None:
    """Move a delivery to `state` and let go of it."""
    row.state, row.reason, row.leased_until = state, reason, None
    if state in FINAL:
        row.settled_at = clock.now()


def _requeue(row: Delivery, outcome: Outcome) -> None:
    """Put a row that provably did not go back into the queue, with growing, jittered patience."""
    row.credit_taken = False
    if outcome.reason == errors.Busy.__name__ and row.attempts >= MAX_BUSY_ATTEMPTS:
        settle(row, DeliveryState.DEAD, reason=outcome.reason)
        return
    wait = min(timedelta(seconds=2**row.attempts), _LONGEST_WAIT) * random.uniform(0.5, 1.0)  # noqa: S311 jitter
    row.state, row.reason, row.leased_until = DeliveryState.QUEUED, outcome.reason, None
    row.not_before, row.sent_at = clock.now() + wait, None


def _trip_circuits(template: str, outcome: Outcome) -> None:
    match outcome.reason:
        case errors.DailyQuota.__name__:
            circuits.trip(circuits.SENDING, until=circuits.next_day(), reason="daily_quota")
        case errors.MinuteQuota.__name__:
            circuits.trip(circuits.SENDING, until=circuits.next_minute(), reason="minute_quota")
        case errors.Misconfigured.__name__:
            later = clock.now() + timedelta(minutes=5)
            circuits.trip(circuits.SENDING, until=later, reason=f"misconfigured_{outcome.errcode}")
        case errors.SendBanned.__name__:
            later = clock.now() + timedelta(hours=1)
            circuits.trip(template, until=later, reason="banned")
        case _:
            pass
