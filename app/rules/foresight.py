"""What the calendar alone will change for one subject: the days on which an answer turns, and how.

Nothing is guessed: the facts stay as they are, only the day moves. Pure Python, for one subject at a time;
for a population there is `app.eligibility.population.foresight`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from app.rules.evaluation import bound_of, evaluate
from app.rules.planes import spans
from app.rules.planes.spans import Spans
from app.rules.syntax import Leaf, ListNode, Node, children
from app.rules.types import Operator, Params, Subject, Truth
from app.rules.values import read_date, read_items


@dataclass(frozen=True, slots=True)
class Turn:
    """A day on which an answer is another than the day before."""

    day: date
    before: Truth
    after: Truth


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
    for leaf, value in _dates(node, subject):
        bound = bound_of(leaf.value, params)
        ranges = [_ranges(leaf, as_of + timedelta(days=ahead), bound) for ahead in range(days + 1)]
        number = spans.day_number(value)
        holds = [spans.within(one, number) for one in ranges]
        found |= {
            as_of + timedelta(days=ahead) for ahead in range(1, days + 1) if holds[ahead] != holds[ahead - 1]
        }
    return sorted(found)


def _dates(node: Node, subject: Subject) -> Iterator[tuple[Leaf, date]]:
    """Yield every question that the calendar moves, with the date that it is asked of."""
    match node:
        case Leaf():
            if node.fact.applicable_if is not None:
                yield from _dates(node.fact.applicable_if, subject)
            origin = node.fact.derived_from or (node.name if node.op is Operator.WITHIN_DAYS else None)
            value = None if origin is None else read_date(subject.get(origin))
            if value is not None:
                yield node, value
        case ListNode(name=name, where=where):
            for item in read_items(subject, name) or ():
                yield from _dates(where, item)
        case _:
            for child in children(node):
                yield from _dates(child, subject)


@lru_cache(100_000)
def _ranges(leaf: Leaf, day: date, bound: object) -> Spans:
    if leaf.op is Operator.WITHIN_DAYS:
        return spans.recent_spans(bound, day) if isinstance(bound, int | Decimal) else ()
    derivation = leaf.fact.derivation
    if derivation is None or leaf.op is Operator.EXISTS or bound is None:
        return ((spans.LOWEST, spans.day_number(day)),)
    return spans.age_spans(leaf.op, bound, derivation, day)
