"""Whom the calendar alone can touch: the dates at which some answer turns between two days.

A rule lowered for one day and for another differs only in its ranges of dates. Whoever has no date in what
differs has the same answer on both days, so that the others are all that must be looked at.
"""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from app.rules.planes.columns import Dates, Flags, Table, owners
from app.rules.planes.kernel import ColumnMissing
from app.rules.planes.lowering import Program
from app.rules.planes.spans import Spans, differing, united


def turning(before: Program, after: Program) -> Mapping[str, Spans]:
    """Return, by column, the dates that turn an answer of the same rules lowered for two days."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for (column, leaf), days in before.moments.items():
        for then, now in zip(days, after.moments[column, leaf], strict=True):
            found[column] += differing(then, now)
    return {column: united(days) for column, days in found.items() if days}


def touched(table: Table, before: Program, after: Program) -> Flags:
    """Return which rows may have another answer on the later day: a few too many, never one too few."""
    found = np.zeros(table.size, np.bool_)
    for name, days in turning(before, after).items():
        column = table.columns.get(name)
        if not isinstance(column, Dates):
            raise ColumnMissing(name)
        found |= _among(column, days)
    for name, inner in before.inner.items():
        if name not in table.lists:
            raise ColumnMissing(name)
        items = table.lists[name]
        found[owners(items)[touched(items.table, inner, after.inner[name])]] = True
    return found


def _among(column: Dates, days: Spans) -> Flags:
    """Look every date up in a table of days: many ranges cost no more than one."""
    if not len(column.values):
        return np.zeros(0, np.bool_)
    first, last = int(column.values.min()), int(column.values.max())
    turns = np.zeros(last - first + 1, np.bool_)
    for low, high in days:
        turns[max(low - first, 0) : max(high - first + 1, 0)] = True
    found = np.asarray(turns[column.values - first])
    return found if column.known is None else found & column.known
