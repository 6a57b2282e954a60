"""The push worker: takes a credit, says `sending`, commits, calls WeChat, books what is proved.

The order is what keeps the promises: `sending` is committed before a byte leaves, so a killed worker leaves
`unknown`, never a second message; no database connection is held during the call.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, case, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from app.foundation import clock, locks
from app.foundation.database import session
from app.foundation.transaction import atomic
from app.gateways.wechat import errors, port
from app.identity import queries as identity
from app.identity.types import ResidentId
from app.notifications import circuits, outcomes, subscriptions
from app.notifications.models import Delivery
from app.notifications.types import DeliveryState, Lane, SuppressionReason
from app.residents import consents
from app.residents.types import Purpose

BATCH, LEASE = 64, timedelta(seconds=60)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One send that has been committed as `sending`; the number fences late workers."""

    delivery_id: UUID
    number: int
    resident: ResidentId
    template: str
    openid: str
    template_id: str
    page: str
    values: dict[str, str]


def deliver_due(*, concurrency: int = 16) -> int:
    """Send what is due until nothing is left or a circuit is open; returns how many calls were made."""
    sent = 0
    with ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="push") as pool:
        while True:
            with atomic():
                settle_abandoned()
                attempts, progress = _prepare()
            if not progress:
                return sent
            sent += len(attempts)
            for attempt, outcome in zip(attempts, pool.map(_send, attempts), strict=True):
                with atomic():
                    outcomes.book(attempt.delivery_id, attempt.number, outcome)
        return sent


def settle_abandoned() -> None:
    """Call a send whose worker died before it could book the outcome what it is: unknown."""
    session.execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.leased_until < func.now())
        .values(state=DeliveryState.UNKNOWN, reason="lease_expired", leased_until=None)
        .execution_options(synchronize_session=False)
    )


def _claim() -> list[Delivery]:
    """Lock due rows, urgent first, one per person: WeChat refuses two sends to one openid at once (43108)."""
    now, other = clock.now(), aliased(Delivery)
    busy = exists().where(other.resident_id == Delivery.resident_id, other.state == DeliveryState.SENDING)
    rank: ColumnElement[int] = case(
        {Lane.URGENT.value: 0, Lane.NORMAL.value: 1, Lane.BULK.value: 2}, value=Delivery.lane
    )
    rows = session.scalars(
        select(Delivery)
        .where(
            Delivery.state == DeliveryState.QUEUED,
            or_(Delivery.not_before.is_(None), Delivery.not_before <= now),
            ~busy,
        )
        .order_by(rank, Delivery.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    first: dict[UUID, Delivery] = {}
    for row in rows:
        first.setdefault(row.resident_id, row)
    return list(first.values())


def _prepare() -> tuple[list[Attempt], bool]:
    """Turn due rows into attempts and settle those that must not be sent.

    False where there was nothing to do.
    """
    if circuits.is_open(circuits.SENDING):
        return [], False
    mine = [row for row in _claim() if _alone_with(ResidentId(row.resident_id))]
    attempts = [attempt for row in mine if (attempt := _prepare_one(row)) is not None]
    return attempts, bool(mine)


def _alone_with(resident: ResidentId) -> bool:
    """Say whether no other worker is about to send to this person, and keep it so until our commit."""
    if not locks.try_lock("push", resident):
        return False
    sending = select(Delivery.id).where(
        Delivery.resident_id == resident, Delivery.state == DeliveryState.SENDING
    )
    return session.scalar(sending.limit(1)) is None


def _prepare_one(row: Delivery) -> Attempt | None:
    resident, now = ResidentId(row.resident_id), clock.now()
    if row.expires_at is not None and row.expires_at <= now:
        outcomes.settle(row, DeliveryState.EXPIRED)
        return None
    if circuits.is_open(row.template):
        row.not_before = now + timedelta(minutes=1)
        return None
    template_id = subscriptions.template_id(row.template)
    openid = identity.openid(resident)
    reason = _why_not(resident, row.template, template_id=template_id, openid=openid)
    if reason is not None or openid is None or template_id is None:
        outcomes.settle(row, DeliveryState.SUPPRESSED, reason=reason)
        return None
    row.state, row.attempts, row.sent_at = DeliveryState.SENDING, row.attempts + 1, now
    row.leased_until, row.credit_taken = now + LEASE, True
    return Attempt(
        row.id, row.attempts, resident, row.template, openid, template_id, row.page, dict(row.values)
    )


def _why_not(
    resident: ResidentId, key: str, *, template_id: str | None, openid: str | None
) -> SuppressionReason | None:
    """Return why nothing may be sent; takes the credit where something may."""
    if template_id is None:
        return SuppressionReason.NO_TEMPLATE
    if openid is None:
        return SuppressionReason.NO_WECHAT
    if not consents.granted(resident, Purpose.PUSH):
        return SuppressionReason.NO_CONSENT
    return None if subscriptions.take(resident, key) else SuppressionReason.NO_CREDIT


def _send(attempt: Attempt) -> outcomes.Outcome:
    """Call WeChat; whatever happens is an outcome, never an exception."""
    try:
        sent = port.wechat().messages.send(
            attempt.openid, attempt.template_id, attempt.values, page=attempt.page
        )
    except errors.WeChatError as error:
        return outcomes.of_error(error)
    except Exception as error:  # noqa: BLE001 anything unforeseen may have left bytes behind: unknown
        _log.error("push.unforeseen", kind=type(error).__name__)
        return outcomes.Outcome(DeliveryState.UNKNOWN, reason=type(error).__name__)
    return outcomes.Outcome(DeliveryState.ACCEPTED, msgid=sent.msgid)
