"""Turns a condition into one closure for one day and one region: the same answers as `evaluate`, far sooner.

Everything that does not depend on the subject (parameters, operator, type, the codes of an enum) is settled
once. Measured by `benchmarks/one_subject.py`.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from app.rules.ages import MONTHS
from app.rules.evaluation import COMPARISONS, Comparison, bound_of, compare
from app.rules.syntax import All, Any, Leaf, ListNode, Node, Not
from app.rules.types import Derivation, Fact, FactType, Operator, Params, Quantifier, Subject, Truth
from app.rules.values import READERS, read_date, read_items, read_number

Condition = Callable[[Subject], Truth]

# The exact type a value of the fact has when nothing needs to be read; anything else takes the slow path.
PLAIN: Mapping[FactType, type] = {
    FactType.INT: int,
    FactType.DECIMAL: int,
    FactType.DATE: date,
}


def compile_condition(node: Node, *, as_of: date, params: Params) -> Condition:
    """Return a function from a subject to true, false or None, for this date and these parameters."""
    return _compiled(node, as_of, params)


def _compiled(node: Node, as_of: date, params: Params) -> Condition:
    match node:
        case All(members):
            return _every(tuple(_compiled(member, as_of, params) for member in members))
        case Any(members):
            return _some(tuple(_compiled(member, as_of, params) for member in members))
        case Not(member):
            return _not(_compiled(member, as_of, params))
        case ListNode():
            return _quantified(node, _compiled(node.where, as_of, params))
        case Leaf():
            return _leaf(node, as_of, params)


def _every(members: tuple[Condition, ...]) -> Condition:
    def condition(subject: Subject) -> Truth:
        unknown = False
        for member in members:
            answer = member(subject)
            if answer is False:
                return False
            if answer is None:
                unknown = True
        return None if unknown else True

    return condition


def _some(members: tuple[Condition, ...]) -> Condition:
    def condition(subject: Subject) -> Truth:
        unknown = False
        for member in members:
            answer = member(subject)
            if answer:
                return True
            if answer is None:
                unknown = True
        return None if unknown else False

    return condition


def _not(member: Condition) -> Condition:
    def condition(subject: Subject) -> Truth:
        answer = member(subject)
        return None if answer is None else not answer

    return condition


def _quantified(node: ListNode, where: Condition) -> Condition:
    decide = _decision(node)
    name = node.name

    def condition(subject: Subject) -> Truth:
        items = read_items(subject, name)
        if items is None:
            return None
        surely = possibly = 0
        for item in items:
            answer = where(item)
            if answer is not False:
                possibly += 1
                if answer:
                    surely += 1
        return decide(surely, possibly, len(items))

    return condition


def _decision(node: ListNode) -> Callable[[int, int, int], Truth]:
    """Return how a quantifier decides from the items surely true, possibly true and all of them."""
    if node.quant is Quantifier.ANY:
        return lambda surely, possibly, _all: True if surely else (None if possibly else False)
    if node.quant is Quantifier.ALL:
        return lambda surely, possibly, every: (
            True if surely == every else (None if possibly == every else False)
        )
    if node.op is None or node.value is None:
        raise ValueError("a count has an operator and a value")
    return partial(_count, node.op, node.value)


def _count(op: Operator, value: int, surely: int, possibly: int, _all: int) -> Truth:
    """Decide a count in [surely, possibly]: the ends settle an order, equality needs the inside."""
    if op in (Operator.EQ, Operator.NE):
        if surely == possibly:
            return (surely == value) is (op is Operator.EQ)
        return None if surely <= value <= possibly else op is Operator.NE
    lowest, highest = COMPARISONS[op](surely, value), COMPARISONS[op](possibly, value)
    return lowest if lowest is highest else None


def _leaf(leaf: Leaf, as_of: date, params: Params) -> Condition:
    fact = leaf.fact
    plain = _unguarded(leaf, as_of, params)
    if fact.applicable_if is None:
        return plain
    applies = _compiled(fact.applicable_if, as_of, params)

    def condition(subject: Subject) -> Truth:
        answer = plain(subject)
        return False if answer is False or applies(subject) is False else answer

    return condition


def _unguarded(leaf: Leaf, as_of: date, params: Params) -> Condition:
    bound = bound_of(leaf.value, params)
    if leaf.fact.derivation is not None and leaf.fact.derived_from is not None:
        return _derived(leaf, leaf.fact.derived_from, bound, as_of)
    if leaf.fact.type is FactType.ENUM:
        return _tabled(leaf, bound)
    if leaf.op is Operator.EXISTS:
        return _existing(leaf.fact)
    if bound is None:
        return _never_known
    if leaf.fact.type is FactType.BOOL:
        return _boolean(leaf.name, when_true=(leaf.op is Operator.EQ) is (bound is True))
    return _read_then_compared(leaf, bound, as_of)


def _never_known(_subject: Subject) -> Truth:
    return None


def _existing(fact: Fact) -> Condition:
    name, read = fact.name, READERS[fact.type]
    return lambda subject: read(subject.get(name)) is not None


def _boolean(name: str, *, when_true: bool) -> Condition:
    when_false = not when_true

    def condition(subject: Subject) -> Truth:
        known = subject.get(name)
        if known is True:
            return when_true
        return when_false if known is False else None

    return condition


def _tabled(leaf: Leaf, bound: object) -> Condition:
    """Answer every code of an enum beforehand; a code outside it is unknown (and so does not exist)."""
    name, exists = leaf.name, leaf.op is Operator.EXISTS
    table = {code: exists or COMPARISONS[leaf.op](code, bound) for code in leaf.fact.values}
    otherwise = False if exists else None

    def condition(subject: Subject) -> Truth:
        known = subject.get(name)
        return table.get(known, otherwise) if isinstance(known, str) else otherwise

    return condition


def _read_then_compared(leaf: Leaf, bound: object, as_of: date) -> Condition:
    name, read, plain = leaf.name, READERS[leaf.fact.type], PLAIN.get(leaf.fact.type, _Nothing)
    test = _comparison(leaf, as_of)

    def condition(subject: Subject) -> Truth:
        known = subject.get(name)
        if type(known) is not plain:
            known = read(known)
            if known is None:
                return None
        return test(known, bound)

    return condition


class _Nothing:
    """A type no value has: such a fact is always read."""


def _comparison(leaf: Leaf, as_of: date) -> Comparison:
    if leaf.op is Operator.WITHIN_DAYS or leaf.fact.type is FactType.CHOICES:
        return partial(compare, leaf, as_of=as_of)
    return COMPARISONS[leaf.op]


def _derived(leaf: Leaf, origin: str, bound: object, as_of: date) -> Condition:
    """Count the age from its date, or take the number given; before birth nothing about an age is true."""
    name, exists, test = (
        leaf.name,
        leaf.op is Operator.EXISTS,
        None if bound is None else COMPARISONS[leaf.op],
    )
    today, this_day = as_of.year * MONTHS + as_of.month, as_of.day
    unit = 1 if leaf.fact.derivation is Derivation.FULL_MONTHS else MONTHS

    def condition(subject: Subject) -> Truth:
        born, age = subject.get(origin), None
        if type(born) is not date:
            born = read_date(born)
            age = read_number(subject.get(name)) if born is None else None
        if born is not None:
            age = (today - born.year * MONTHS - born.month - (this_day < born.day)) // unit
        if age is None:
            return False if exists else None
        if age < 0:
            return False
        if exists:
            return True
        return None if test is None else test(age, bound)

    return condition
