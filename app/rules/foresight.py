"""What the calendar alone will change for one subject: the days on which an answer turns, and by which dates.

Nothing is guessed: the facts stay as they are, only the day moves. Pure Python, for one subject at a time;
for a population there is `app.eligibility.population.foresight`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from app.rules.ages import MONTHS, derived
from app.rules.evaluation import bound_of, evaluate
from app.rules.planes import spans
from app.rules.planes.spans import Spans
from app.rules.syntax import Leaf, ListNode, Node, children
from app.rules.types import Derivation, Operator, Params, Subject, Truth
from app.rules.values import read_date, read_items
from app.rules.wording import listed, plain_label

Turning = Mapping[int, tuple[date, ...]]
"""The days on which a question turns for whoever has this date, by the number of the date."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A day on which an answer is another than the day before."""

    day: date
    before: Truth
    after: Truth


@dataclass(frozen=True, slots=True)
class _Dated:
    """A question that the calendar moves, the date that it is asked of, and whose it is; empty: one's own."""

    leaf: Leaf
    value: date
    whose: str = ""


def turns(node: Node, subject: Subject, *, as_of: date, days: int, params: Params) -> list[Turn]:
    """Return how the answer turns in the days after `as_of`, in their order."""
    found = []
    for day in turning_days(node, subject, as_of=as_of, days=days, params=params):
        before, after = (
            evaluate(node, subject, as_of=one, params=params) for one in (day - timedelta(days=1), day)
        )
        if before is not after:
            found.append(Turn(day, before, after))
    return found


def turning_days(node: Node, subject: Subject, *, as_of: date, days: int, params: Params) -> list[date]:
    """Return the days on which some date in the condition turns, whether or not the answer does."""
    found: set[date] = set()
    for one in _dates(node, subject):
        turning = _turning(one.leaf, as_of, days, bound_of(one.leaf.value, params))
        found.update(turning.get(spans.day_number(one.value), ()))
    return sorted(found)


def causes(node: Node, subject: Subject, *, day: date, params: Params) -> list[str]:
    """Say in Chinese which dates turn on a day: 年满80周岁, 孩子满3周岁, 距证书核发日期已超过365天."""
    before = day - timedelta(days=1)
    said = []
    for one in _dates(node, subject):
        turning = _turning(one.leaf, before, 1, bound_of(one.leaf.value, params))
        if spans.day_number(one.value) in turning:
            said.append(_cause(one, day))
    return list(dict.fromkeys(said))


def _cause(one: _Dated, day: date) -> str:
    derivation = one.leaf.fact.derivation
    if derivation is not None:
        age = derived(derivation, one.value, day)
        if derivation is Derivation.FULL_MONTHS:
            unit = f"{age // MONTHS}周岁" if age and not age % MONTHS else f"{age}个月"
        else:
            unit = f"{age}周岁"
        return f"{one.whose or '年'}满{unit}"
    label = f"{one.whose}{plain_label(one.leaf.fact)}"
    if one.leaf.op is Operator.WITHIN_DAYS and one.value < day:
        return f"距{label}（{listed(one.value)}）已超过{listed(one.leaf.value)}天"
    return f"到了{label}（{listed(one.value)}）"


def _dates(node: Node, subject: Subject, whose: str = "") -> Iterator[_Dated]:
    """Yield every question that the calendar moves, with the date that it is asked of."""
    match node:
        case Leaf():
            if node.fact.applicable_if is not None:
                yield from _dates(node.fact.applicable_if, subject, whose)
            origin = node.fact.derived_from or (node.name if node.op is Operator.WITHIN_DAYS else None)
            value = None if origin is None else read_date(subject.get(origin))
            if value is not None:
                yield _Dated(node, value, whose)
        case ListNode(name=name, where=where):
            for item in read_items(subject, name) or ():
                yield from _dates(where, item, node.item_label or node.label)
        case _:
            for child in children(node):
                yield from _dates(child, subject, whose)


@lru_cache(10_000)
def _turning(leaf: Leaf, as_of: date, days: int, bound: object) -> Turning:
    """Work out once for everybody which dates turn on which of the days after `as_of`.

    Two days differ in single dates: a range that moves loses some at one end and gains some at the other.
    """
    found: dict[int, list[date]] = defaultdict(list)
    before = _ranges(leaf, as_of, bound)
    for ahead in range(1, days + 1):
        day = as_of + timedelta(days=ahead)
        after = _ranges(leaf, day, bound)
        for low, high in spans.differing(before, after):
            for number in range(low, high + 1):
                found[number].append(day)
        before = after
    return {number: tuple(on) for number, on in found.items()}


def _ranges(leaf: Leaf, day: date, bound: object) -> Spans:
    if leaf.op is Operator.WITHIN_DAYS:
        return spans.recent_spans(bound, day) if isinstance(bound, int | Decimal) else ()
    derivation = leaf.fact.derivation
    if derivation is None or leaf.op is Operator.EXISTS or bound is None:
        return ((spans.LOWEST, spans.day_number(day)),)
    return spans.age_spans(leaf.op, bound, derivation, day)
