import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.operations.statistics import share, wilson


def test_nothing_counted_is_no_share_and_not_zero():
    assert share(0, 0) is None
    assert wilson(0, 0) is None


def test_the_wilson_interval_of_a_published_example():
    low, high = wilson(81, 263)
    assert (low, high) == pytest.approx((0.2553, 0.3662), abs=1e-4)


@given(st.integers(1, 10_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_an_interval_holds_its_share_and_stays_between_none_and_all(counted):
    part, whole = counted
    low, high = wilson(part, whole)
    assert 0 <= low <= part / whole + 1e-12
    assert part / whole - 1e-12 <= high <= 1
