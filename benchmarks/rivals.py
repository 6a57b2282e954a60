"""The same rules on other engines: OpenFisca-core (two answers), Polars (lazy, streaming), zen-engine.

Each is imported only where it is installed (requirements-bench.in); what is not there is not compared.
OpenFisca knows no unknown: its columns hold 0 where ours hold a gap, so that it answers another question,
sooner than it could answer ours. Rules about lists or regional parameters are left out here, for every engine
alike.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from app.rules.ages import full_months
from app.rules.literals import ParamRef
from app.rules.planes.columns import Column, Flagged, Table
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
)  # fmt: skip
from app.rules.planes.spans import Spans
from app.rules.syntax import All, Leaf, ListNode, Node, Not, walk
from app.rules.syntax import Any as Some
from app.rules.types import Derivation, Operator, Subject
from benchmarks.population import DAY


def has(module: str) -> bool:
    """Say whether an engine is installed."""
    return find_spec(module) is not None


def plain(node: Node) -> bool:
    """Say whether a condition asks about the subject's own facts only, with constants."""
    return not any(
        isinstance(one, ListNode) or (isinstance(one, Leaf) and isinstance(one.value, ParamRef))
        for one in walk(node)
    )


def parts(program: Program, number: Number) -> tuple[Number, ...]:
    """Return the steps under a step, as far as a table without direct ages needs them."""
    match program.steps[number]:
        case Together(members=members):
            return members
        case Denied(member=member):
            return (member,)
        case Guarded(condition=condition, member=member):
            return condition, member
        case Counted(by_date=by_date):
            return (by_date,)
        case Quantified() | Regional():
            raise ValueError("left out")
        case _:
            return ()


def ranges_of(step: Compared | Dated, column: Column) -> Spans:
    """Return the ranges a comparison means in a column."""
    return step.days if isinstance(step, Dated) else column.spans(step.op, step.bound)


def _between(values: Any, ranges: Spans, kind: Any) -> Any:
    """Compare as somebody would write it: one or two comparisons a range."""
    found: Any = None
    for first, last in ranges:
        low, high = max(first, kind.min), min(last, kind.max)
        if low > high:
            continue
        one = values == low if low == high else values <= high if low == kind.min else values >= low
        if kind.min < low < high < kind.max:
            one = one & (values <= high)
        found = one if found is None else found | one
    return values > kind.max if found is None else found


def openfisca(program: Program, table: Table, rules: Sequence[Number]) -> float:  # noqa: C901, PLR0915 (theirs)
    """Return the CPU seconds that OpenFisca-core takes for the rules over the table."""
    from openfisca_core.entities import build_entity  # noqa: PLC0415 optional
    from openfisca_core.periods import DateUnit  # noqa: PLC0415 optional
    from openfisca_core.simulations import SimulationBuilder  # noqa: PLC0415 optional
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem  # noqa: PLC0415 optional
    from openfisca_core.variables import Variable  # noqa: PLC0415 optional

    entity = build_entity(key="person", plural="persons", label="person", is_person=True)
    system = TaxBenefitSystem([entity])
    common = {"entity": entity, "definition_period": DateUnit.MONTH, "label": "x"}
    for name, column in table.columns.items():
        kind = bool if isinstance(column, Flagged) else int
        system.add_variable(type(name, (Variable,), {**common, "value_type": kind}))

    def asked(number: Number, persons: Any, period: Any) -> Any:  # noqa: C901, PLR0911 (one a kind)
        step = program.steps[number]
        match step:
            case Together(every=every):
                answers = [asked(part, persons, period) for part in parts(program, number)]
                found = answers[0]
                for one in answers[1:]:
                    found = found * one if every else found + one
                return found
            case Denied():
                return np.logical_not(asked(step.member, persons, period))
            case Guarded():
                return asked(step.condition, persons, period) * asked(step.member, persons, period)
            case Counted():
                return asked(step.by_date, persons, period)
            case Compared() | Dated():
                values = persons(step.column, period)
                if isinstance(table.columns[step.column], Flagged):
                    return (
                        values
                        if ranges_of(step, table.columns[step.column]) == ((1, 1),)
                        else np.logical_not(values)
                    )
                return _between(values, ranges_of(step, table.columns[step.column]), np.iinfo(np.int32))
            case Present():
                return np.ones(table.size, np.bool_)
            case Constant():
                return np.full(table.size, step.answer is True)
            case _:
                raise ValueError("left out")

    def formula_of(number: Number) -> Any:
        return lambda persons, period: asked(number, persons, period)

    for place, number in enumerate(rules):
        system.add_variable(
            type(f"rule_{place}", (Variable,), {**common, "value_type": bool, "formula": formula_of(number)})
        )
    simulation = SimulationBuilder().build_default_simulation(system, table.size)
    for name, column in table.columns.items():
        filled = column.values if column.known is None else np.where(column.known, column.values, 0)
        simulation.set_input(
            name, "2026-11", filled if isinstance(column, Flagged) else filled.astype(np.int32)
        )
    began = time.process_time()
    for place in range(len(rules)):
        simulation.calculate(f"rule_{place}", "2026-11")
    return time.process_time() - began


