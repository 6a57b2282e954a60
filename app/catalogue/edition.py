"""Which edition of the catalogue is published: one number, asked of the database once a second at most."""

import threading
import time

from sqlalchemy import func, select

from app.catalogue.models import Edition
from app.foundation.database import reading

SECONDS = 1.0
_known: list[tuple[float, int]] = []
_guard = threading.Lock()


def current() -> int:
    """Return the number of the edition, 0 before the first load; up to a second old."""
    known = _known[0] if _known else None
    now = time.monotonic()
    if known is not None and now - known[0] < SECONDS:
        return known[1]
    with _guard:
        if _known and _known[0] is not known:  # somebody asked while we waited
            return _known[0][1]
        with reading() as connection:
            number = connection.scalar(select(func.max(Edition.number))) or 0
        _known[:] = [(now, number)]
        return number


def known() -> int | None:
    """Return the number where it was asked for within the last second, without asking; else None."""
    last = _known[0] if _known else None
    return last[1] if last is not None and time.monotonic() - last[0] < SECONDS else None


def last() -> int | None:
    """Return the number that was read last, however long ago; None before the first and after `forget`."""
    known = _known[0] if _known else None
    return None if known is None else known[1]


def learn(number: int) -> None:
    """Take over the number that was read together with what it names."""
    with _guard:
        _known[:] = [(time.monotonic(), number)]


def forget() -> None:
    """Ask again at the next call: this process has just published something."""
    with _guard:
        _known.clear()
