"""Which numbers of a small table may be shown (最小单元格): none that is about a handful of people.

The rule, and what it does not promise, stand in docs/architecture.md (Nobody is found in a preview).
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from config.settings import Settings

Table: TypeAlias = Mapping[str, Mapping[str, int]]
Shown: TypeAlias = dict[str, dict[str, int | None]]
FEWEST_HIDDEN: Final = 2
"""One hidden cell alone is the total less the others."""
_least: list[int] = [5]


def use(settings: Settings) -> None:
    """Take the smallest number of people that a cell may show from the settings."""
    _least[:] = [settings.smallest_cell]


def least() -> int:
    """Return the smallest number of people that a cell may show."""
    return _least[0]


def publishable(table: Table, *, smallest: int) -> Shown | None:
    """Return a table with None for what is hidden, or None where the whole of it has to be withheld.

    `table` has a row per group of people and in each the same columns; whoever reads it knows the columns'
    totals, and that no row is of nobody. Hidden is every number from 1 to `smallest` - 1, and so many others
    of its column, the least first, that what is hidden there is at least two cells, adds up to at least
    `smallest` (else it is the whole column), and to more than the number of rows of which nothing else is
    seen: so each hidden cell could be another number.
    """
    columns = list(next(iter(table.values()), {}))
    hidden = {name: {group for group, row in table.items() if 0 < row[name] < smallest} for name in columns}
    grown = True
    while grown:
        grown = False
        for name in columns:
            while hidden[name] and not _safe(table, hidden, name, smallest):
                others = [(not row[name], row[name], group) for group, row in table.items()]
                others = [one for one in sorted(others) if one[-1] not in hidden[name]]
                if not others:
                    return None
                hidden[name].add(others[0][-1])
                grown = True
    return {
        group: {name: None if group in hidden[name] else row[name] for name in columns}
        for group, row in table.items()
    }


def all_large(counts: Mapping[str, int], *, smallest: int) -> bool:
    """Say whether no number is about a handful of people."""
    return not any(0 < number < smallest for number in counts.values())


def _safe(table: Table, hidden: Mapping[str, set[str]], name: str, smallest: int) -> bool:
    """Say whether what is hidden in a column leaves each of its cells more than one number to be."""
    column = hidden[name]
    total = sum(table[group][name] for group in column)
    bare = sum(
        not any(number and group not in hidden[other] for other, number in table[group].items())
        for group in column
    )
    enough = total >= smallest or len(column) == len(table)
    return len(column) >= FEWEST_HIDDEN and enough and total > bare
