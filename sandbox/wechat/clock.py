"""The virtual clock (虚拟时钟): wall time plus what tests have added, and the work that falls due on it."""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable

MINUTE = 60
DAY = 86_400
SHANGHAI_OFFSET = 8 * 3_600

Action = Callable[[], None]


class VirtualClock:
    """Seconds since the epoch; moves by itself, and jumps when a test advances it."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._due: list[tuple[float, int, Action]] = []
        self._order = itertools.count()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def run_on(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let this loop fire work as real time passes; without a loop only `advance` fires it."""
        self._loop = loop
        self._arm()

    def now(self) -> float:
        """Return the present virtual time."""
        return time.time() + self._offset

    @property
    def offset(self) -> float:
        """Seconds by which the virtual clock runs ahead of the wall clock."""
        return self._offset

    def at(self, due: float, action: Action) -> None:
        """Do something at a virtual time; at once if that is past."""
        if due <= self.now():
            action()
            return
        heapq.heappush(self._due, (due, next(self._order), action))
        self._arm()

    def advance(self, seconds: float) -> int:
        """Jump ahead and fire what fell due, in order; returns how many actions fired."""
        self._offset += seconds
        return self._fire()

    def forget(self) -> None:
        """Drop all planned work and return to wall time."""
        self._due.clear()
        self._offset = 0.0
        self._disarm()

    def _fire(self) -> int:
        fired = 0
        while self._due and self._due[0][0] <= self.now():
            _, _, action = heapq.heappop(self._due)
            action()
            fired += 1
        self._arm()
        return fired

    def _arm(self) -> None:
        self._disarm()
        if self._loop is not None and self._due:
            self._timer = self._loop.call_later(max(0.0, self._due[0][0] - self.now()), self._fire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def day_of(moment: float) -> int:
    """Return the number of the Shanghai day; daily quotas start anew at 00:00 Asia/Shanghai."""
    return int((moment + SHANGHAI_OFFSET) // DAY)


def minute_of(moment: float) -> int:
    """Return the number of the minute; minute quotas start anew with it."""
    return int(moment // MINUTE)


def month_of(moment: float) -> tuple[int, int]:
    """Year and month in Shanghai; quota clearings are counted per month."""
    parts = time.gmtime(moment + SHANGHAI_OFFSET)
    return parts.tm_year, parts.tm_mon


def next_minute(moment: float) -> float:
    """When the following minute begins."""
    return float((minute_of(moment) + 1) * MINUTE)


def next_day(moment: float) -> float:
    """When the following Shanghai day begins."""
    return float((day_of(moment) + 1) * DAY - SHANGHAI_OFFSET)
