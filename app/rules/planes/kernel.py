"""The kernel: a program over a table gives two packed planes a rule, surely and possibly true, by chunks.

Kleene's logic falls out of the pair: unknown is possibly and not surely true. A plane that is the same object
as its twin says that nothing is unknown, so that half of the work is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from app.rules.planes.bits import WORD, Bits, Flags, Pair, Words, packed, unpacked
from app.rules.planes.columns import (
    Coded,
    Column,
    Integers,
    Items,
    Numbers,
    Table,
    Test,
    held,
    owners,
    passing_of,
)
from app.rules.planes.lowering import (
    Compared,
    Constant,
    Counted,
    Dated,
    Denied,
    Guarded,
    Number,
    Present,
    Program,
    Quantified,
    Regional,
    Together,
)
from app.rules.planes.spans import EVERYTHING, HIGHEST, LOWEST, Spans, united
from app.rules.types import Operator, Quantifier
from app.rules.vocabulary import in_region

CHUNK = 262_144
"""Rows evaluated together: with fewer, calling NumPy costs more than its work; with more, caches overflow."""
YES: Spans = ((1, 1),)
NO_RANGE = (HIGHEST, LOWEST)
MOST_GATES = 8


@dataclass(frozen=True, slots=True)
class Planes:
    """The answers of rules (first axis) about rows: bit `n % 64` of word `n // 64`; padding bits are 0."""

    surely: Words
    possibly: Words
    rows: int


class ColumnMissing(Exception):
    """A column that the rules read is not in the table."""

    def __init__(self, name: str) -> None:
        super().__init__(f"缺少规则用到的列：{name}")
        self.name = name


def answered(program: Program, table: Table, *, chunk: int = CHUNK) -> Planes:
    """Answer every rule of a program for every row; raises ColumnMissing. `chunk` is a multiple of 64."""
    words = -(-table.size // WORD)
    surely, possibly = (np.zeros((len(program.rules), words), np.uint64) for _ in range(2))
    bound = _Bound(program, table)
    for name in program.needed().facts & table.columns.keys():
        table.bits(name)  # once for all chunks
    for begin in range(0, table.size, chunk):
        part = _Chunk(bound, table.part(begin, begin + chunk))
        place = slice(begin // WORD, begin // WORD + part.words)
        for rule, number in enumerate(program.rules):
            surely[rule, place], possibly[rule, place] = part.pair(number)
    if table.size % WORD:
        inside = np.uint64((1 << table.size % WORD) - 1)
        surely[:, -1] &= inside
        possibly[:, -1] &= inside
    return Planes(surely, possibly, table.size)


@dataclass
class _Bound:
    """What every chunk of a table has in common: the ranges that a step means in its columns.

    `whole` is that table; the items of a list are a table for each chunk.
    """

    program: Program
    whole: Table | None = None
    tests: dict[Number, Test] = field(default_factory=dict)
    regional: dict[Number, "_Gates"] = field(default_factory=dict)
    inner: dict[str, "_Bound"] = field(default_factory=dict)

    @cached_property
    def by_column(self) -> list[tuple[Number, Compared | Dated]]:
        """The comparisons, those of one column after another: so each is read from memory once a chunk."""
        steps = enumerate(self.program.steps)
        found = [(number, step) for number, step in steps if isinstance(step, Compared | Dated)]
        return sorted(found, key=lambda one: one[1].column)

    def test(self, number: Number, step: Compared | Dated, column: Column) -> Test:
        """Return how a column answers a comparison."""
        found = self.tests.get(number)
        if found is None:
            ranges = step.days if isinstance(step, Dated) else column.spans(step.op, step.bound)
            ends = EVERYTHING[0] if self.whole is None else self.whole.ends(step.column)
            found = self.tests[number] = passing_of(column.values.dtype, ranges, ends)
        return found

    def within(self, name: str) -> "_Bound":
        return self.inner.setdefault(name, _Bound(self.program.inner[name]))


@dataclass(frozen=True, slots=True)
class _Gates:
    """What a parameter lets through: ranges of the column, and the places of regions in which they hold."""

    each: tuple[tuple[Spans, Spans], ...]
    entered: Spans
    ends: tuple[tuple[Integers, Integers], ...]

    @property
    def many(self) -> bool:
        """Say whether there are too many values to compare with each."""
        return len(self.each) > MOST_GATES


class _Chunk:
    """Some rows; every step is answered once for them where it is used more than once."""

    def __init__(self, bound: _Bound, table: Table) -> None:
        self.bound, self.table = bound, table
        self.words = -(-table.size // WORD)
        self.inner: dict[str, tuple[_Chunk, Items, Any]] = {}
        self.cache: dict[Number, Pair] = {
            number: self.compared(number, step)
            for number, step in bound.by_column
            if step.column in table.columns
        }

    def pair(self, number: Number) -> Pair:
        """Return the two planes of a step."""
        found = self.cache.get(number)
        if found is None:
            step = self.bound.program.steps[number]
            found = _MACHINES[type(step)](self, number, step)
            if self.bound.program.uses[number] > 1:
                self.cache[number] = found
        return found

    def column(self, name: str) -> Column:
        column = self.table.columns.get(name)
        if column is None:
            raise ColumnMissing(name)
        return column

    def flags(self, name: str) -> Bits:
        """Return the packed flags of a column."""
        self.column(name)
        return self.table.bits(name)

    def settled(self, plane: Words, unknown: Words | None) -> Pair:
        """Return the pair of a comparison, given who has no value at all."""
        if unknown is None:
            return plane, plane
        return plane & ~unknown, plane | unknown

    def constant(self, _: Number, step: Constant) -> Pair:
        surely = self.filled(answer=step.answer is True)
        return surely, surely if step.answer is not None else self.filled(answer=True)

    def filled(self, *, answer: bool) -> Words:
        return np.full(self.words, ~np.uint64(0) if answer else 0, np.uint64)

    def present(self, _: Number, step: Present) -> Pair:
        known = self.flags(step.column).known
        plane = self.filled(answer=True) if known is None else known
        return plane, plane

    def compared(self, number: Number, step: Compared | Dated) -> Pair:
        column, flags = self.column(step.column), self.flags(step.column)
        if flags.yes is not None and isinstance(step, Compared):
            surely, possibly = flags.yes
            return flags.yes if column.spans(step.op, step.bound) == YES else (~possibly, ~surely)
        plane = packed(self.bound.test(number, step, column)(column.values))
        if flags.known is None or flags.unknown is None:
            return plane, plane
        # the place of an unknown code is in no range
        return plane if isinstance(column, Coded) else plane & flags.known, plane | flags.unknown

    def regional(self, number: Number, step: Regional) -> Pair:
        column, regions = self.column(step.column), self.table.regions
        if regions is None:
            raise ColumnMissing("地区")
        gates = self.bound.regional.get(number)
        if gates is None:
            scale = column.scale if isinstance(column, Numbers) else 1
            gates = self.bound.regional[number] = _gates(step, self.bound.program, regions, scale)
        passing = (
            self._gathered(column, regions, gates) if gates.many else self._gated(column, regions, gates)
        )
        unknown = self.flags(step.column).unknown
        entered = packed(held(regions.values, gates.entered))
        missing = ~entered if unknown is None else ~entered | unknown
        return self.settled(passing, missing)

    def _gated(self, column: Column, regions: Coded, gates: "_Gates") -> Words:
        """Compare once for every value that the parameter has, each where it holds."""
        passing = self.filled(answer=False)
        for ranges, places in gates.each:
            passing |= packed(held(column.values, ranges)) & packed(held(regions.values, places))
        return passing

    def _gathered(self, column: Column, regions: Coded, gates: "_Gates") -> Words:
        """Look the ends up row by row: a parameter of more values than comparing with each is worth."""
        found = np.zeros(self.table.size, np.bool_)
        for low, high in gates.ends:
            found |= (column.values >= low[regions.values]) & (column.values <= high[regions.values])
        return packed(found)

    def counted(self, _: Number, step: Counted) -> Pair:
        unknown = self.flags(step.origin).unknown
        surely, possibly = self.pair(step.by_date)
        if unknown is None or step.column not in self.table.columns:
            return surely, possibly
        sure, possible = self.pair(step.by_number)
        return (surely & ~unknown) | (sure & unknown), (possibly & ~unknown) | (possible & unknown)

    def together(self, _: Number, step: Together) -> Pair:
        operation = np.bitwise_and if step.every else np.bitwise_or
        pairs = [self.pair(member) for member in step.members]
        surely = operation(pairs[0][0], pairs[1][0])
        for one, _twin in pairs[2:]:
            operation(surely, one, out=surely)
        if all(one is twin for one, twin in pairs):
            return surely, surely
        possibly = operation(pairs[0][1], pairs[1][1])
        for _one, twin in pairs[2:]:
            operation(possibly, twin, out=possibly)
        return surely, possibly

    def denied(self, _: Number, step: Denied) -> Pair:
        surely, possibly = self.pair(step.member)
        inverted = ~surely
        return (inverted, inverted) if surely is possibly else (~possibly, inverted)

    def guarded(self, _: Number, step: Guarded) -> Pair:
        applies, (surely, possibly) = self.pair(step.condition)[1], self.pair(step.member)
        passed = surely & applies
        return (passed, passed) if surely is possibly else (passed, possibly & applies)

    def quantified(self, _: Number, step: Quantified) -> Pair:
        inside, items, owner = self.within(step.list)
        surely, possibly = (unpacked(plane, inside.table.size) for plane in inside.pair(step.where))
        low, high = _DECISIONS[step.quant](step, (surely, possibly), owner, self.table.size)
        sure = packed(low)
        twin = sure if low is high else packed(high)
        if items.known is None:
            return sure, twin
        known = packed(items.known)
        return sure & known, twin | ~known

    def within(self, name: str) -> tuple["_Chunk", Items, Any]:
        if name not in self.inner:
            items = self.table.lists.get(name)
            if items is None:
                raise ColumnMissing(name)
            owner = owners(items)
            regions = self.table.regions if self.bound.program.inner[name].regional else None
            regions = None if regions is None else regions.rows(owner)
            table = Table(items.table.size, items.table.columns, items.table.lists, regions)
            self.inner[name] = (_Chunk(self.bound.within(name), table), items, owner)
        return self.inner[name]


def _gates(step: Regional, program: Program, regions: Coded, scale: int) -> _Gates:
    """Look the parameter up once for every region there is, and for those whose region nobody knows."""
    areas = (*regions.codes, "")
    bounds = [in_region(program.parameters[step.param], code) for code in areas]
    ranges = {bound: step.ranges(bound, scale, program.as_of) for bound in set(bounds) if bound is not None}
    each = tuple(
        (found, united((place, place) for place, one in enumerate(bounds) if one == bound))
        for bound, found in ranges.items()
    )
    entered = united((place, place) for place, one in enumerate(bounds) if one is not None)
    ends = []
    for number in range(max((len(found) for found in ranges.values()), default=0)):
        pairs = [_end(ranges[one], number) if one is not None else NO_RANGE for one in bounds]
        ends.append((np.array([low for low, _ in pairs]), np.array([high for _, high in pairs])))
    return _Gates(each, entered, tuple(ends))


def _end(ranges: Spans, number: int) -> tuple[int, int]:
    return ranges[number] if number < len(ranges) else NO_RANGE


Halves: TypeAlias = tuple[Flags, Flags]


def _hit(flags: Flags, owner: Any, rows: int) -> Flags:
    found = np.zeros(rows, np.bool_)
    found[owner[flags]] = True
    return found


def _any(_: Quantified, halves: Halves, owner: Any, rows: int) -> Halves:
    return _hit(halves[0], owner, rows), _hit(halves[1], owner, rows)


def _all(_: Quantified, halves: Halves, owner: Any, rows: int) -> Halves:
    return ~_hit(~halves[0], owner, rows), ~_hit(~halves[1], owner, rows)


def _count(step: Quantified, halves: Halves, owner: Any, rows: int) -> Halves:
    """Decide a count that lies between the items surely true and those possibly true."""
    least, most = (np.bincount(owner[flags], minlength=rows) for flags in halves)
    value, op = step.value or 0, step.op
    surely_equal, possibly_equal = (least == value) & (most == value), (least <= value) & (value <= most)
    decided: dict[Operator | None, Callable[[], Halves]] = {
        Operator.EQ: lambda: (surely_equal, possibly_equal),
        Operator.NE: lambda: (~possibly_equal, ~surely_equal),
        Operator.LT: lambda: (most < value, least < value),
        Operator.LE: lambda: (most <= value, least <= value),
        Operator.GT: lambda: (least > value, most > value),
        Operator.GE: lambda: (least >= value, most >= value),
    }
    return decided[op]()


_DECISIONS: dict[Quantifier, Callable[[Quantified, Halves, Any, int], Halves]] = {
    Quantifier.ANY: _any,
    Quantifier.ALL: _all,
    Quantifier.COUNT: _count,
}
_MACHINES: dict[type, Callable[[_Chunk, Number, Any], Pair]] = {
    Constant: _Chunk.constant,
    Present: _Chunk.present,
    Compared: _Chunk.compared,
    Dated: _Chunk.compared,
    Regional: _Chunk.regional,
    Counted: _Chunk.counted,
    Together: _Chunk.together,
    Denied: _Chunk.denied,
    Guarded: _Chunk.guarded,
    Quantified: _Chunk.quantified,
}
