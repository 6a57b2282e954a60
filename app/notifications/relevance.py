"""Is it still true? Whoever told something answers once more, in the moment before its push would leave.

Notifications know no policy: the capability that a template belongs to connects its answer (`app/wiring.py`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.foundation.database import one_of_ids, session
from app.identity.types import ResidentId
from app.notifications.models import Delivery, Message
from app.notifications.types import Lane, SuppressionReason


@dataclass(frozen=True, slots=True)
class About:
    """One push that is about to leave, and what it would tell."""

    delivery_id: UUID
    resident: ResidentId
    event_key: str


Answer = Callable[[Collection[About]], Mapping[UUID, SuppressionReason]]
_answers: dict[tuple[str, str], Answer] = {}
"""By template and lane: the same template may tell something else in another lane."""


def ask(template: str, answer: Answer, *, lane: Lane = Lane.BULK) -> None:
    """Let `answer` say which pushes of a template in a lane are not true any more: delivery id → why."""
    _answers[template, lane] = answer


def outdated(rows: Collection[Delivery]) -> dict[UUID, SuppressionReason]:
    """Return which of the pushes must not leave any more, and why; one question per template."""
    asked = [row for row in rows if (row.template, row.lane) in _answers]
    if not asked:
        return {}
    keys = dict(
        session.execute(
            select(Message.id, Message.event_key).where(
                Message.id == one_of_ids(row.message_id for row in asked)
            )
        ).all()
    )
    found: dict[UUID, SuppressionReason] = {}
    for kind in {(row.template, row.lane) for row in asked}:
        about = [
            About(row.id, ResidentId(row.resident_id), keys[row.message_id])
            for row in asked
            if (row.template, row.lane) == kind
        ]
        found |= _answers[kind](about)
    return found
