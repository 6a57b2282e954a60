"""Which of many conditions can hold for one subject at all: found by the most selective question of each.

A condition is an `all` at its top; whoever fails one of its members fails it. So each is entered under the
one member that most people fail, and a subject is asked each such question once, those about one number by
bisection. A subject whose fact is unknown gets every condition entered under that fact: unknown is not no.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from operator import or_
from typing import Any as Known

from app.rules.evaluation import compare, is_applicable, value_of
from app.rules.literals import ParamRef
from app.rules.syntax import All, Leaf, Node
from app.rules.types import Fact, FactType, Operator, Params, Subject

Place = int
Places = int
"""Many places as the bits of one number: joined and narrowed at once, however many they are."""
_DECADES = 100
_RARE_FLAG, _COMMON_FLAG, _HALF, _RECENT = 0.1, 0.9, 0.5, 0.2
_BY_DIGITS = {0: 1.0, 2: 0.1, 4: 0.02, 6: 0.003}


def listed(places: Places) -> list[Place]:
    """Return places one by one, ascending."""
    found = []
    while places:
        lowest = places & -places
        found.append(lowest.bit_length() - 1)
        places ^= lowest
    return found


@dataclass(slots=True)
class _Entry:
    """Every condition entered under one fact."""

    fact: Fact
    everybody: Places = 0
    exact: dict[Hashable, Places] = field(default_factory=lambda: defaultdict(int))
    prefixes: dict[str, Places] = field(default_factory=lambda: defaultdict(int))
    lengths: list[int] = field(default_factory=list)
    floors: dict[Known, Places] = field(default_factory=lambda: defaultdict(int))
    ceilings: dict[Known, Places] = field(default_factory=lambda: defaultdict(int))
    others: dict[Leaf, Places] = field(default_factory=lambda: defaultdict(int))
    reached: "_Steps" = field(init=False)
    undercut: "_Steps" = field(init=False)

    def enter(self, leaf: Leaf, place: Place) -> None:
        """Enter a condition under one question."""
        bit = 1 << place
        self.everybody |= bit
        value: Known = leaf.value
        match leaf.op:
            case Operator.EQ:
                self.exact[value] |= bit
            case Operator.IN:
                for member in value:
                    self.exact[member] |= bit
            case Operator.PREFIX:
                for area in value if isinstance(value, tuple) else (value,):
                    self.prefixes[area] |= bit
            case Operator.GE:
                self.floors[value] |= bit
            case Operator.LE:
                self.ceilings[value] |= bit
            case _:
                self.others[leaf] |= bit

    def close(self) -> None:
        """Sort what is found by bisection, once all are entered."""
        self.lengths = sorted({len(prefix) for prefix in self.prefixes})
        floors, ceilings = sorted(self.floors), sorted(self.ceilings)
        self.reached = floors, _running(self.floors[floor] for floor in floors)
        self.undercut = ceilings, _running(self.ceilings[ceiling] for ceiling in reversed(ceilings))[::-1]

    def found(self, value: Known, as_of: date) -> Places:
        """Return the conditions whose question a known value answers with yes."""
        found = self.exact.get(value, 0) if self.exact else 0
        for length in self.lengths:
            if len(value) >= length:
                found |= self.prefixes.get(value[:length], 0)
        if self.floors:
            ends, places = self.reached
            found |= places[bisect_right(ends, value)]
        if self.ceilings:
            ends, places = self.undercut
            found |= places[bisect_left(ends, value)]
        for leaf, these in self.others.items():
            if compare(leaf, value, leaf.value, as_of=as_of):
                found |= these
        return found


_Steps = tuple[list[Known], list[Places]]
"""Ascending ends, and the places between them: one more than there are ends."""


def _running(each: Iterable[Places]) -> list[Places]:
    """Return nothing, the first, the first two together, and so on."""
    return list(accumulate(each, or_, initial=0))


class Index:
    """Conditions on a day, found by subject; each is known by its place among those given."""

    def __init__(self, conditions: Sequence[Node], *, as_of: date) -> None:
        self.as_of = as_of
        self.always: Places = 0
        self.entries: dict[tuple[str, str], _Entry] = {}
        for place, condition in enumerate(conditions):
            leaf = most_selective(condition)
            if leaf is None:
                self.always |= 1 << place
            else:
                entry = self.entries.setdefault((leaf.fact.subject, leaf.name), _Entry(leaf.fact))
                entry.enter(leaf, place)
        for entry in self.entries.values():
            entry.close()

    def candidates(self, subject: Subject, *, params: Params) -> Places:
        """Return every condition that is not surely false: some more may be in it, none less."""
        found = self.always
        for entry in self.entries.values():
            if is_applicable(entry.fact, subject, as_of=self.as_of, params=params) is False:
                continue
            value = value_of(entry.fact, subject, as_of=self.as_of)
            found |= entry.everybody if value is None else entry.found(value, self.as_of)
        return found


def most_selective(condition: Node) -> Leaf | None:
    """Return the member of an `all` that most subjects fail, None where no single question decides."""
    leaves = [leaf for leaf in _necessary(condition) if _indexed(leaf)]
    return min(leaves, key=_share, default=None)


def _necessary(condition: Node) -> Iterable[Leaf]:
    if isinstance(condition, Leaf):
        yield condition
    elif isinstance(condition, All):
        for member in condition.members:
            yield from _necessary(member)


def _indexed(leaf: Leaf) -> bool:
    return leaf.op not in (Operator.EXISTS, Operator.NE) and not isinstance(leaf.value, ParamRef)


def _share(leaf: Leaf) -> float:  # noqa: PLR0911 (one a kind of question)
    """Guess which share of subjects passes; a bad guess costs time, never an answer."""
    value: Known = leaf.value
    match leaf.fact.type, leaf.op:
        case FactType.BOOL, _:
            return _RARE_FLAG if value is True else _COMMON_FLAG
        case FactType.REGION, Operator.PREFIX:
            areas = value if isinstance(value, tuple) else (value,)
            return min(1.0, sum(_BY_DIGITS.get(len(area), _HALF) for area in areas))
        case FactType.REGION | FactType.TEXT, _:
            return _BY_DIGITS[6] * (len(value) if isinstance(value, tuple) else 1)
        case FactType.ENUM, _:
            return (len(value) if isinstance(value, tuple) else 1) / max(len(leaf.fact.values), 1)
        case _, Operator.EQ | Operator.IN | Operator.WITHIN_DAYS:
            return _RECENT
        case _, Operator.BETWEEN if leaf.fact.unit == "岁":
            return float(value[1] - value[0] + 1) / _DECADES
        case _, Operator.GE if leaf.fact.unit == "岁":
            return max(0.0, 1 - float(value) / _DECADES)
        case _:
            return _HALF
