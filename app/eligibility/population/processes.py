"""Partitions in several processes of this machine."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Any, Self

from app.eligibility.population.placement import (
    ATTEMPTS,
    Interrupted,
    Item,
    Made,
    accepted,
    attempted,
    sealed,
    unsealed,
)

_LOADED_BEFORE = ["__main__", "app.eligibility.population.running"]


class Processes:
    """So many processes, started when first needed and kept until the end of `with`.

    They are forked from a clean one, never from this process, whose threads and connections they must not
    have. One that is killed is replaced, and what it was doing is done again.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._pool: ProcessPoolExecutor | None = None

    def each(self, work: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
        """Do the work for every item; raises the first refusal, or Interrupted."""
        raw, made = sealed(work), dict[int, Any]()
        for _ in range(ATTEMPTS):
            left = [place for place in range(len(items)) if place not in made]
            if not left:
                break
            try:
                tasks = {self._opened().submit(_worked, raw, items[place]): place for place in left}
                made |= _collected(tasks)
            except BrokenProcessPool:
                pass  # before anything of this round was given out
            if len(made) < len(items):
                self._close()
        if len(made) < len(items):
            raise Interrupted
        return accepted([made[place] for place in range(len(items))])

    def _opened(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = get_context("forkserver")
            context.set_forkserver_preload(_LOADED_BEFORE)
            self._pool = ProcessPoolExecutor(self.number, mp_context=context, initializer=_end_with_parent)
        return self._pool

    def _close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self._close()


def _collected(tasks: dict[Future[Any], int]) -> dict[int, Any]:
    """Return what was finished; where the pool broke, what was finished before."""
    made: dict[int, Any] = {}
    for task in as_completed(tasks):
        if not isinstance(task.exception(), BrokenProcessPool):
            made[tasks[task]] = task.result()
    return made


def _worked(raw: bytes, item: Any) -> Any:
    return attempted(unsealed(raw), item)


def _end_with_parent() -> None:
    """Die with the process that asked, also when that is killed: else this one would wait for ever."""
    Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
