"""Arithmetic on what a number may still be: [low, high], a single point when it is known, never a guess.

Ends may be infinite. The context is our own, so that nobody's ambient precision changes an amount of money.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

INFINITY = Decimal("Infinity")
ZERO = Decimal(0)
CONTEXT = Context(prec=34, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow])


@dataclass(frozen=True, slots=True)
class Interval:
    """Every value from `low` to `high`, both included."""

    low: Decimal
    high: Decimal

    @property
    def point(self) -> Decimal | None:
        """The value, if only one is left."""
        return self.low if self.low == self.high else None

    def map(self, function: Callable[[Decimal], Decimal]) -> "Interval":
        """Apply a function that never decreases."""
        return Interval(function(self.low), function(self.high))


ANYTHING = Interval(-INFINITY, INFINITY)


def exactly(value: Decimal | int) -> Interval:
    """Return the interval of one known value."""
    return Interval(Decimal(value), Decimal(value))


def plus(left: Interval, right: Interval) -> Interval:
    """Add."""
    return Interval(CONTEXT.add(left.low, right.low), CONTEXT.add(left.high, right.high))


def minus(left: Interval, right: Interval) -> Interval:
    """Subtract."""
    return Interval(CONTEXT.subtract(left.low, right.high), CONTEXT.subtract(left.high, right.low))


def times(left: Interval, right: Interval) -> Interval:
    """Multiply; nothing times anything is nothing, however large it may be."""
    return _hull(
        CONTEXT.multiply(one, other) if one and other else ZERO
        for one in (left.low, left.high)
        for other in (right.low, right.high)
    )


def divided(left: Interval, right: Interval) -> Interval:
    """Divide; where the divisor may be nothing, nothing can be said."""
    if right.low <= 0 <= right.high:
        return ANYTHING
    return _hull(
        CONTEXT.divide(one, other) if other.is_finite() else ZERO
        for one in (left.low, left.high)
        for other in (right.low, right.high)
    )


def smallest(members: Iterable[Interval]) -> Interval:
    """Return the least."""
    several = tuple(members)
    return Interval(min(one.low for one in several), min(one.high for one in several))


def largest(members: Iterable[Interval]) -> Interval:
    """Return the greatest."""
    several = tuple(members)
    return Interval(max(one.low for one in several), max(one.high for one in several))


def union(members: Iterable[Interval]) -> Interval:
    """Return the smallest interval that holds every one of them."""
    several = tuple(members)
    return Interval(min(one.low for one in several), max(one.high for one in several))


def rounded(value: Decimal, places: int) -> Decimal:
    """Round half up (四舍五入) to a number of decimal places."""
    if not value.is_finite():
        return value
    return value.quantize(Decimal(1).scaleb(-places), context=CONTEXT)


def _hull(ends: Iterable[Decimal]) -> Interval:
    several = tuple(ends)
    return Interval(min(several), max(several))
