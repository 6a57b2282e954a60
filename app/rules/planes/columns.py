"""Facts of many subjects as arrays: a column a fact, a row a subject, the items of lists in tables below."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from app.rules.planes import spans
from app.rules.planes.bits import WORD, Bits, bits
from app.rules.planes.bits import Flags as Flags
from app.rules.planes.spans import EVERYTHING, Spans
from app.rules.types import Operator

Integers: TypeAlias = npt.NDArray[Any]
Rows: TypeAlias = npt.NDArray[np.int64]
_NARROW = (np.int8, np.int16, np.int32)
_CODES = (np.uint8, np.uint16, np.uint32)
_NO_CODE_HOLDS = 2
BYTE = 8


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers as integers, `scale` of them to one; what is unknown holds anything under `known` false."""

    values: Integers
    known: Flags | None = None
    scale: int = 1

    def spans(self, op: Operator, bound: Any) -> Spans:
        """Return which stored integers compare true."""
        return spans.number_spans(op, bound, self.scale)

    def rows(self, chosen: Any) -> "Numbers":
        """Return some rows: a slice or an array of row numbers."""
        return Numbers(self.values[chosen], _chosen(self.known, chosen), self.scale)


@dataclass(frozen=True, slots=True)
class Dates:
    """Dates as days since 1970-01-01."""

    values: Integers
    known: Flags | None = None

    def spans(self, op: Operator, bound: Any) -> Spans:
        """Return which stored days compare true."""
        return spans.date_spans(op, bound)

    def rows(self, chosen: Any) -> "Dates":
        """Return some rows."""
        return Dates(self.values[chosen], _chosen(self.known, chosen))


@dataclass(frozen=True, slots=True)
class Flagged:
    """Yes or no, as booleans."""

    values: Flags
    known: Flags | None = None

    def spans(self, op: Operator, bound: Any) -> Spans:
        """Return which of 0 and 1 compare true."""
        return spans.united(
            (int(value), int(value)) for value in (False, True) if (value is bound) is (op is Operator.EQ)
        )

    def rows(self, chosen: Any) -> "Flagged":
        """Return some rows."""
        return Flagged(self.values[chosen], _chosen(self.known, chosen))


@dataclass(frozen=True, slots=True)
class Coded:
    """Codes of an enum, regions or texts as places in sorted `codes`; unknown: the place after the last."""

    values: Integers
    codes: tuple[str, ...]
    known: Flags | None = None

    def spans(self, op: Operator, bound: Any) -> Spans:
        """Return which places compare true."""
        return spans.code_spans(op, bound, self.codes)

    def rows(self, chosen: Any) -> "Coded":
        """Return some rows."""
        return Coded(self.values[chosen], self.codes, _chosen(self.known, chosen))