def polars(program: Program, table: Table, rules: Sequence[Number]) -> tuple[float, list[int]]:  # noqa: C901
    """Return the seconds that Polars takes on all cores, and how many each rule is true of."""
    import polars as pl  # noqa: PLC0415 optional

    frame = pl.DataFrame({
        name: pl.Series(name, column.values).set(pl.Series(~column.known), None)
        if column.known is not None else pl.Series(name, column.values)
        for name, column in table.columns.items()
    })  # fmt: skip

    def asked(number: Number) -> Any:  # noqa: C901, PLR0911 (one a kind)
        step = program.steps[number]
        match step:
            case Together(every=every):
                answers = [asked(part) for part in parts(program, number)]
                found = answers[0]
                for one in answers[1:]:
                    found = found & one if every else found | one
                return found
            case Denied():
                return ~asked(step.member)
            case Guarded():
                return asked(step.member) & asked(step.condition).fill_null(value=True)
            case Counted():
                return asked(step.by_date)
            case Compared() | Dated():
                column, known = pl.col(step.column), table.columns[step.column]
                if isinstance(known, Flagged):
                    return column if ranges_of(step, known) == ((1, 1),) else ~column
                return _between(column, ranges_of(step, known), np.iinfo(known.values.dtype))
            case Present():
                return pl.col(step.column).is_not_null()
            case Constant():
                return pl.lit(step.answer)
            case _:
                raise ValueError("left out")

    wanted = [
        half
        for place, number in enumerate(rules)
        for half in (asked(number).sum().alias(f"t{place}"), asked(number).null_count().alias(f"u{place}"))
    ]
    query = frame.lazy().select(wanted)
    began = time.perf_counter()
    found = query.collect(engine="streaming")
    return time.perf_counter() - began, [found[f"t{place}"][0] for place in range(len(rules))]


def zen(nodes: Sequence[Node], people: Sequence[Subject]) -> list[float]:
    """Return for each person the CPU seconds of zen-engine for every rule, gaps guarded, no reasons."""
    import zen as engine  # noqa: PLC0415 optional

    compiled = [engine.compile_expression(_expression(node)) for node in nodes]
    took = []
    for person in people:
        context = _context(person)
        began = time.thread_time()
        for expression in compiled:
            expression.evaluate(context)
        took.append(time.thread_time() - began)
    return took


def _context(person: Subject) -> dict[str, Any]:
    """Give zen numbers and texts: dates as months of age and as days gone by, what is unknown as null."""
    context: dict[str, Any] = {}
    for name, value in person.items():
        if hasattr(value, "year"):
            context[f"{name}_months"] = full_months(value, DAY)
            context[f"{name}_days"] = (DAY - value).days
        elif not isinstance(value, list):
            context[name] = float(value) if hasattr(value, "as_tuple") else value
    return context


def _expression(node: Node) -> str:
    match node:
        case All(members) | Some(members):
            joined = (" and " if isinstance(node, All) else " or ").join(
                f"({_expression(one)})" for one in members
            )
            return joined or ("true" if isinstance(node, All) else "false")
        case Not(member):
            return f"not ({_expression(member)})"
        case Leaf():
            guard = (
                "" if node.fact.applicable_if is None else f"({_expression(node.fact.applicable_if)}) and "
            )
            return f"{guard}({_leaf(node)})"
        case _:
            raise ValueError("left out")


_SIGNS: Mapping[Operator, str] = {
    Operator.EQ: "==", Operator.NE: "!=", Operator.LT: "<", Operator.LE: "<=", Operator.GT: ">",
    Operator.GE: ">=",
}  # fmt: skip


def _leaf(leaf: Leaf) -> str:
    value: Any = leaf.value
    name, unit = leaf.name, 1
    if leaf.fact.derivation is not None:
        name, unit = (
            f"{leaf.fact.derived_from}_months",
            12 if leaf.fact.derivation is Derivation.FULL_YEARS else 1,
        )
    elif leaf.op is Operator.WITHIN_DAYS:
        name = f"{name}_days"
    said: Mapping[Operator, Callable[[], str]] = {
        Operator.BETWEEN: lambda: f"{name} >= {value[0] * unit} and {name} < {(value[1] + 1) * unit}"
        if unit > 1 else f"{name} >= {value[0]} and {name} <= {value[1]}",
        Operator.IN: lambda: f"{name} in [{', '.join(map(_quoted, value))}]",
        Operator.PREFIX: lambda: " or ".join(
            f'startsWith({name}, "{area}")' for area in (value if isinstance(value, tuple) else (value,))
        ),
        Operator.WITHIN_DAYS: lambda: f"{name} >= 0 and {name} <= {value}",
        Operator.EXISTS: lambda: "true",
    }  # fmt: skip
    bound = value * unit if unit > 1 and isinstance(value, int) else value
    text = said[leaf.op]() if leaf.op in said else f"{name} {_SIGNS[leaf.op]} {_quoted(bound)}"
    return f"{name} != null and ({text})"


def _quoted(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
