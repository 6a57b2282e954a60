"""The push worker: takes a credit, says `sending`, commits, calls WeChat, books what is proved.

The order is what keeps the promises: `sending` is committed before a byte leaves, so a killed worker leaves
`unknown`, never a second message; no database connection is held during the call.
"""

import time
from collections.abc import Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, Select, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from app.foundation import clock, locks, queue
from app.foundation.database import session
from app.foundation.queue import Bell
from app.foundation.transaction import atomic
from app.gateways.wechat import errors, port
from app.identity import queries as identity
from app.identity.types import ResidentId
from app.notifications import circuits, outcomes, subscriptions
from app.notifications.models import Delivery
from app.notifications.types import DeliveryState, Lane, Purse, SuppressionReason
from app.residents import consents
from app.residents.types import Purpose

ROUNDS, LEASE = 2, timedelta(seconds=60)
"""Calls per thread in one batch: at ten seconds each at most, all are over long before the lease is."""
TURN_SECONDS = 20.0
"""After this a worker rings again and returns, so that one told to stop does so in a campaign too."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One send that has been committed as `sending`; the number fences late workers."""

    delivery_id: UUID
    number: int
    openid: str
    template_id: str
    page: str
    values: dict[str, str]


def deliver_due(*, concurrency: int = 16) -> int:
    """Send what is due until nothing is left or a circuit is open; returns how many sends were begun."""
    begun, ends = 0, time.monotonic() + TURN_SECONDS
    with ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="push") as pool:
        while time.monotonic() < ends:
            with atomic():
                settle_abandoned()
                attempts, progress = _prepare(ROUNDS * concurrency)
            if not progress:
                return begun
            begun += len(attempts)
            _carry_out(pool, attempts)
    queue.ring(Bell.PUSHES)
    return begun


def settle_abandoned() -> None:
    """Call a send whose worker died before it could book the outcome what it is: unknown."""
    session.execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.leased_until < func.now())
        .values(state=DeliveryState.UNKNOWN, reason="lease_expired", leased_until=None)
        .execution_options(synchronize_session=False)
    )


def _carry_out(pool: Executor, attempts: list[Attempt]) -> None:
    """Call WeChat for each, and book each outcome as soon as it is there."""
    halted = Event()
    calls: dict[Future[outcomes.Outcome], Attempt] = {
        pool.submit(_send, attempt, halted): attempt for attempt in attempts
    }
    for call in as_completed(calls):
        attempt = calls[call]
        try:
            with atomic():
                outcomes.book(attempt.delivery_id, attempt.number, call.result())
        except Exception as error:  # noqa: BLE001 the others' outcomes are still to be booked; this one is unknown
            _log.error("push.not_booked", kind=type(error).__name__)


def _due(lane: Lane, limit: int) -> Select[Delivery]:
    """Select due rows of people to whom nothing is on its way, oldest first."""
    now, other = clock.now(), aliased(Delivery)
    busy = exists().where(other.resident_id == Delivery.resident_id, other.state == DeliveryState.SENDING)
    unhindered: ColumnElement[bool] = Delivery.not_before.is_(None) & (Delivery.state == DeliveryState.QUEUED)
    return (
        select(Delivery)
        .where(
            Delivery.lane == lane,
            Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.HELD)),
            or_(Delivery.not_before <= now, unhindered),
            ~busy,
        )
        .order_by(Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def _claim(limit: int) -> list[Delivery]:
    """Lock due rows, urgent first, one per person: WeChat refuses two sends to one openid at once (43108)."""
    first: dict[UUID, Delivery] = {}
    for lane in Lane:
        if len(first) < limit:
            for row in session.scalars(_due(lane, limit - len(first))):
                first.setdefault(row.resident_id, row)
    return list(first.values())


def _prepare(limit: int) -> tuple[list[Attempt], bool]:
    """Turn due rows into attempts and settle those that must not be sent.

    False where there was nothing to do.
    """
    stops = circuits.stopped()
    if circuits.SENDING in stops:
        return [], False
    mine = [row for row in _claim(limit) if _alone_with(ResidentId(row.resident_id))]
    if not mine:
        return [], False
    lease_ends = session.execute(select(func.now() + LEASE)).scalar_one()
    attempts = [_prepare_one(row, stops, lease_ends) for row in mine]
    return [attempt for attempt in attempts if attempt is not None], True


def _alone_with(resident: ResidentId) -> bool:
    """Say whether no other worker is about to send to this person, and keep it so until our commit."""
    if not locks.try_lock("push", resident):
        return False
    sending = select(Delivery.id).where(
        Delivery.resident_id == resident, Delivery.state == DeliveryState.SENDING
    )
    return session.scalar(sending.limit(1)) is None


def _prepare_one(row: Delivery, stops: Mapping[str, datetime], lease_ends: datetime) -> Attempt | None:
    """Say `sending`, or settle the row; `lease_ends` is by the database's clock, as is who compares it."""
    resident, now = ResidentId(row.resident_id), clock.now()
    if row.expires_at is not None and row.expires_at <= now:
        outcomes.settle(row, DeliveryState.EXPIRED)
        return None
    if row.template in stops:
        outcomes.settle(row, DeliveryState.HELD, reason="template_stopped")
        row.not_before = stops[row.template]
        return None
    template_id, openid = subscriptions.template_id(row.template), identity.openid(resident)
    purse = _purse(resident, row.template, template_id=template_id, openid=openid)
    if isinstance(purse, SuppressionReason) or openid is None or template_id is None:
        outcomes.settle(row, DeliveryState.SUPPRESSED, reason=purse)
        return None
    row.state, row.attempts, row.sent_at, row.reason = DeliveryState.SENDING, row.attempts + 1, now, None
    row.leased_until, row.purse = lease_ends, purse
    return Attempt(row.id, row.attempts, openid, template_id, row.page, dict(row.values))


def _purse(
    resident: ResidentId, key: str, *, template_id: str | None, openid: str | None
) -> Purse | SuppressionReason:
    """Take what pays for a send, or return why nothing may be sent."""
    if template_id is None:
        return SuppressionReason.NO_TEMPLATE
    if openid is None:
        return SuppressionReason.NO_WECHAT
    if not consents.granted(resident, Purpose.PUSH):
        return SuppressionReason.NO_CONSENT
    return subscriptions.take(resident, key) or SuppressionReason.NO_CREDIT


def _send(attempt: Attempt, halted: Event) -> outcomes.Outcome:
    """Call WeChat; whatever happens is an outcome, never an exception."""
    if halted.is_set():
        return outcomes.NOT_TRIED
    try:
        sent = port.wechat().messages.send(
            attempt.openid, attempt.template_id, attempt.values, page=attempt.page
        )
    except errors.WeChatError as error:
        if outcomes.stops_everything(error):
            halted.set()
        return outcomes.of_error(error)
    except Exception as error:  # noqa: BLE001 anything unforeseen may have left bytes behind: unknown
        _log.error("push.unforeseen", kind=type(error).__name__)
        return outcomes.Outcome(DeliveryState.UNKNOWN, reason=type(error).__name__)
    return outcomes.Outcome(DeliveryState.ACCEPTED, msgid=sent.msgid)
