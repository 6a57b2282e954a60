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
    return replace(
        state,
        status=Status.SUBMITTED,
        submitted_at=event.at,
        received_at=event.at,
        settled=bool(event.details.get("settled")),
    )


def _accepted(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    return _begin(state, event.at, event)


def _deemed_accepted(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    """第32条: from the day everything was received, not from the day we noticed."""
    return _begin(state, state.received_at or event.at, event)


def _begin(state: CaseState, at: datetime, event: Event) -> CaseState:
    """Start the limits of the decision; what was excluded before belongs to the limit of acceptance."""
    uncounted = bool(event.details.get("uncounted"))
    return replace(
        state,
        status=Status.ACCEPTED,
        accepted_at=at,
        excluded_working_days=0,
        excluded_calendar_days=0,
        stages_left=int(event.details.get("left", 0)),
        uncounted=uncounted,
        settled=bool(event.details.get("settled")),
        stopped_on=_day(event) if uncounted else None,
    )


def _stage_ended(state: CaseState, event: Event, calendar: WorkingDays) -> CaseState:
    """Count the stage, and let the clock stand still while only stages outside of it are being done.

    While 补正 or a special procedure stops it, it stays stopped until that is over.
    """
    uncounted = bool(event.details["uncounted"])
    after = replace(
        state,
        stages_left=int(event.details["left"]),
        uncounted=uncounted,
        settled=bool(event.details["settled"]),
    )
    if state.status is not Status.ACCEPTED:
        return after
    if uncounted:
        return replace(after, stopped_on=state.stopped_on or _day(event))
    return _counting(after, event, calendar)


def _supplement_requested(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    return replace(
        state,
        status=Status.SUPPLEMENT,
        returns_to=state.status,
        supplement_asked=True,
        supplement_due_on=date.fromisoformat(event.details["due_on"]),
        stopped_on=state.stopped_on or _day(event),
    )


def _supplement_answered(state: CaseState, event: Event, calendar: WorkingDays) -> CaseState:
    received = event.at if state.accepted_at is None else state.received_at
    return replace(_go_on(state, event, calendar), received_at=received)


def _paused(state: CaseState, event: Event, _: WorkingDays) -> CaseState:
    return replace(
        state,
        status=Status.PAUSED,
        returns_to=state.status,
        stopped_on=state.stopped_on or _day(event),
    )


def _go_on(state: CaseState, event: Event, calendar: WorkingDays) -> CaseState:
    back = replace(state, status=state.returns_to or Status.SUBMITTED, returns_to=None)
    return back if state.uncounted else _counting(back, event, calendar)


def _counting(state: CaseState, event: Event, calendar: WorkingDays) -> CaseState:
    """Let the clock run; the days since it stopped are excluded."""
    working, days = exclude(state, _day(event), calendar)
    return replace(
        state,
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


def _day(event: Event) -> date:
    return clock.local(event.at).date()


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
    EventKind.STAGE_ENDED: _stage_ended,
    EventKind.APPROVED: _decided(Status.APPROVED),
    EventKind.REJECTED: _decided(Status.REJECTED),
    EventKind.WITHDRAWN: _withdrawn,
    EventKind.REVOKED: _revoked,
}
