from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import wiring
from app.foundation.working_days import CalendarMissing

CALENDAR = wiring.official_calendar()
DAYS = st.dates(date(min(CALENDAR.years), 1, 1), date(max(CALENDAR.years), 10, 31))


def test_the_first_day_is_not_counted():
    assert CALENDAR.add(date(2026, 6, 15), 5) == date(2026, 6, 23)  # 端午 19 June is off


def test_a_worked_saturday_counts_and_a_holiday_does_not():
    assert CALENDAR.is_working(date(2026, 2, 14))
    assert not CALENDAR.is_working(date(2026, 10, 1))


def test_a_year_without_a_calendar_is_an_error_never_a_guess():
    with pytest.raises(CalendarMissing):
        CALENDAR.add(date(max(CALENDAR.years), 12, 31), 5)


@given(DAYS, st.integers(1, 30))
def test_a_limit_ends_on_a_working_day_and_counts_back_to_itself(start, days):
    end = CALENDAR.add(start, days)
    assert CALENDAR.is_working(end)
    assert CALENDAR.between(start, end) == days
    assert CALENDAR.between(end, start) == -days


@given(DAYS)
def test_no_working_days_end_where_they_begin(day):
    assert CALENDAR.add(day, 0) == day
    assert CALENDAR.between(day, day + timedelta(0)) == 0
