"""Folds events into what they amount to; pure, so that a row, a timeline and a test can all do it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import reduce

from app.applications.clocks import exclude
from app.applications.errors import NotAllowedNow
from app.applications.transitions import targets
from app.applications.types import CaseState, Event, EventKind, Status
from app.foundation import clock
from app.foundation.working_days import WorkingDays


def fold(events: Iterable[Event], calendar: WorkingDays) -> CaseState:
    """Return what the events, in order, amount to; raises NotAllowedNow where they break the table."""
    return reduce(lambda state, event: apply(state, event, calendar), events, CaseState())


def apply(state: CaseState, event: Event, calendar: WorkingDays) -> CaseState:
    """Return the state after one more event; raises NotAllowedNow where the table does not allow it."""
    if event.kind is EventKind.DRAFTED:
        return state
    allowed = targets(state.status, event.kind)
    if not allowed:
        raise NotAllowedNow
    after = _EFFECTS[event.kind](state, event, calendar)
    if after.status not in allowed:
        raise NotAllowedNow
    return after


def _submitted(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    return replace(state, status=Status.SUBMITTED, submitted_at=event.at, received_at=event.at)


def _accepted(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    return _begin(state, event.at)


def _deemed_accepted(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    """第32条: from the day everything was received, not from the day we noticed."""
    return _begin(state, state.received_at or event.at)


def _begin(state: CaseState, at: datetime) -> CaseState:
    """Start the limits of the decision; what was excluded before belongs to the limit of acceptance."""
    return replace(
        state, status=Status.ACCEPTED, accepted_at=at, excluded_working_days=0, excluded_calendar_days=0
    )


def _supplement_requested(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    return replace(
        state,
        status=Status.SUPPLEMENT,
        returns_to=state.status,
        supplement_asked=True,
        supplement_due_on=date.fromisoformat(event.details["due_on"]),
        stopped_on=clock.local(event.at).date(),
    )


def _supplement_answered(state: CaseState, event: Event, calendar: WorkingDays) -> CaseState:
    received = event.at if state.accepted_at is None else state.received_at
    return replace(_go_on(state, event, calendar), received_at=received)


def _paused(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    return replace(
        state,
        status=Status.PAUSED,
        returns_to=state.status,
        stopped_on=clock.local(event.at).date(),
    )


def _go_on(state: CaseState, event: Event, calendar: WorkingDays) -> CaseState:
    working, days = exclude(state, clock.local(event.at).date(), calendar)
    return replace(
        state,
        status=state.returns_to or Status.SUBMITTED,
        returns_to=None,
        stopped_on=None,
        excluded_working_days=state.excluded_working_days + working,
        excluded_calendar_days=state.excluded_calendar_days + days,
    )


def _extended(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    return replace(state, extension_days=state.extension_days + int(event.details["days"]))


def _decided(status: Status) -> "Effect":
    def decide(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
        return replace(
            state, status=status, returns_to=None, stopped_on=None, decided_at=event.at, closed_at=event.at
        )

    return decide


def _revoked(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    return replace(state, status=Status.REVOKED, closed_at=event.at)


def _withdrawn(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    return replace(state, status=Status.WITHDRAWN, returns_to=None, stopped_on=None, closed_at=event.at)


Effect = Callable[[CaseState, Event, WorkingDays], CaseState]
_EFFECTS: Mapping[EventKind, Effect] = {
    EventKind.SUBMITTED: _submitted,
    EventKind.ACCEPTED: _accepted,
    EventKind.DEEMED_ACCEPTED: _deemed_accepted,
    EventKind.ACCEPTANCE_REFUSED: _decided(Status.REFUSED),
    EventKind.SUPPLEMENT_REQUESTED: _supplement_requested,
    EventKind.SUPPLEMENT_ANSWERED: _supplement_answered,
    EventKind.PAUSED: _paused,
    EventKind.RESUMED: _go_on,
    EventKind.EXTENDED: _extended,
    EventKind.APPROVED: _decided(Status.APPROVED),
    EventKind.REJECTED: _decided(Status.REJECTED),
    EventKind.WITHDRAWN: _withdrawn,
    EventKind.REVOKED: _revoked,
}
