"""Which pushes a worker takes: due ones, urgent first, of people to whom nothing is on its way.

WeChat refuses two sends to one openid at once (43108), so a worker takes a person, not a row: their oldest
due push, and with one about a policy every other of that kind that is due, for those leave together.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import aliased

from app.foundation import clock, locks
from app.foundation.database import session
from app.identity.types import ResidentId
from app.notifications import campaigns
from app.notifications.models import Delivery
from app.notifications.types import DeliveryState, Lane


def claim(limit: int) -> dict[ResidentId, list[Delivery]]:
    """Lock the due pushes of up to `limit` people for this transaction, oldest first."""
    waiting = campaigns.paused()
    first: dict[UUID, Delivery] = {}
    for lane in Lane:
        if len(first) < limit:
            for row in session.scalars(_due(lane, limit - len(first), waiting)):
                first.setdefault(row.resident_id, row)
    mine = _alone_with(first)
    claimed = {ResidentId(person): [row] for person, row in first.items() if person in mine}
    for row in session.scalars(_mates([row for row in first.values() if row.resident_id in mine], waiting)):
        claimed[ResidentId(row.resident_id)].append(row)
    return claimed


def _ready(lane: Lane, waiting: Collection[UUID]) -> ColumnElement[bool]:
    unhindered = Delivery.not_before.is_(None) & (Delivery.state == DeliveryState.QUEUED)
    ready = (
        (Delivery.lane == lane)
        & Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.HELD))
        & or_(Delivery.not_before <= clock.now(), unhindered)
    )
    if waiting:
        ready &= or_(Delivery.campaign_id.is_(None), Delivery.campaign_id.not_in(waiting))
    return ready


def _due(lane: Lane, limit: int, waiting: Collection[UUID]) -> Select[Delivery]:
    """Select due rows of people to whom nothing is on its way."""
    other = aliased(Delivery)
    busy = exists().where(other.resident_id == Delivery.resident_id, other.state == DeliveryState.SENDING)
    return (
        select(Delivery)
        .where(_ready(lane, waiting), ~busy)
        .order_by(Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )


def _mates(first: Collection[Delivery], waiting: Collection[UUID]) -> Select[Delivery]:
    """Select the other due pushes of policies to people whose turn it is with one."""
    bulk = [row for row in first if row.lane == Lane.BULK]
    return (
        select(Delivery)
        .where(
            _ready(Lane.BULK, waiting),
            Delivery.resident_id.in_([row.resident_id for row in bulk]),
            Delivery.id.not_in([row.id for row in bulk]),
        )
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True)
    )


def _alone_with(people: Collection[UUID]) -> set[UUID]:
    """Return those to whom no other worker is about to send, and keep it so until our commit."""
    free = locks.try_locks("push", people)
    sending = select(Delivery.resident_id).where(
        Delivery.resident_id.in_(free), Delivery.state == DeliveryState.SENDING
    )
    return free - set(session.scalars(sending)) if free else set()
