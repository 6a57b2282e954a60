"""A comparison as closed ranges of integers: numbers by their scale, dates as days, ages as days of birth."""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from app.rules.ages import MONTHS
from app.rules.evaluation import COMPARISONS
from app.rules.types import Derivation, Operator

LOWEST, HIGHEST = -(2**63), 2**63 - 1
Spans = tuple[tuple[int, int], ...]
"""Ascending, disjoint, closed."""
EVERYTHING: Spans = ((LOWEST, HIGHEST),)
NOTHING: Spans = ()
EPOCH = date(1970, 1, 1).toordinal()
BEFORE_ALL_DAYS, AFTER_ALL_DAYS = date.min.toordinal() - EPOCH - 1, date.max.toordinal() - EPOCH + 1
MOST_DIGITS = 40
"""A bound with more digits before the point is beyond every number a column can hold."""


def day_number(day: date) -> int:
    """Return a date as days since 1970-01-01, negative before."""
    return day.toordinal() - EPOCH


def united(spans: Iterable[tuple[int, int]]) -> Spans:
    """Sort and join what touches; a range that ends before it begins is empty."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(span for span in spans if span[0] <= span[1]):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return tuple(joined)


def outside(spans: Spans) -> Spans:
    """Return the integers that are in none of the ranges."""
    gaps, begin = [], LOWEST
    for low, high in spans:
        gaps.append((begin, low - 1))
        begin = high + 1
    return united([*gaps, (begin, HIGHEST)])


def common(left: Spans, right: Spans) -> Spans:
    """Return the integers that are in both."""
    return united((max(a, c), min(b, d)) for a, b in left for c, d in right)


def differing(left: Spans, right: Spans) -> Spans:
    """Return the integers that are in one and not in the other."""
    return united([*common(left, outside(right)), *common(outside(left), right)])


def within(spans: Spans, number: int) -> bool:
    """Tell whether a number is in one of the ranges."""
    place = bisect_right(spans, (number, HIGHEST)) - 1
    return place >= 0 and number <= spans[place][1]


def number_spans(op: Operator, bound: Any, scale: int = 1) -> Spans:
    """Return which integers `n`, read as `n / scale`, compare true with a bound (several for IN, BETWEEN)."""
    return _compared(op, bound, lambda end: _scaled(end, scale))


def date_spans(op: Operator, bound: Any) -> Spans:
    """Return which days compare true with a date (several for IN, BETWEEN)."""
    return _compared(op, bound, lambda day: (day_number(day), day_number(day)))


def recent_spans(days: int | Decimal, as_of: date) -> Spans:
    """Return the days from `as_of` back to `days` before it, both included."""
    today = day_number(as_of)
    return united([(max(today - _scaled(days, 1)[0], BEFORE_ALL_DAYS), today)])


def age_spans(op: Operator, bound: Any, derivation: Derivation, as_of: date) -> Spans:
    """Return which dates of birth make the age compare true; before birth no age does.

    The ages that compare true become the dates between the day on which the highest of them ends and the day
    on which the lowest is reached: born on 29 February, one is older on 1 March of a common year.
    """
    ages = common(number_spans(op, bound), ((0, HIGHEST),))
    unit = MONTHS if derivation is Derivation.FULL_YEARS else 1
    return united(
        (LOWEST if high == HIGHEST else _latest(as_of, (high + 1) * unit) + 1, _latest(as_of, low * unit))
        for low, high in ages
    )


def code_spans(op: Operator, bound: object, codes: Sequence[str]) -> Spans:
    """Return which places of a sorted list of codes compare true; an area covers one range of it."""
    test = COMPARISONS[op]
    return united((rank, rank) for rank, code in enumerate(codes) if test(code, bound))


def _latest(as_of: date, months: int) -> int:
    """Return the last day of birth with at least so many full months at `as_of`."""
    year, month = divmod(as_of.year * MONTHS + as_of.month - 1 - months, MONTHS)
    if not date.min.year <= year <= date.max.year:
        return BEFORE_ALL_DAYS if year < date.min.year else AFTER_ALL_DAYS
    last = monthrange(year, month + 1)[1]
    return day_number(date(year, month + 1, min(as_of.day, last)))


def _scaled(bound: int | Decimal, scale: int) -> tuple[int, int]:
    """Return the integers just below and just above a bound, the same where it is one itself."""
    if isinstance(bound, Decimal) and bound and bound.adjusted() > MOST_DIGITS:
        beyond = HIGHEST + 1 if bound > 0 else LOWEST - 1
        return beyond, beyond
    if isinstance(bound, Decimal) and bound and bound.adjusted() < -MOST_DIGITS:
        return (0, 1) if bound > 0 else (-1, 0)
    exact = Fraction(bound) * scale
    return floor(exact), ceil(exact)


Ends = Callable[[Any], tuple[int, int]]


def _equal(bound: Any, ends: Ends) -> tuple[int, int]:
    low, high = ends(bound)
    return high, low  # no integer lies strictly between the two: the range is empty where they differ


_ONE: Mapping[Operator, Callable[[Any, Ends], Spans]] = {
    Operator.EQ: lambda bound, ends: united([_equal(bound, ends)]),
    Operator.NE: lambda bound, ends: outside(united([_equal(bound, ends)])),
    Operator.LT: lambda bound, ends: united([(LOWEST, ends(bound)[1] - 1)]),
    Operator.LE: lambda bound, ends: united([(LOWEST, ends(bound)[0])]),
    Operator.GT: lambda bound, ends: united([(ends(bound)[0] + 1, HIGHEST)]),
    Operator.GE: lambda bound, ends: united([(ends(bound)[1], HIGHEST)]),
    Operator.IN: lambda bound, ends: united(_equal(member, ends) for member in bound),
    Operator.BETWEEN: lambda bound, ends: united([(ends(bound[0])[1], ends(bound[1])[0])]),
}


def _compared(op: Operator, bound: Any, ends: Ends) -> Spans:
    return common(_ONE[op](bound, ends), EVERYTHING)
