"""What one can do with messages: tell a person something, once, and mark it read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Time,
    and_,
    case,
    column,
    delete,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
    values,
)
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
    told = notify_all(resident, [notice])
    return told[0] if told else None


def notify_all(resident: ResidentId, notices: Sequence[Notice]) -> list[MessageId]:
    """Tell a person several things as `notify` does, in one statement; returns what was not told before."""
    written = [_written(resident, notice) for notice in notices]
    if not written:
        return []
    told = session.scalars(_told(resident, written)).all()
    if told:
        ring_on_commit(Bell.PUSHES)
    return [MessageId(message_id) for message_id in told]


def check(notice: Notice) -> None:
    """Raise UnfitTemplateValues where a notice's values break WeChat's rules."""
    template = templates.all_templates()[notice.template]
    templates.fill(template, notice.values)
    templates.page(template, notice.page_params, variant=notice.variant)


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


def _written(resident: ResidentId, notice: Notice) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the rows of a message and of its delivery."""
    template = templates.all_templates()[notice.template]
    values = templates.fill(template, notice.values)
    page = templates.page(template, notice.page_params, variant=notice.variant)
    message = {
        "id": new_id(),
        "resident_id": resident,
        "template": notice.template,
        "event_key": notice.event_key,
        "title": notice.title,
        "body": notice.body,
        "link": f"/{page}",
    }
    delivery = {
        "id": new_id(),
        "message_id": message["id"],
        "resident_id": resident,
        "template": notice.template,
        "values": values,
        "page": page,
        "lane": notice.lane,
        "state": DeliveryState.QUEUED,
        "attempts": 0,
        "expires_at": clock.now() + notice.lifetime,
    }
    return message, delivery


def _told(
    resident: ResidentId, written: Sequence[tuple[dict[str, Any], dict[str, Any]]]
) -> ReturningInsert[UUID]:
    """Return the statement that writes each message with its delivery, neither where it was told before."""
    messages, deliveries = zip(*written, strict=True)
    new = (
        insert(Message)
        .values(messages)
        .on_conflict_do_nothing(index_elements=["resident_id", "template", "event_key"])
        .returning(Message.id)
        .cte("new")
    )
    names = list(deliveries[0])
    columns = [column(name, Delivery.__table__.columns[name].type) for name in names]
    given = values(*columns, name="given").data([tuple(row.values()) for row in deliveries])
    quiet = profiles.quiet_hours(resident)
    until = select(end_of_quiet(clock.local(clock.now()), quiet.c.begin, quiet.c.end)).scalar_subquery()
    return (
        insert(Delivery)
        .from_select(
            [*names, "not_before"], select(*given.c, until).join(new, new.c.id == given.c.message_id)
        )
        .returning(Delivery.message_id)
    )


def end_of_quiet(
    now: datetime, begin: ColumnElement[time], end: ColumnElement[time]
) -> ColumnElement[datetime | None]:
    """Return, for a statement, the end of the quiet span that `now` lies in, over midnight too; else NULL.

    `now` and the two times of day are local.
    """
    this = literal(now.time().replace(tzinfo=None), Time())
    inside = case((begin <= end, and_(begin <= this, this < end)), else_=or_(this >= begin, this < end))
    day = case((this < end, literal(now.date())), else_=literal(now.date() + timedelta(days=1)))
    moment = func.timezone(
        clock.SHANGHAI.key, type_coerce(day, Date()).op("+")(end), type_=DateTime(timezone=True)
    )
    return case((inside, moment), else_=None)
