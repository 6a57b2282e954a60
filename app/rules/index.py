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
from typing import Any as Known

from app.rules.evaluation import compare, is_applicable, value_of
from app.rules.literals import ParamRef
from app.rules.syntax import All, Leaf, Node
from app.rules.types import Fact, FactType, Operator, Params, Subject

Place = int
_DECADES = 100
_RARE_FLAG, _COMMON_FLAG, _HALF, _RECENT = 0.1, 0.9, 0.5, 0.2
_BY_DIGITS = {0: 1.0, 2: 0.1, 4: 0.02, 6: 0.003}


@dataclass(slots=True)
class _Entry:
    """Every condition entered under one fact."""

    fact: Fact
    everybody: list[Place] = field(default_factory=list)
    exact: dict[Hashable, list[Place]] = field(default_factory=lambda: defaultdict(list))
    prefixes: dict[str, list[Place]] = field(default_factory=lambda: defaultdict(list))
    lengths: list[int] = field(default_factory=list)
    floors: list[tuple[Known, Place]] = field(default_factory=list)
    ceilings: list[tuple[Known, Place]] = field(default_factory=list)
    others: list[tuple[Leaf, list[Place]]] = field(default_factory=list)

    def enter(self, leaf: Leaf, place: Place) -> None:
        """Enter a condition under one question."""
        self.everybody.append(place)
        value: Known = leaf.value
        match leaf.op:
            case Operator.EQ:
                self.exact[value].append(place)
            case Operator.IN:
                for member in dict.fromkeys(value):
                    self.exact[member].append(place)
            case Operator.PREFIX:
                for area in dict.fromkeys(value if isinstance(value, tuple) else (value,)):
                    self.prefixes[area].append(place)
            case Operator.GE:
                self.floors.append((value, place))
            case Operator.LE:
                self.ceilings.append((value, place))
            case _:
                self._enter_other(leaf, place)

    def _enter_other(self, leaf: Leaf, place: Place) -> None:
        for known, places in self.others:
            if known == leaf:
                places.append(place)
                return
        self.others.append((leaf, [place]))

    def close(self) -> None:
        """Sort what is found by bisection, once all are entered."""
        self.floors.sort(key=lambda pair: pair[0])
        self.ceilings.sort(key=lambda pair: pair[0])
        self.lengths = sorted({len(prefix) for prefix in self.prefixes})

    def found(self, value: Known, as_of: date) -> Iterable[Place]:
        """Yield the conditions whose question a known value answers with yes."""
        if self.exact:
            yield from self.exact.get(value, ())
        for length in self.lengths:
            yield from self.prefixes.get(value[:length], ()) if len(value) >= length else ()
        if self.floors:
            reached = bisect_right(self.floors, value, key=lambda pair: pair[0])
            yield from (place for _, place in self.floors[:reached])
        if self.ceilings:
            below = bisect_left(self.ceilings, value, key=lambda pair: pair[0])
            yield from (place for _, place in self.ceilings[below:])
        for leaf, places in self.others:
            if compare(leaf, value, leaf.value, as_of=as_of):
                yield from places


class Index:
    """Conditions on a day, found by subject; each is known by its place among those given."""

    def __init__(self, conditions: Sequence[Node], *, as_of: date) -> None:
        self.as_of = as_of
        self.always: list[Place] = []
        self.entries: dict[tuple[str, str], _Entry] = {}
        for place, condition in enumerate(conditions):
            leaf = most_selective(condition)
            if leaf is None:
                self.always.append(place)
            else:
                entry = self.entries.setdefault((leaf.fact.subject, leaf.name), _Entry(leaf.fact))
                entry.enter(leaf, place)
        for entry in self.entries.values():
            entry.close()

    def candidates(self, subject: Subject, *, params: Params) -> set[Place]:
        """Return every condition that is not surely false: some more may be in it, none less."""
        found = set(self.always)
        for entry in self.entries.values():
            if is_applicable(entry.fact, subject, as_of=self.as_of, params=params) is False:
                continue
            value = value_of(entry.fact, subject, as_of=self.as_of)
            found.update(entry.everybody if value is None else entry.found(value, self.as_of))
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
