"""From conditions to steps on columns, once for a day: equal questions of all rules become one step.

Derived facts become ranges of the dates that they are derived from, dates are constants, a parameter becomes
the ranges of every region, `applicable_if` a guard. A step refers to others by number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any as Bound

from app.rules.literals import ParamRef
from app.rules.planes import spans
from app.rules.planes.spans import Spans
from app.rules.syntax import All, Any, Leaf, ListNode, Node, Not
from app.rules.types import Derivation, Operator, Parameter, Quantifier, Truth

Number = int


@dataclass(frozen=True, slots=True)
class Constant:
    """The same answer for everybody."""

    answer: Truth


@dataclass(frozen=True, slots=True)
class Present:
    """Whether a column knows the value; never unknown."""

    column: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A column against a bound, which each column knows to translate; unknown where it is."""

    column: str
    op: Operator
    bound: Bound


@dataclass(frozen=True, slots=True)
class Dated:
    """A column of dates against days; unknown where it is."""

    column: str
    days: Spans


@dataclass(frozen=True, slots=True)
class Regional:
    """A column against a parameter of the subject's region; with a derivation, a date against an age."""

    column: str
    op: Operator
    param: str
    derivation: Derivation | None = None

    def ranges(self, bound: Decimal, scale: int, as_of: date) -> Spans:
        """Return which of the column's integers compare true with one value of the parameter."""
        if self.op is Operator.WITHIN_DAYS:
            return spans.recent_spans(bound, as_of)
        if self.derivation is not None:
            return spans.age_spans(self.op, bound, self.derivation, as_of)
        return spans.number_spans(self.op, bound, scale)


@dataclass(frozen=True, slots=True)
class Counted:
    """A derived number: `by_date` where the date is known, else `by_number`, the number given directly."""

    origin: str
    column: str
    by_date: Number
    by_number: Number


@dataclass(frozen=True, slots=True)
class Together:
    """Kleene's conjunction (`all`) or disjunction."""

    every: bool
    members: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """Kleene's negation."""

    member: Number


@dataclass(frozen=True, slots=True)
class Guarded:
    """False where the condition is surely false, else the member's own answer."""

    condition: Number
    member: Number


@dataclass(frozen=True, slots=True)
class Quantified:
    """How many items of a list answer; `where` is a step of the list's own program."""

    list: str
    quant: Quantifier
    where: Number
    op: Operator | None
    value: int | None


Step = Constant | Present | Compared | Dated | Regional | Counted | Together | Denied | Guarded | Quantified


@dataclass(frozen=True, slots=True)
class Needed:
    """Which facts are read, and of the items of which lists."""

    facts: frozenset[str]
    lists: Mapping[str, "Needed"]

    def __or__(self, other: "Needed") -> "Needed":
        names = self.lists.keys() | other.lists.keys()
        nothing = Needed(frozenset(), {})
        return Needed(
            self.facts | other.facts,
            {name: self.lists.get(name, nothing) | other.lists.get(name, nothing) for name in sorted(names)},
        )


@dataclass(slots=True)
class Program:
    """Steps of many rules over one scope, how often each is used; `rules` are the steps that answer.

    `moments` holds for every question that the calendar moves the days that make it true, one by one where a
    parameter has several values.
    """

    as_of: date
    parameters: Mapping[str, Parameter]
    steps: list[Step] = field(default_factory=list)
    uses: list[int] = field(default_factory=list)
    rules: list[Number] = field(default_factory=list)
    inner: dict[str, "Program"] = field(default_factory=dict)
    moments: dict[tuple[str, Leaf], tuple[Spans, ...]] = field(default_factory=dict)
    _numbers: dict[Step, Number] = field(default_factory=dict)

    def add(self, step: Step) -> Number:
        """Return the number of a step; one that is there already is used once more."""
        number = self._numbers.get(step)
        if number is None:
            number = self._numbers[step] = len(self.steps)
            self.steps.append(step)
            self.uses.append(0)
        self.uses[number] += 1
        return number

    @property
    def regional(self) -> bool:
        """Say whether some step looks at the region, here or in a list below."""
        return any(isinstance(step, Regional) for step in self.steps) or any(
            inner.regional for inner in self.inner.values()
        )

    def within(self, name: str) -> "Program":
        """Return the program of the items of a list."""
        return self.inner.setdefault(name, Program(self.as_of, self.parameters))

    def needed(self) -> Needed:
        """Return which columns the steps read."""
        found: set[str] = set()
        for step in self.steps:
            if isinstance(step, Present | Compared | Dated | Regional):
                found.add(step.column)
        return Needed(frozenset(found), {name: inner.needed() for name, inner in self.inner.items()})


