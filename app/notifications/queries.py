"""Reads over one's own messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased

from app.foundation import clock
from app.foundation.database import reading
from app.identity.types import ResidentId
from app.notifications.models import Delivery, Message, Subscription
from app.notifications.types import (
    STATE_LABELS,
    SUPPRESSION_LABELS,
    DeliveryState,
    InboxItem,
    SuppressionReason,
)


def inbox(resident: ResidentId, *, before: UUID | None = None, limit: int = 20) -> list[InboxItem]:
    """Return a person's messages, newest first, each with the honest state of its push."""
    carrier = aliased(Delivery)
    query = (
        select(
            Message.id,
            Message.template,
            Message.title,
            Message.body,
            Message.link,
            Message.created_at,
            Message.read_at,
            func.coalesce(carrier.state, Delivery.state).label("state"),
            func.coalesce(carrier.reason, Delivery.reason).label("reason"),
            func.coalesce(carrier.sent_at, Delivery.sent_at).label("sent_at"),
            carrier.id.is_not(None).label("joined"),
        )
        .join(Delivery, Delivery.message_id == Message.id)
        .outerjoin(carrier, carrier.id == Delivery.carried_by)
        .where(Message.resident_id == resident)
        .order_by(Message.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Message.id < before)
    with reading() as connection:
        return [_item(row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What a person's answers about one template have left us."""

    credits: int
    standing: bool
    declined_at: datetime | None

    @property
    def can_send(self) -> bool:
        """Whether a push could leave now."""
        return self.standing or self.credits > 0


NOTHING = LedgerEntry(0, standing=False, declined_at=None)


def ledger(resident: ResidentId) -> Mapping[str, LedgerEntry]:
    """Return the ledger of every template the person ever answered about."""
    query = select(
        Subscription.template,
        Subscription.credits + Subscription.provisional,
        Subscription.standing,
        Subscription.declined_at,
    ).where(Subscription.resident_id == resident)
    with reading() as connection:
        return {row[0]: LedgerEntry(*row[1:]) for row in connection.execute(query)}


@dataclass(frozen=True, slots=True)
class PushCounts:
    """Pushes of a period by state, and how long the oldest of all that are due has been waiting."""

    by_state: Mapping[str, int]
    waiting_seconds: float


def push_counts(since: datetime, until: datetime) -> PushCounts:
    """Count pushes for operations, in one statement."""
    by_state = (
        select(Delivery.state, func.count().label("number"))
        .where(Delivery.created_at >= since, Delivery.created_at < until)
        .group_by(Delivery.state)
        .subquery()
    )
    now, due_since = clock.now(), func.coalesce(Delivery.not_before, Delivery.created_at)
    query = select(
        select(func.jsonb_object_agg(by_state.c.state, by_state.c.number)).scalar_subquery(),
        select(func.min(due_since))
        .where(Delivery.state == DeliveryState.QUEUED, due_since <= now)
        .scalar_subquery(),
    )
    with reading() as connection:
        counts, oldest = connection.execute(query).one()
    return PushCounts(counts or {}, 0.0 if oldest is None else (now - oldest).total_seconds())


def _item(row: Row[*tuple[Any, ...]]) -> InboxItem:
    state = DeliveryState(row.state)
    return InboxItem(
        id=row.id,
        template=row.template,
        title=row.title,
        body=row.body,
        link=row.link,
        created_at=row.created_at,
        read_at=row.read_at,
        delivery_state=state,
        delivery_label=STATE_LABELS[state],
        delivery_note=_note(state, row.reason, joined=row.joined),
        sent_at=row.sent_at,
    )


def _note(state: DeliveryState, reason: str | None, *, joined: bool) -> str | None:
    if joined:
        return "与其他几项政策合并为一条微信通知"
    if state is DeliveryState.SUPPRESSED and reason in set(SuppressionReason):
        return SUPPRESSION_LABELS[SuppressionReason(reason)]
    return None
