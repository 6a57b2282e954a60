"""What one can do with messages: tell a person something, once, and mark it read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
from app.notifications import quiet, subscriptions, templates
from app.notifications.errors import MessageNotFound, UnfitTemplateValues
from app.notifications.models import Delivery, Message
from app.notifications.types import DeliveryState, Lane, MessageId, SuppressionReason
from app.residents import profiles
from app.residents.types import Profile

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
    campaign_id: UUID | None = None
    sensitive: bool = False
    """It rests on sensitive facts: pushed only with the consent that names them."""
    pushed: bool = True
    """False: the inbox only, nothing is even tried."""


def notify(resident: ResidentId, notice: Notice) -> MessageId | None:
    """Put a message into the inbox and its push into the outbox, in the caller's transaction.

    Telling the same event twice tells it once: the second call returns None. Raises UnfitTemplateValues
    where the values break WeChat's rules.
    """
    link, delivery = _delivery(resident, notice, quiet.ends(profiles.profile(resident)))
    message_id = session.scalar(_told(resident, notice, link, delivery))
    if message_id is None:
        return None
    ring_on_commit(Bell.PUSHES)
    return MessageId(message_id)


def notify_many(told: Collection[tuple[Profile, Notice]]) -> list[MessageId | None]:
    """Tell many people in two statements, in the caller's transaction; None where somebody knew already.

    For runs over everybody: their settings are at hand, and every notice has been filled in before (`fits`).
    """
    made = [
        (new_id(), profile.resident_id, notice, *_delivery(profile.resident_id, notice, quiet.ends(profile)))
        for profile, notice in told
    ]
    if not made:
        return []
    messages = [_message(message_id, who, notice, link) for message_id, who, notice, link, _ in made]
    written = set(
        session.scalars(
            insert(Message)
            .on_conflict_do_nothing(index_elements=["resident_id", "template", "event_key"])
            .returning(Message.id),
            messages,
        )
    )
    pushes = [{"message_id": made_id, **row} for made_id, _, _, _, row in made if made_id in written]
    if pushes:
        session.execute(insert(Delivery), pushes)
        ring_on_commit(Bell.PUSHES)
    return [MessageId(message_id) if message_id in written else None for message_id, *_ in made]


def fits(notice: Notice) -> bool:
    """Say whether WeChat would take the notice's values; a run leaves out what it would not."""
    try:
        templates.fill(templates.all_templates()[notice.template], notice.values)
    except UnfitTemplateValues:
        return False
    return True


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
        .values(_message(new_id(), resident, notice, link))
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


def _message(message_id: UUID, resident: ResidentId, notice: Notice, link: str) -> dict[str, Any]:
    return {
        "id": message_id,
        "resident_id": resident,
        "template": notice.template,
        "event_key": notice.event_key,
        "title": notice.title,
        "body": notice.body,
        "link": link,
    }


def _delivery(
    resident: ResidentId, notice: Notice, not_before: datetime | None
) -> tuple[str, dict[str, Any]]:
    """Return the link of a notice and the row of its push, without its message."""
    template = templates.all_templates()[notice.template]
    page = templates.page(template, notice.page_params, variant=notice.variant)
    now = clock.now()
    state = DeliveryState.QUEUED if notice.pushed else DeliveryState.SUPPRESSED
    row = {
        "id": new_id(),
        "resident_id": resident,
        "template": notice.template,
        "values": templates.fill(template, notice.values),
        "page": page,
        "lane": notice.lane,
        "state": state,
        "reason": None if notice.pushed else SuppressionReason.INBOX_ONLY,
        "attempts": 0,
        "not_before": not_before,
        "expires_at": now + notice.lifetime,
        "settled_at": None if notice.pushed else now,
        "campaign_id": notice.campaign_id,
        "sensitive": notice.sensitive,
    }
    return f"/{page}", row
