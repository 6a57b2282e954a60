"""Is it still true? Whoever told something answers once more, in the moment before its push would leave.

Notifications know no policy: the capability that a template belongs to connects its answer (`app/wiring.py`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.identity.types import ResidentId
from app.notifications.claiming import Due
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


def outdated(pushes: Collection[Due]) -> dict[UUID, SuppressionReason]:
    """Return which of the pushes must not leave any more, and why; one question per template."""
    by_kind: dict[tuple[str, str], list[About]] = {}
    for due in pushes:
        kind = (due.template, due.lane)
        by_kind.setdefault(kind, []).append(About(due.id, due.resident, due.event_key))
    found: dict[UUID, SuppressionReason] = {}
    for kind, about in by_kind.items():
        if kind in _answers:
            found |= _answers[kind](about)
    return found
