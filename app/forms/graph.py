"""Order and loops among things that depend on one another (fields of a form, stages of a service)."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter


def find_loop(needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return one loop, its first node repeated at the end, or an empty tuple where there is none."""
    try:
        sort(needs)
    except CycleError as loop:
        return tuple(loop.args[1])
    return ()


def sort(needs: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return every node after those it needs; raises graphlib.CycleError."""
    return tuple(TopologicalSorter(needs).static_order())
