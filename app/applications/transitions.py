"""What may happen in which status (行政许可法 第32、42、45条).

The database holds the same table and enforces it. A case begins with `drafted` in `draft`; everything after
that is a row here.
"""

from collections.abc import Mapping
from typing import NamedTuple

from app.applications.types import Action, EventKind, Status


class Transition(NamedTuple):
    """In status `before`, `kind` may happen and leads to `after`."""

    before: Status
    kind: EventKind
    after: Status


_ACCEPTED_FROM_SUPPLEMENT = (
    Transition(Status.SUPPLEMENT, EventKind.SUPPLEMENT_ANSWERED, Status.SUBMITTED),
    Transition(Status.SUPPLEMENT, EventKind.SUPPLEMENT_ANSWERED, Status.ACCEPTED),
)
"""An answer leads back to where the question came from."""

TRANSITIONS: frozenset[Transition] = frozenset(
    {
        Transition(Status.DRAFT, EventKind.SUBMITTED, Status.SUBMITTED),
        Transition(Status.SUBMITTED, EventKind.ACCEPTED, Status.ACCEPTED),
        Transition(Status.SUBMITTED, EventKind.DEEMED_ACCEPTED, Status.ACCEPTED),
        Transition(Status.SUBMITTED, EventKind.SUPPLEMENT_REQUESTED, Status.SUPPLEMENT),
        Transition(Status.SUBMITTED, EventKind.ACCEPTANCE_REFUSED, Status.REFUSED),
        Transition(Status.ACCEPTED, EventKind.SUPPLEMENT_REQUESTED, Status.SUPPLEMENT),
        Transition(Status.ACCEPTED, EventKind.PAUSED, Status.PAUSED),
        Transition(Status.ACCEPTED, EventKind.EXTENDED, Status.ACCEPTED),
        Transition(Status.ACCEPTED, EventKind.APPROVED, Status.APPROVED),
        Transition(Status.ACCEPTED, EventKind.REJECTED, Status.REJECTED),
        Transition(Status.PAUSED, EventKind.RESUMED, Status.ACCEPTED),
        *(
            Transition(status, EventKind.STAGE_ENDED, status)
            for status in (Status.ACCEPTED, Status.SUPPLEMENT, Status.PAUSED, Status.APPROVED)
        ),
        Transition(Status.SUPPLEMENT, EventKind.ACCEPTANCE_REFUSED, Status.REFUSED),
        Transition(Status.SUPPLEMENT, EventKind.REJECTED, Status.REJECTED),
        *_ACCEPTED_FROM_SUPPLEMENT,
        Transition(Status.APPROVED, EventKind.REVOKED, Status.REVOKED),
        *(
            Transition(status, EventKind.WITHDRAWN, Status.WITHDRAWN)
            for status in (
                Status.DRAFT,
                Status.SUBMITTED,
                Status.SUPPLEMENT,
                Status.ACCEPTED,
                Status.PAUSED,
            )
        ),
    }
)

ONCE = frozenset({EventKind.SUBMITTED, EventKind.SUPPLEMENT_REQUESTED, EventKind.EXTENDED})
"""一次告知 (第32条), one extension (第42条), one submission; kept by partial unique indexes too."""

EVENT_OF: Mapping[Action, EventKind] = {
    Action.ACCEPT: EventKind.ACCEPTED,
    Action.REQUEST_SUPPLEMENT: EventKind.SUPPLEMENT_REQUESTED,
    Action.REFUSE_ACCEPTANCE: EventKind.ACCEPTANCE_REFUSED,
    Action.APPROVE: EventKind.APPROVED,
    Action.REJECT: EventKind.REJECTED,
    Action.PAUSE: EventKind.PAUSED,
    Action.RESUME: EventKind.RESUMED,
    Action.EXTEND: EventKind.EXTENDED,
}


def targets(before: Status, kind: EventKind) -> frozenset[Status]:
    """Return where `kind` may lead from `before`; empty where it may not happen."""
    return frozenset(row.after for row in TRANSITIONS if row.before is before and row.kind is kind)
