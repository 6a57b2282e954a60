"""Which pushes a worker takes: due ones, urgent first, of people to whom nothing is on its way.

WeChat refuses two sends to one openid at once (43108), so a worker takes a person, not a row: their oldest
due push, and with one about a policy every other of that kind that is due, for those leave together.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, all_, any_, bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.foundation import clock, locks
from app.foundation.database import session
from app.identity.types import ResidentId
from app.notifications.models import Delivery, Message
from app.notifications.types import DeliveryState, Lane


@dataclass(frozen=True, slots=True)
class Due:
    """One push whose turn has come, as its row stands while this transaction holds it.

    No row of the ORM's: a campaign would need a hundred a batch.
    """

    id: UUID
    resident: ResidentId
    template: str
    values: dict[str, Any]
    page: str
    lane: str
    state: str
    reason: str | None
    attempts: int
    expires_at: datetime | None
    campaign_id: UUID | None
    sensitive: bool
    sent_as: str | None
    resent: bool
    event_key: str


_other = aliased(Delivery)
_COLUMNS = (
    Delivery.id,
    Delivery.resident_id,
    Delivery.template,
    Delivery.values,
    Delivery.page,
    Delivery.lane,
    Delivery.state,
    Delivery.reason,
    Delivery.attempts,
    Delivery.expires_at,
    Delivery.campaign_id,
    Delivery.sensitive,
    Delivery.sent_as,
    Delivery.resent_at.is_not(None),
    select(Message.event_key).where(Message.id == Delivery.message_id).scalar_subquery(),
)
"""In the order of `Due`."""
_READY = (
    Delivery.state.in_((DeliveryState.QUEUED, DeliveryState.HELD))
    & or_(
        Delivery.not_before <= bindparam("now"),
        Delivery.not_before.is_(None) & (Delivery.state == DeliveryState.QUEUED),
    )
    & or_(
        Delivery.campaign_id.is_(None), Delivery.campaign_id != all_(bindparam("waiting", type_=ARRAY(Uuid)))
    )
)
_BUSY = func.array(
    select(_other.resident_id)
    .where(_other.state == DeliveryState.SENDING)
    .order_by(_other.resident_id, _other.leased_until)
    .scalar_subquery(),
    type_=ARRAY(Uuid),
)
"""To whom something is on its way."""
_DUE = (
    select(*_COLUMNS)
    .where(_READY, Delivery.resident_id != all_(_BUSY))
    .order_by(Delivery.lane.desc(), Delivery.id)
    .limit(bindparam("most", type_=Integer, literal_execute=True))
    .with_for_update(skip_locked=True)
)
"""Due rows of people to whom nothing is on its way, in the order of the lanes (urgent, normal, bulk: by luck
that of the alphabet, backwards). Built once: a worker asks several times a second."""
_IN_ORDER = text("SET LOCAL enable_sort = off")
"""A campaign fills the queue faster than PostgreSQL learns of it; believing it nearly empty, the planner
would read and sort all of it for every claim instead of walking along the index that has the order."""
_MATES = (
    select(*_COLUMNS)
    .where(
        Delivery.lane == Lane.BULK,
        _READY,
        Delivery.resident_id == any_(bindparam("people", type_=ARRAY(Uuid))),
        Delivery.id != all_(bindparam("taken", type_=ARRAY(Uuid))),
    )
    .order_by(Delivery.resident_id, Delivery.sent_at)
    .with_for_update(skip_locked=True)
)
"""The other due pushes of policies to people whose turn it is with one."""
_SENDING = select(Delivery.resident_id).where(
    Delivery.resident_id == any_(bindparam("people", type_=ARRAY(Uuid))),
    Delivery.state == DeliveryState.SENDING,
)


def claim(limit: int, *, waiting: Collection[UUID]) -> dict[ResidentId, list[Due]]:
    """Lock the due pushes of up to `limit` people for this transaction, urgent first, oldest first.

    Pushes of the campaigns `waiting` stay where they are.
    """
    session.execute(_IN_ORDER)
    asked = {"now": clock.now(), "waiting": list(waiting)}
    first: dict[ResidentId, Due] = {}
    for row in session.execute(_DUE, {**asked, "most": limit}):
        due = Due(*row)
        first.setdefault(due.resident, due)
    mine = _alone_with(first)
    claimed = {person: [due] for person, due in first.items() if person in mine}
    bulk = [due for (due,) in claimed.values() if due.lane == Lane.BULK]
    if bulk:
        taken = {"people": [due.resident for due in bulk], "taken": [due.id for due in bulk]}
        mates = [Due(*row) for row in session.execute(_MATES, {**asked, **taken})]
        for due in sorted(mates, key=lambda mate: mate.id):
            claimed[due.resident].append(due)
    return claimed


def _alone_with(people: Collection[ResidentId]) -> set[ResidentId]:
    """Return those to whom no other worker is about to send, and keep it so until our commit."""
    free = locks.try_locks("push", people)
    return free - set(session.scalars(_SENDING, {"people": list(free)})) if free else set()
