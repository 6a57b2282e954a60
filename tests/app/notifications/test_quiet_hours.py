from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.foundation.clock import local
from app.notifications.quiet import end_of_quiet

NIGHT = (time(22), time(7))
NAP = (time(12), time(14))
YEAR_BEGINS, YEAR_ENDS = datetime(2026, 1, 1), datetime(2026, 12, 31)  # noqa: DTZ001 hypothesis wants them naive


def at(hour, minute=0):
    return local(datetime(2026, 6, 15, tzinfo=UTC)).replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("now", "span", "end"),
    [
        (at(23), NIGHT, at(7) + timedelta(days=1)),
        (at(3), NIGHT, at(7)),
        (at(22), NIGHT, at(7) + timedelta(days=1)),
        (at(13), NAP, at(14)),
    ],
)
def test_a_push_inside_quiet_hours_waits_for_their_end(now, span, end):
    assert end_of_quiet(now, *span) == end


@pytest.mark.parametrize(("now", "span"), [(at(7), NIGHT), (at(12), NIGHT), (at(14), NAP), (at(11, 59), NAP)])
def test_a_push_outside_quiet_hours_does_not_wait(now, span):
    assert end_of_quiet(now, *span) is None


@given(st.times(), st.times(), st.datetimes(YEAR_BEGINS, YEAR_ENDS))
def test_the_end_of_quiet_hours_is_ahead_by_less_than_a_day_and_outside_of_them(begin, end, moment):
    now = local(moment.replace(tzinfo=UTC))
    until = end_of_quiet(now, begin, end)
    if until is not None:
        assert now < until <= now + timedelta(days=1)
        assert end_of_quiet(until, begin, end) is None
