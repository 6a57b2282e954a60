"""Reads over one's own messages."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

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
    query = (
        select(
            Message.id,
            Message.template,
            Message.title,
            Message.body,
            Message.link,
            Message.created_at,
            Message.read_at,
            Delivery.state,
            Delivery.reason,
            Delivery.sent_at,
        )
        .join(Delivery, Delivery.message_id == Message.id)
        .where(Message.resident_id == resident)
        .order_by(Message.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Message.id < before)
    with reading() as connection:
        return [_item(row) for row in connection.execute(query)]


def credits_left(resident: ResidentId) -> Mapping[str, bool]:
    """Say for each template the person ever answered about whether a push could leave now."""
    query = select(
        Subscription.template, Subscription.credits + Subscription.provisional > 0, Subscription.standing
    ).where(Subscription.resident_id == resident)
    with reading() as connection:
        return {key: bool(paid or standing) for key, paid, standing in connection.execute(query)}


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


def pushes_about(template: str, event_key: str) -> Mapping[str, int]:
    """Count the pushes of one piece of news: `push.<state>`, and why it was kept from WeChat."""
    query = (
        select(Delivery.state, Delivery.reason, func.count())
        .join(Message, Message.id == Delivery.message_id)
        .where(Message.template == template, Message.event_key == event_key)
        .group_by(Delivery.state, Delivery.reason)
    )
    counts: Counter[str] = Counter()
    with reading() as connection:
        for state, reason, number in connection.execute(query):
            counts[f"push.{state}"] += number
            if state == DeliveryState.SUPPRESSED:
                counts[f"push.suppressed.{reason}"] += number
    return dict(counts)


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
        delivery_note=_note(state, row.reason),
        sent_at=row.sent_at,
    )


def _note(state: DeliveryState, reason: str | None) -> str | None:
    if state is DeliveryState.SUPPRESSED and reason in set(SuppressionReason):
        return SUPPRESSION_LABELS[SuppressionReason(reason)]
    return None
