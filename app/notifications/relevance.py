"""Is it still true? Whoever told something answers once more, in the moment before its push would leave.

Notifications know no policy: the capability that a template belongs to connects its answer (`app/wiring.py`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from app.identity.types import ResidentId
from app.notifications.claiming import Due
from app.notifications.types import SuppressionReason


@dataclass(frozen=True, slots=True)
class About:
    """One push that is about to leave, and what it would tell."""

    delivery_id: UUID
    resident: ResidentId
    event_key: str


Answer = Callable[[Collection[About]], Mapping[UUID, SuppressionReason]]
_answers: dict[str, Answer] = {}


def ask(template: str, answer: Answer) -> None:
    """Let `answer` say which pushes of a template are not true any more: delivery id → why."""
    _answers[template] = answer


def outdated(pushes: Collection[Due]) -> dict[UUID, SuppressionReason]:
    """Return which of the pushes must not leave any more, and why; one question per template."""
    by_template: dict[str, list[About]] = {}
    for due in pushes:
        by_template.setdefault(due.template, []).append(About(due.id, due.resident, due.event_key))
    found: dict[UUID, SuppressionReason] = {}
    for template, about in by_template.items():
        if template in _answers:
            found |= _answers[template](about)
    return found
