"""The law's clocks (办理时限): five working days to accept, then the promised and the legal limit.

Pure. The day a limit starts on is not counted; days on which the clock stood still are not either. A date in
a year whose calendar was not published yet is None, never a guess; the days left are known all the same.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil

from app.applications.types import FINAL, CaseState, Status
from app.catalogue.types import Limit, Unit
from app.foundation import clock as time
from app.foundation.working_days import CalendarMissing, WorkingDays

ACCEPT_WORKING_DAYS = 5
"""行政许可法 第32条（四）: one complete list within five days, else deemed accepted."""
EXTENSION_DAYS = 10
"""行政许可法 第42条: ten days, once, with the reason told."""
NO_DATE = date(9999, 12, 31)
"""Sorts behind every date."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What was promised (承诺时限) and what the law allows (法定时限), from acceptance."""

    promised: Limit
    legal: Limit


ACCEPT_LIMIT = Limit(ACCEPT_WORKING_DAYS, Unit.WORKING_DAYS)


@dataclass(frozen=True, slots=True)
class DueDates:
    """The last day of each limit; None where it has not begun or its year has no calendar yet."""

    accept_due_on: date | None
    promised_due_on: date | None
    legal_due_on: date | None


class ClockKind(StrEnum):
    """What the office has to do by then."""

    ACCEPT = "accept"
    DECIDE = "decide"


@dataclass(frozen=True, slots=True)
class Clock:
    """The office's clock that matters now; `days_left` is negative once overdue.

    Stopped, it shows what is left.
    """

    kind: ClockKind
    due_on: date | None
    days_left: int
    unit: Unit
    running: bool

    @property
    def overdue(self) -> bool:
        """Whether the limit is over."""
        return self.running and self.days_left < 0


def due_dates(state: CaseState, limits: Limits, calendar: WorkingDays) -> DueDates:
    """Return the last days of the limits that have begun."""
    accept = None
    if state.submitted_at is not None and state.accepted_at is None:
        accept = _end(_day(state.submitted_at), ACCEPT_LIMIT, state, calendar)
    elif state.submitted_at is not None:
        accept = _end(_day(state.submitted_at), ACCEPT_LIMIT, None, calendar)
    if state.accepted_at is None:
        return DueDates(accept, None, None)
    start = _day(state.accepted_at)
    return DueDates(
        accept, _end(start, limits.promised, state, calendar), _end(start, limits.legal, state, calendar)
    )


def clock(state: CaseState, limits: Limits, calendar: WorkingDays, today: date) -> Clock | None:
    """Return the office's clock that matters now; None for a draft and after the end."""
    if state.status in FINAL or state.submitted_at is None:
        return None
    if state.accepted_at is None:
        kind, start, limit = ClockKind.ACCEPT, _day(state.submitted_at), ACCEPT_LIMIT
    else:
        kind, start, limit = ClockKind.DECIDE, _day(state.accepted_at), limits.promised
    running = state.stopped_on is None
    until = state.stopped_on or today
    working = limit.unit is Unit.WORKING_DAYS
    used = calendar.between(start, until) if working else (until - start).days
    due = _end(start, limit, state, calendar) if running else None
    return Clock(kind, due, _allowed(limit, state) - used, limit.unit, running)


def queue_on(state: CaseState, due: DueDates) -> date:
    """Return the day by which an office's queue is sorted: its next deadline, last where none runs."""
    match state.status:
        case Status.SUBMITTED:
            return due.accept_due_on or NO_DATE
        case Status.ACCEPTED:
            return due.promised_due_on or NO_DATE
        case Status.SUPPLEMENT:
            return state.supplement_due_on or NO_DATE
        case _:
            return NO_DATE


def exclude(state: CaseState, until: date, calendar: WorkingDays) -> tuple[int, int]:
    """Return the working and calendar days between the day the clock stopped and `until`."""
    if state.stopped_on is None:
        return 0, 0
    return calendar.between(state.stopped_on, until), (until - state.stopped_on).days


def _end(start: date, limit: Limit, state: CaseState | None, calendar: WorkingDays) -> date | None:
    days = _allowed(limit, state) if state is not None else ceil(limit.days)
    return last_day(start, Limit(days, limit.unit), calendar)


def last_day(start: date, limit: Limit, calendar: WorkingDays) -> date | None:
    """Return the last day of a limit that starts on a day, which is not counted; parts of a day are days.

    None where the year it ends in has no calendar yet.
    """
    if limit.unit is Unit.CALENDAR_DAYS:
        return start + timedelta(days=ceil(limit.days))
    try:
        return calendar.add(start, ceil(limit.days))
    except CalendarMissing:
        return None


def _allowed(limit: Limit, state: CaseState) -> int:
    working = limit.unit is Unit.WORKING_DAYS
    excluded = state.excluded_working_days if working else state.excluded_calendar_days
    return ceil(limit.days) + excluded + state.extension_days


def _day(moment: datetime) -> date:
    return time.local(moment).date()
