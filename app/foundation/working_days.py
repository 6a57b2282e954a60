"""Working days of the official calendar (工作日): the first day is not counted (行政许可法 第82条).

A year without a calendar is an error, never a guess from weekends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

_SATURDAY = 5
_ONE = timedelta(days=1)


class CalendarMissing(Exception):
    """The State Council's notice for this year has not been entered in config/calendar/."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """The official calendar of the years that were entered."""

    years: frozenset[int]
    off: frozenset[date]
    working: frozenset[date]

    @classmethod
    def from_years(cls, years: Mapping[int, Mapping[str, Any]]) -> "WorkingDays":
        """Read `{year: {off: [dates], working: [dates]}}`."""
        return cls(
            frozenset(years),
            frozenset(day for entry in years.values() for day in entry["off"]),
            frozenset(day for entry in years.values() for day in entry["working"]),
        )

    def is_working(self, day: date) -> bool:
        """Say whether offices work on `day`; raises CalendarMissing for a year not entered."""
        if day.year not in self.years:
            raise CalendarMissing(day.year)
        return day in self.working or (day.weekday() < _SATURDAY and day not in self.off)

    def add(self, start: date, days: int) -> date:
        """Return the last day of a limit of `days` working days that starts on `start`."""
        day = start
        while days > 0:
            day += _ONE
            days -= self.is_working(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Count the working days after `start` up to and including `end`; negative where `end` is earlier."""
        if end < start:
            return -self.between(end, start)
        count, day = 0, start
        while day < end:
            day += _ONE
            count += self.is_working(day)
        return count


_calendars: list[WorkingDays] = []


def use(calendar: WorkingDays) -> None:
    """Make `calendar` the process's calendar."""
    _calendars[:] = [calendar]


def calendar() -> WorkingDays:
    """Return the process's calendar."""
    return _calendars[0]
