"""CPU time of processes and all their descendants: what a noisy neighbour changes least."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds(roots: Iterable[int]) -> float:
    """Return the user and system time so far of some processes and all that descend from them."""
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = int(fields[1])
        used[int(entry.parent.name)] = int(fields[11]) + int(fields[12])
    wanted = set(roots)
    return sum(ticks for pid, ticks in used.items() if _descends(pid, wanted, parents)) / _TICKS


def _descends(pid: int, wanted: set[int], parents: dict[int, int]) -> bool:
    while pid not in wanted and pid > 1:
        pid = parents.get(pid, 0)
    return pid in wanted
