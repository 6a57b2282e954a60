"""A number for every row, another as soon as one of its values is: who changed, without trusting a date.

The same values give the same number whatever table they stand in: numbers are brought to one scale, codes are
hashed as text. Two rows that differ agree by chance once in 2^64.
"""

from hashlib import blake2b
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from app.rules.planes.columns import Coded, Column, Flagged, Items, Numbers, Table, owners

Hashes: TypeAlias = npt.NDArray[np.uint64]
_FINEST = 10**18
_UNKNOWN, _STEP = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


def fingerprints(table: Table) -> Hashes:
    """Return one number a row, of its columns, its lists in their order, and its region."""
    found = np.zeros(table.size, np.uint64)
    columns: dict[str, Column] = {**table.columns, **({} if table.regions is None else {"": table.regions})}
    for name, column in columns.items():
        found += _of_column(column, _salt(name))
    for name, items in table.lists.items():
        found += _mixed(_of_items(items, table.size) ^ _salt(name))
    return found


def _of_column(column: Column, salt: np.uint64) -> Hashes:
    """Hash the few values of codes and flags once each; numbers and dates one by one."""
    if isinstance(column, Coded):
        return _mixed(np.array([*(_salt(code) for code in column.codes), _UNKNOWN], np.uint64) ^ salt)[
            column.values
        ]
    if isinstance(column, Flagged):
        places = column.values.view(np.uint8)
        places = places if column.known is None else np.where(column.known, places, np.uint8(2))
        return _mixed(np.array([0, 1, _UNKNOWN], np.uint64) ^ salt)[places]
    values = column.values.astype(np.int64).view(np.uint64)
    if isinstance(column, Numbers):
        values = values * np.uint64(_FINEST // column.scale)
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