Column = Numbers | Dates | Flagged | Coded


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a list: those of row `n` from `offsets[n]` to `offsets[n + 1]`; `known`: the list is."""

    table: "Table"
    offsets: Rows
    known: Flags | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Some subjects: their columns, their lists, and `regions`, the area whose parameters hold for each.

    The flags of a column are packed, and its ends found, when first asked for: once for all its parts.
    """

    size: int
    columns: Mapping[str, Column]
    lists: Mapping[str, Items] = field(default_factory=dict)
    regions: Coded | None = None
    packed: dict[str, Bits] = field(default_factory=dict, repr=False, compare=False)
    extremes: dict[str, tuple[int, int]] = field(default_factory=dict, repr=False, compare=False)

    def bits(self, name: str) -> Bits:
        """Return the packed flags of a column."""
        found = self.packed.get(name)
        if found is None:
            column = self.columns[name]
            yes = column.values if isinstance(column, Flagged) else None
            found = self.packed[name] = bits(column.known, yes)
        return found

    def ends(self, name: str) -> tuple[int, int]:
        """Return the least and the greatest integer in a column, whatever is unknown included."""
        found = self.extremes.get(name)
        if found is None:
            values = self.columns[name].values
            found = self.extremes[name] = (int(values.min()), int(values.max())) if len(values) else (0, 0)
        return found

    def part(self, begin: int, end: int) -> "Table":
        """Return neighbouring rows, nothing copied."""
        words = slice(begin // WORD, -(-end // WORD))
        chosen = slice(begin, end)
        return Table(
            min(end, self.size) - begin,
            {name: column.rows(chosen) for name, column in self.columns.items()},
            {name: _part(items, begin, min(end, self.size)) for name, items in self.lists.items()},
            None if self.regions is None else self.regions.rows(chosen),
            {} if begin % WORD else {name: one.part(words) for name, one in self.packed.items()},
        )

    def rows(self, chosen: Rows) -> "Table":
        """Return some rows, copied, in the order asked for."""
        return Table(
            len(chosen),
            {name: column.rows(chosen) for name, column in self.columns.items()},
            {name: _some(items, chosen) for name, items in self.lists.items()},
            None if self.regions is None else self.regions.rows(chosen),
        )


def _chosen(known: Flags | None, chosen: Any) -> Flags | None:
    return None if known is None else known[chosen]


def _part(items: Items, begin: int, end: int) -> Items:
    offsets = items.offsets[begin : end + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    return Items(items.table.part(first, last), offsets - first, _chosen(items.known, slice(begin, end)))


def _some(items: Items, chosen: Rows) -> Items:
    counts = np.diff(items.offsets)[chosen]
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    begins = items.offsets[:-1][chosen]
    places = np.repeat(begins - offsets[:-1], counts) + np.arange(offsets[-1])
    return Items(items.table.rows(places), offsets, _chosen(items.known, chosen))


def owners(items: Items) -> Rows:
    """Return for each item the row that it belongs to."""
    return np.repeat(np.arange(len(items.offsets) - 1), np.diff(items.offsets))


def narrowed(values: npt.NDArray[np.int64]) -> Integers:
    """Return the same integers in the narrowest type that holds them: less to read, sooner compared."""
    if not len(values):
        return values.astype(np.int8)
    low, high = int(values.min()), int(values.max())
    for narrow in _NARROW:
        if np.iinfo(narrow).min <= low and high <= np.iinfo(narrow).max:
            return values.astype(narrow)
    return values


def coded(places: Integers, codes: tuple[str, ...]) -> Coded:
    """Return codes given by place, -1 or the length for unknown, sorted and in the narrowest type."""
    order = sorted(range(len(codes)), key=codes.__getitem__)
    kind = next(k for k in _CODES if len(codes) + _NO_CODE_HOLDS <= np.iinfo(k).max)
    rank = np.empty(len(codes) + 1, kind)
    rank[order] = np.arange(len(codes))
    rank[len(codes)] = len(codes)
    values = np.take(rank, places)
    known = values != len(codes)
    return Coded(values, tuple(codes[place] for place in order), None if known.all() else known)


def first_known(columns: list[Coded]) -> Coded:
    """Return row by row the first code that is known: where one lives, else where one is registered."""
    codes = tuple(sorted({code for column in columns for code in column.codes}))
    place = {code: number for number, code in enumerate(codes)}
    found = np.full(len(columns[0].values), -1, np.int64)
    for column in columns:
        own = np.array([*(place[code] for code in column.codes), -1], np.int64)[column.values]
        found = np.where(found < 0, own, found)
    return coded(found, codes)


Test: TypeAlias = Callable[[Integers], Flags]


def held(values: Integers, ranges: Spans) -> Flags:
    """Return which integers lie in one of the ranges."""
    return passing_of(values.dtype, ranges)(values)


def passing_of(dtype: Any, ranges: Spans, ends: tuple[int, int] = EVERYTHING[0]) -> Test:
    """Return a function that says which integers of a type lie in one of the ranges.

    No integer is outside `ends`: what lies there need not be compared.
    """
    kind = np.iinfo(dtype)
    least, most = max(ends[0], int(kind.min)), min(ends[1], int(kind.max))
    clipped = [(max(low, least), min(high, most)) for low, high in ranges]
    tests = [_in_range(low, high, (least, most), kind) for low, high in clipped if low <= high]
    if not tests:
        return lambda values: np.zeros(len(values), np.bool_)
    first, *others = tests

    def test(values: Integers) -> Flags:
        found = first(values)
        for other in others:
            np.logical_or(found, other(values), out=found)
        return found

    return test if others else first


def _in_range(low: int, high: int, ends: tuple[int, int], kind: np.iinfo[Any]) -> Test:
    bottom, top = kind.dtype.type(low), kind.dtype.type(high)
    if (low, high) == ends:
        return lambda values: np.ones(len(values), np.bool_)
    if low == high:
        return lambda values: np.asarray(values == bottom)
    if high == ends[1]:
        return lambda values: np.asarray(values >= bottom)
    if low == ends[0]:
        return lambda values: np.asarray(values <= top)
    if kind.bits > BYTE:
        return lambda values: np.logical_and(found := values >= bottom, values <= top, out=found)
    begin, width = np.uint8(low % (1 << BYTE)), np.uint8(high - low)
    return lambda values: np.asarray((values.view(np.uint8) - begin) <= width)  # of bytes, the sooner way
