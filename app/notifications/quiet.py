"""Quiet hours (免打扰): nothing is pushed at night, or when the person said so."""

from datetime import datetime, time, timedelta

from app.foundation import clock
from app.residents.types import Profile, QuietHours

USUAL = QuietHours(time(21, 30), time(8))
"""The quiet hours of everybody who chose none."""


def ends(profile: Profile) -> datetime | None:
    """Return when the quiet hours end in which this person is now; None outside of them."""
    quiet = profile.quiet_hours or USUAL
    return end_of_quiet(clock.local(clock.now()), quiet.start, quiet.until)


def end_of_quiet(now: datetime, begin: time, end: time) -> datetime | None:
    """Return the end of the quiet span that `now` lies in, over midnight too; None outside of it."""
    clock_now = now.time().replace(tzinfo=None)
    inside = begin <= clock_now < end if begin <= end else (clock_now >= begin or clock_now < end)
    if not inside:
        return None
    day = now.date() + timedelta(days=int(clock_now >= end))
    return datetime.combine(day, end, tzinfo=now.tzinfo)
