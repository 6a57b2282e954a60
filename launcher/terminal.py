"""What the person at the terminal sees while the system starts."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def say(line: str = "") -> None:
    """Print one line at once; a closed terminal is no reason to stop."""
    with contextlib.suppress(OSError, ValueError):
        print(line, flush=True)


def complain(line: str) -> None:
    """Print one line where errors go."""
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


class Stages:
    """Progress lines: each stage with the seconds it took and, where it has one, its address."""

    def __init__(self) -> None:
        self._begin = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._begin

    @contextlib.contextmanager
    def stage(self, title: str, address: str = "") -> Iterator[None]:
        """Time one stage; its line appears when the stage is through."""
        begin = time.monotonic()
        yield
        say(f"  [{self.elapsed:5.1f} s] {title}  {time.monotonic() - begin:.1f} s  {address}".rstrip())