def lowered(
    conditions: Iterable[Node | Truth], *, as_of: date, parameters: Mapping[str, Parameter]
) -> Program:
    """Lower conditions for a day; a plain answer stands for a rule that asks nothing (not in force today)."""
    program = Program(as_of, parameters)
    for condition in conditions:
        plain = condition is None or isinstance(condition, bool)
        program.rules.append(program.add(Constant(condition)) if plain else _lower(condition, program))  # type: ignore[arg-type] # told apart above
    return program


def _lower(node: Node, into: Program) -> Number:
    match node:
        case All(members) | Any(members):
            numbers = tuple(_lower(member, into) for member in members)
            every = isinstance(node, All)
            return (
                numbers[0]
                if len(numbers) == 1
                else into.add(Together(every, numbers) if numbers else Constant(every))
            )
        case Not(member):
            return into.add(Denied(_lower(member, into)))
        case ListNode(name, quant, where, op, value):
            return into.add(Quantified(name, quant, _lower(where, into.within(name)), op, value))
        case Leaf():
            return _guarded(node, into)


def _guarded(leaf: Leaf, into: Program) -> Number:
    plain = _derived(leaf, into) if leaf.fact.derived_from else _plain(leaf, into)
    if leaf.fact.applicable_if is None:
        return plain
    return into.add(Guarded(_lower(leaf.fact.applicable_if, into), plain))


def _plain(leaf: Leaf, into: Program) -> Number:
    column, bound = leaf.name, leaf.value
    if leaf.op is Operator.EXISTS:
        return into.add(Present(column))
    if isinstance(bound, ParamRef):
        return _regional(Regional(column, leaf.op, bound.name), leaf, into)
    if leaf.op is not Operator.WITHIN_DAYS:
        return into.add(Compared(column, leaf.op, bound))
    days = spans.recent_spans(bound, into.as_of)  # type: ignore[arg-type] # checked when parsed
    into.moments[column, leaf] = (days,)
    return into.add(Dated(column, days))


def _derived(leaf: Leaf, into: Program) -> Number:
    """Lower a question about an age: by the date, else by the number given; before birth it is false."""
    origin, column = str(leaf.fact.derived_from), leaf.name
    negative = into.add(Compared(column, Operator.LT, 0))
    by_number = into.add(Guarded(into.add(Denied(negative)), _plain(leaf, into)))
    return into.add(Counted(origin, column, _by_date(leaf, origin, into), by_number))


def _by_date(leaf: Leaf, origin: str, into: Program) -> Number:
    derivation, bound = leaf.fact.derivation, leaf.value
    if derivation is not None and leaf.op is not Operator.EXISTS and not isinstance(bound, ParamRef):
        days = spans.age_spans(leaf.op, bound, derivation, into.as_of)
        into.moments[origin, leaf] = (days,)
        return into.add(Dated(origin, days))
    today = spans.day_number(into.as_of)
    born = into.add(Dated(origin, ((spans.LOWEST, today),)))
    if not isinstance(bound, ParamRef):
        into.moments[origin, leaf] = (((spans.LOWEST, today),),)
        return into.add(Guarded(born, into.add(Present(origin))))
    return into.add(Guarded(born, _regional(Regional(origin, leaf.op, bound.name, derivation), leaf, into)))


def _regional(step: Regional, leaf: Leaf, into: Program) -> Number:
    if step.op is Operator.WITHIN_DAYS or step.derivation is not None:
        bounds = sorted(
            {bound for bound in into.parameters[step.param].by_region.values() if bound is not None}
        )
        days = tuple(step.ranges(bound, 1, into.as_of) for bound in bounds)
        born = ((spans.LOWEST, spans.day_number(into.as_of)),)
        into.moments[step.column, leaf] = (born, *days)
    return into.add(step)
