"""What the parts of `benchmarks.matching` measure and print with."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ROUNDS = 7
MEGA, MILLI = 1e6, 1e3


@dataclass(frozen=True, slots=True)
class Timed:
    """The best of some rounds."""

    wall: float
    cpu: float
    made: Any


def timed(work: Callable[[], Any], rounds: int = ROUNDS) -> Timed:
    """Run some rounds and keep the best wall and the best CPU time."""
    best = Timed(float("inf"), float("inf"), None)
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        made = work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        best = Timed(min(best.wall, wall), min(best.cpu, cpu), made)
    return best


def say(case: str, figure: str, floor: str = "", *, reached: bool | None = None) -> None:
    """Print one line of the table."""
    verdict = "" if reached is None else "reached" if reached else "MISSED"
    print(f"{case:<58}{figure:>34}  {floor:>22}  {verdict}", flush=True)
