"""A circuit breaker (熔断): who has failed several times in a row is left alone for a while.

In this process only; afterwards one caller tries, and the others wait for what comes of it.
"""

import threading
import time
from collections.abc import Callable

FAILURES, OPEN_SECONDS = 5, 30.0


class Breaker:
    """The breaker of one department; safe for threads."""

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        seconds: float = OPEN_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._seconds, self._monotonic = failures, seconds, monotonic
        self._failures, self._open_until = 0, 0.0
        self._guard = threading.Lock()

    def lets_through(self) -> bool:
        """Say whether to ask at all; after the pause, True once until that one has succeeded or failed."""
        with self._guard:
            if self._failures < self._limit:
                return True
            now = self._monotonic()
            if now < self._open_until:
                return False
            self._open_until = now + self._seconds  # this caller tries; if it never reports, the next does
            return True

    def succeeded(self) -> None:
        """Close."""
        with self._guard:
            self._failures = 0

    def failed(self) -> bool:
        """Count a failure; True where it is the one that opens the breaker."""
        with self._guard:
            self._failures += 1
            if self._failures < self._limit:
                return False
            self._open_until = self._monotonic() + self._seconds
            return self._failures == self._limit
