"""A number for every row, another as soon as one of its values is: who changed, without trusting a date.

The same values give the same number whatever table they stand in: numbers are brought to one scale, codes are
hashed as text. Two rows that differ agree by chance once in 2^64.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from app.rules.planes.columns import Coded, Column, Flagged, Items, Numbers, Table, owners

Hashes: TypeAlias = npt.NDArray[np.uint64]
_FINEST = 10**18
_FLAGS, _ROWS = 32, 32_768
_UNKNOWN, _STEP = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


def fingerprints(table: Table) -> Hashes:
    """Return one number a row, of its columns, its lists in their order, and its region."""
    begins = range(0, table.size, _ROWS)  # what is worked on together fits into a cache
    return np.concatenate([np.zeros(0, np.uint64), *(_of(table.part(one, one + _ROWS)) for one in begins)])


def _of(table: Table) -> Hashes:
    found = np.zeros(table.size, np.uint64)
    columns: dict[str, Column] = {**table.columns, **({} if table.regions is None else {"": table.regions})}
    flagged = sorted(name for name, column in columns.items() if isinstance(column, Flagged))
    for begin in range(0, len(flagged), _FLAGS):
        names = flagged[begin : begin + _FLAGS]
        found += _mixed(_together([columns[name] for name in names]) ^ _salt(" ".join(names)))
    for name, column in columns.items():
        if not isinstance(column, Flagged):
            found += _of_column(column, _salt(name))
    for name, items in table.lists.items():
        found += _mixed(_of_items(items, table.size) ^ _salt(name))
    return found


def _together(flags: Sequence[Column]) -> Hashes:
    """Put many flags side by side, two bits each (no, yes, unknown): one number is spread instead of many."""
    rows = len(flags[0].values)
    side_by_side = np.zeros((rows, 8), np.uint8)
    for begin in range(0, len(flags), 4):
        four = np.zeros(rows, np.uint8)
        for place, column in enumerate(flags[begin : begin + 4]):
            one = column.values.view(np.uint8)
            if column.known is not None:  # unknown: 2
                one = (one & column.known) | (~column.known).view(np.uint8) << np.uint8(1)
            four |= one << np.uint8(2 * place)
        side_by_side[:, begin // 4] = four
    return side_by_side.view(np.uint64)[:, 0]


def _of_column(column: Column, salt: np.uint64) -> Hashes:
    """Hash what has few values once for each; other numbers and dates one by one."""
    if isinstance(column, Coded):
        return _mixed(np.array([*(_salt(code) for code in column.codes), _UNKNOWN], np.uint64) ^ salt)[
            column.values
        ]
    scale = np.uint64(_FINEST // column.scale if isinstance(column, Numbers) else 1)
    if column.values.dtype == np.int8 and column.known is None:
        every = np.arange(256).astype(np.uint8).view(np.int8).astype(np.int64).view(np.uint64)
        return _mixed((every * scale) ^ salt)[column.values.view(np.uint8)]
    values = column.values.astype(np.int64).view(np.uint64) * scale
    return _mixed((values if column.known is None else np.where(column.known, values, _UNKNOWN)) ^ salt)


def _of_items(items: Items, rows: int) -> Hashes:
    """Add up the items of a row, each turned by its place; a list nobody knows is not an empty one."""
    owner = owners(items)
    place = (np.arange(len(owner)) - items.offsets[:-1][owner]).astype(np.uint64)
    found = np.zeros(rows, np.uint64)
    np.add.at(found, owner, _mixed(fingerprints(items.table) + place * _STEP))
    return found if items.known is None else np.where(items.known, found, _UNKNOWN)


def _salt(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest()))


def _mixed(values: Hashes) -> Hashes:
    """Spread every bit over all (the finisher of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * _STEP
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
