"""Who stood in another partition of the last result, and who is nowhere any more: found from ids alone.

A subject is found again wherever it stood: who changed stands in another partition than yesterday. Each
partition says whom it gained and whom it lost; only these are held together, so that memory is needed for
whoever moved and not for everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.residents.columnar import ID_BYTES, Ids
from app.rules.planes.columns import Rows

NOBODY: Ids = np.zeros(0, f"S{ID_BYTES}")
_NOWHERE: Rows = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Crossed:
    """Whom a partition gained since the last result (rows of today), and whom it lost (rows of then)."""

    came: Ids = field(default_factory=lambda: NOBODY)
    came_rows: Rows = field(default_factory=lambda: _NOWHERE)
    left: Ids = field(default_factory=lambda: NOBODY)
    left_rows: Rows = field(default_factory=lambda: _NOWHERE)


@dataclass(frozen=True, slots=True)
class Origin:
    """Some of those who came: the partition of the last result, their rows of then and of today."""

    part: str
    then: Rows
    now: Rows


@dataclass(frozen=True, slots=True)
class Moves:
    """Who went where: `into` a partition of today, and `departed` from one of then without being anywhere."""

    into: Mapping[str, tuple[Origin, ...]]
    departed: Mapping[str, Rows]


def crossed(then: Ids, now: Ids) -> Crossed:
    """Compare who stood in a partition with who stands there now."""
    if len(then) == len(now) and np.array_equal(then, now):
        return Crossed()
    came, left = np.flatnonzero(~np.isin(now, then)), np.flatnonzero(~np.isin(then, now))
    return Crossed(now[came], came, then[left], left)


def together(then: Ids, now: Ids) -> tuple[Rows, Rows]:
    """Return the rows, of then and of now, of whoever stands in both."""
    _, old, new = np.intersect1d(then, now, assume_unique=True, return_indices=True)
    order = np.argsort(new)
    return old[order], new[order]


def joined(found: Mapping[str, Crossed]) -> Moves:
    """Find whoever came to a partition among those who left another."""
    names = list(found)
    left = np.concatenate([NOBODY, *(one.left for one in found.values())])
    left_rows = np.concatenate([_NOWHERE, *(one.left_rows for one in found.values())])
    left_part = _owners([len(one.left) for one in found.values()])
    order = np.argsort(left, kind="stable")
    seen = np.zeros(len(left), np.bool_)
    into: dict[str, tuple[Origin, ...]] = {}
    for name, one in found.items():
        if not len(one.came) or not len(left):
            continue
        place = np.minimum(np.searchsorted(left, one.came, sorter=order), len(left) - 1)
        at = order[place]
        there = left[at] == one.came
        at, now = at[there], one.came_rows[there]
        seen[at] = True
        into[name] = tuple(
            Origin(names[part], left_rows[at[own]], now[own])
            for part in np.unique(left_part[at])
            for own in [np.flatnonzero(left_part[at] == part)]
        )
    departed = {names[part]: left_rows[~seen & (left_part == part)] for part in np.unique(left_part[~seen])}
    return Moves(into, departed)


def _owners(sizes: list[int]) -> npt.NDArray[np.int64]:
    return np.repeat(np.arange(len(sizes)), sizes)
