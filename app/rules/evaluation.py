"""The plain recursive definition of a condition; every other machine must agree with it on every input."""

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any as Comparable

from app.rules.ages import derived
from app.rules.literals import ParamRef, Value
from app.rules.syntax import All, Any, Leaf, ListNode, Node, Not
from app.rules.types import Fact, FactType, Operator, Params, Quantifier, Subject, Truth
from app.rules.values import read_date, read_fact, read_items

Comparison = Callable[[Comparable, Comparable], bool]

COMPARISONS: Mapping[Operator, Comparison] = {
    Operator.EQ: operator.eq,
    Operator.NE: operator.ne,
    Operator.LT: operator.lt,
    Operator.LE: operator.le,
    Operator.GT: operator.gt,
    Operator.GE: operator.ge,
    Operator.IN: lambda known, members: known in members,
    Operator.BETWEEN: lambda known, ends: ends[0] <= known <= ends[1],
    Operator.PREFIX: str.startswith,
}


def evaluate(node: Node, subject: Subject, *, as_of: date, params: Params) -> Truth:
    """Answer the condition for one subject at one date: true, false, or None for unknown."""
    match node:
        case All(members):
            return every(evaluate(member, subject, as_of=as_of, params=params) for member in members)
        case Any(members):
            return some(evaluate(member, subject, as_of=as_of, params=params) for member in members)
        case Not(member):
            return negated(evaluate(member, subject, as_of=as_of, params=params))
        case Leaf():
            return evaluate_leaf(node, subject, as_of=as_of, params=params)
        case ListNode():
            items = read_items(subject, node.name)
            if items is None:
                return None
            return quantified(
                node, [evaluate(node.where, item, as_of=as_of, params=params) for item in items]
            )


def every(answers: Iterable[Truth]) -> Truth:
    """Kleene's conjunction."""
    unknown = False
    for answer in answers:
        if answer is False:
            return False
        unknown = unknown or answer is None
    return None if unknown else True


def some(answers: Iterable[Truth]) -> Truth:
    """Kleene's disjunction."""
    return negated(every(negated(answer) for answer in answers))


def negated(answer: Truth) -> Truth:
    """Kleene's negation."""
    return None if answer is None else not answer


def quantified(node: ListNode, answers: list[Truth]) -> Truth:
    """Answer a list condition from the answers of its items."""
    if node.quant is Quantifier.ANY:
        return some(answers)
    if node.quant is Quantifier.ALL:
        return every(answers)
    if node.op is None:
        raise ValueError("a count has an operator")
    surely, possibly = answers.count(True), len(answers) - answers.count(False)
    outcomes = {COMPARISONS[node.op](count, node.value) for count in range(surely, possibly + 1)}
    return outcomes.pop() if len(outcomes) == 1 else None


def evaluate_leaf(leaf: Leaf, subject: Subject, *, as_of: date, params: Params) -> Truth:
    """Answer one leaf; a fact that cannot apply makes it false, whatever anybody says about it."""
    applicable = is_applicable(leaf.fact, subject, as_of=as_of, params=params)
    if applicable is False:
        return False
    known = value_of(leaf.fact, subject, as_of=as_of)
    if leaf.op is Operator.EXISTS:
        return known is not None
    bound = bound_of(leaf.value, params)
    if known is None or bound is None:
        return None
    return compare(leaf, known, bound, as_of=as_of)


def compare(leaf: Leaf, known: object, bound: object, *, as_of: date) -> bool:
    """Compare a known value with a known bound."""
    if leaf.op is Operator.WITHIN_DAYS:
        return isinstance(known, date) and within_days(known, bound, as_of=as_of)
    if leaf.fact.type is FactType.CHOICES and isinstance(known, tuple) and isinstance(bound, tuple):
        return any(choice in bound for choice in known)
    return COMPARISONS[leaf.op](known, bound)


def within_days(known: date, days: Comparable, *, as_of: date) -> bool:
    """Tell whether a date lies between `as_of` and `days` days before it, both ends included."""
    return bool(0 <= (as_of - known).days <= days)


def is_applicable(fact: Fact, subject: Subject, *, as_of: date, params: Params) -> Truth:
    """Tell whether the fact can apply to the subject at all; a derived age cannot before birth."""
    if fact.derivation is not None:
        age = value_of(fact, subject, as_of=as_of)
        if isinstance(age, int | Decimal) and age < 0:
            return False
    if fact.applicable_if is None:
        return True
    return evaluate(fact.applicable_if, subject, as_of=as_of, params=params)


def value_of(fact: Fact, subject: Subject, *, as_of: date) -> object | None:
    """Return the value of a fact as its type, None if unknown.

    A derived fact is counted from its date; where the date is unknown, a number given directly is taken.
    """
    if fact.derivation is not None and fact.derived_from is not None:
        born = read_date(subject.get(fact.derived_from))
        if born is not None:
            return derived(fact.derivation, born, as_of)
    return read_fact(fact, subject.get(fact.name))


def bound_of(value: Value, params: Params) -> object | None:
    """Return what to compare with; None if it is a parameter that nobody has entered for the region."""
    return params.get(value.name) if isinstance(value, ParamRef) else value
