"""What was pushed, word for word, and one more try of what nobody knows (人工重发): for operations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock
from app.foundation.database import session
from app.foundation.queue import Bell, ring_on_commit
from app.identity.types import OfficerPrincipal, ResidentId
from app.notifications import outcomes
from app.notifications.errors import NoPush, NotUnknown, ResentBefore
from app.notifications.models import Delivery, Message
from app.notifications.types import STATE_LABELS, DeliveryState


@dataclass(frozen=True, slots=True)
class Push:
    """One push as operations see it: `template`, `page` and `words` are what left, not what was meant to."""

    id: UUID
    resident_id: UUID
    template: str
    page: str
    words: Mapping[str, str]
    joined: int
    state: DeliveryState
    label: str
    reason: str | None
    sent_at: datetime | None
    resent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pushes to list: of one person, in one state, older than one."""

    resident: ResidentId | None = None
    state: DeliveryState | None = None
    before: UUID | None = None
    limit: int = 20


def pushes(wanted: Wanted, *, officer: OfficerPrincipal) -> list[Push]:
    """Return pushes that were sent or are about to be, newest first; who looks stands in the trail."""
    query = select(Delivery).where(Delivery.carried_by.is_(None)).order_by(Delivery.id.desc())
    if wanted.resident is not None:
        query = query.join(Message, Message.id == Delivery.message_id).where(
            Message.resident_id == wanted.resident
        )
    if wanted.state is not None:
        query = query.where(Delivery.state == wanted.state)
    if wanted.before is not None:
        query = query.where(Delivery.id < wanted.before)
    rows = session.scalars(query.limit(wanted.limit)).all()
    joined = _joined([row.id for row in rows])
    trail.record(
        "push.looked_up",
        actor=Actor(ActorKind.OFFICER, str(officer.officer_id)),
        subject=("account", wanted.resident or "every"),
        details={"count": len(rows)},
    )
    return [_shown(row, joined.get(row.id, 0)) for row in rows]


def resend(delivery_id: UUID, *, reason: str, officer: OfficerPrincipal) -> Push:
    """Let a push of which nobody knows whether it arrived be tried once more, by an officer's decision.

    What paid for it pays again: if it did arrive and used the credit up, WeChat refuses (43101) and nobody
    sees it twice. Raises NoPush, NotUnknown where WeChat has told meanwhile, ResentBefore.
    """
    asked = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    row = session.scalar(asked, execution_options={"populate_existing": True})
    if row is None:
        raise NoPush
    if row.resent_at is not None:
        raise ResentBefore
    if row.state != DeliveryState.UNKNOWN:
        raise NotUnknown
    row.state, row.reason, row.resent_at = DeliveryState.QUEUED, None, clock.now()
    row.not_before, row.leased_until = None, None
    outcomes.part(row)
    trail.record(
        "push.resent",
        actor=Actor(ActorKind.OFFICER, str(officer.officer_id)),
        subject=("delivery", row.id),
        details={"reason": reason},
    )
    session.flush()
    ring_on_commit(Bell.PUSHES)
    return _shown(row, 0)


def _joined(carriers: list[UUID]) -> dict[UUID, int]:
    """Count what each push carried beside itself."""
    asked = (
        select(Delivery.carried_by, func.count())
        .where(Delivery.carried_by.in_(carriers))
        .group_by(Delivery.carried_by)
    )
    return {carrier: count for carrier, count in session.execute(asked) if carrier is not None}


def _shown(row: Delivery, joined: int) -> Push:
    state = DeliveryState(row.state)
    return Push(
        id=row.id,
        resident_id=row.resident_id,
        template=row.sent_as or row.template,
        page=row.sent_page or row.page,
        words=row.sent_values or row.values,
        joined=joined,
        state=state,
        label=STATE_LABELS[state],
        reason=row.reason,
        sent_at=row.sent_at,
        resent_at=row.resent_at,
    )
