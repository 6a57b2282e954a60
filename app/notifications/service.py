"""What one can do with messages: tell a person something, once, and mark it read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.queue import Bell, ring_on_commit
from app.identity.types import ResidentId
from app.notifications import subscriptions, templates
from app.notifications.errors import MessageNotFound
from app.notifications.models import Delivery, Message
from app.notifications.types import DeliveryState, Lane, MessageId
from app.residents import profiles

_LIFETIME = timedelta(days=7)
"""A push that could not leave within a week says nothing new any more; the inbox keeps the message."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: a template's values, which of its pages with which parameters, the text of the inbox."""

    template: str
    event_key: str
    title: str
    body: str
    values: Mapping[str, str]
    page_params: Mapping[str, str]
    variant: str = ""
    lane: Lane = Lane.NORMAL
    lifetime: timedelta = field(default=_LIFETIME)


def notify(resident: ResidentId, notice: Notice) -> MessageId | None:
    """Put a message into the inbox and its push into the outbox, in the caller's transaction.

    Telling the same event twice tells it once: the second call returns None. Raises UnfitTemplateValues
    where the values break WeChat's rules.
    """
    template = templates.all_templates()[notice.template]
    values = templates.fill(template, notice.values)
    page = templates.page(template, notice.page_params, variant=notice.variant)
    delivery = {
        "id": new_id(),
        "resident_id": resident,
        "template": notice.template,
        "values": values,
        "page": page,
        "lane": notice.lane,
        "state": DeliveryState.QUEUED,
        "attempts": 0,
        "not_before": _decent_hour(resident),
        "expires_at": clock.now() + notice.lifetime,
    }
    message_id = session.scalar(_told(resident, notice, f"/{page}", delivery))
    if message_id is None:
        return None
    ring_on_commit(Bell.PUSHES)
    return MessageId(message_id)


def mark_read(resident: ResidentId, message_id: UUID) -> None:
    """Mark one's own message as read; raises MessageNotFound."""
    known = session.execute(
        select(Message.id).where(Message.id == message_id, Message.resident_id == resident)
    ).scalar_one_or_none()
    if known is None:
        raise MessageNotFound
    session.execute(
        update(Message).where(Message.id == message_id, Message.read_at.is_(None)).values(read_at=clock.now())
    )


def forget(resident: ResidentId) -> None:
    """Forget what a person was told and what they answered (account erased, PIPL 47)."""
    session.execute(delete(Message).where(Message.resident_id == resident))
    subscriptions.forget(resident)


def _told(
    resident: ResidentId, notice: Notice, link: str, delivery: Mapping[str, Any]
) -> ReturningInsert[UUID]:
    """Return the statement that writes a message and its delivery, or neither where it was told before."""
    message = (
        insert(Message)
        .values(
            id=new_id(),
            resident_id=resident,
            template=notice.template,
            event_key=notice.event_key,
            title=notice.title,
            body=notice.body,
            link=link,
        )
        .on_conflict_do_nothing(index_elements=["resident_id", "template", "event_key"])
        .returning(Message.id)
        .cte("message")
    )
    columns = Delivery.__table__.columns
    given = [literal(value, columns[name].type).label(name) for name, value in delivery.items()]
    return (
        insert(Delivery)
        .from_select(["message_id", *delivery], select(message.c.id, *given))
        .returning(Delivery.message_id)
    )


def _decent_hour(resident: ResidentId) -> datetime | None:
    """Return when the person's quiet hours (免打扰) end, or None where they are not on."""
    quiet = profiles.profile(resident).quiet_hours
    return None if quiet is None else end_of_quiet(clock.local(clock.now()), quiet.start, quiet.until)


def end_of_quiet(now: datetime, begin: time, end: time) -> datetime | None:
    """Return the end of the quiet span that `now` lies in, over midnight too; None outside of it."""
    clock_now = now.time().replace(tzinfo=None)
    inside = begin <= clock_now < end if begin <= end else (clock_now >= begin or clock_now < end)
    if not inside:
        return None
    day = now.date() + timedelta(days=int(clock_now >= end))
    return datetime.combine(day, end, tzinfo=now.tzinfo)
