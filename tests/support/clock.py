"""A clock that stands still until it is told to move."""

from datetime import UTC, datetime, timedelta

import pytest

from app.foundation import clock as product_clock


class FrozenClock:
    """Monday 2026-06-15, 10:00 in 重庆, until `advance` or `set`."""

    def __init__(self):
        self.now = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def advance(self, **units):
        """Move on, e.g. `advance(days=3)`."""
        self.now += timedelta(**units)

    def set(self, moment):
        """Go to an aware moment."""
        self.now = moment


@pytest.fixture
def clock():
    """The product's only source of time for this test."""
    frozen = FrozenClock()
    with product_clock.injected(frozen):
        yield frozen
