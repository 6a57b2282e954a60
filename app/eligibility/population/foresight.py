"""What the calendar alone will bring: an 80th birthday, a third one, a policy that begins or ends.

Day by day only those are asked whom a date turns on that day, and on the first or last day of a policy
everybody about that policy. Facts stay as they are known today.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from app.eligibility.population.incremental import stepped
from app.eligibility.population.rulebook import Rulebook
from app.eligibility.types import Policy
from app.rules.evaluation import evaluate
from app.rules.foresight import turning_days
from app.rules.planes.answers import Changes
from app.rules.planes.columns import Table
from app.rules.planes.kernel import Planes
from app.rules.types import Params, Subject, Truth

HORIZON = 90
"""Days ahead that a resident is told about: time to prepare what an application needs."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What turns on one day for a population."""

    day: date
    changes: Changes


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What turns on one day for one subject and policy: it becomes true (`begins`) or ends."""

    policy: Policy
    day: date
    begins: bool


def ahead(today: Planes, table: Table, rulebook: Rulebook, *, days: int = HORIZON) -> Iterator[Ahead]:
    """Yield, day by day, what becomes true or ends; `today` answers `rulebook` on the rows of `table`."""
    nobody = np.zeros(table.size, np.bool_)
    planes, book = today, rulebook
    for _ in range(days):
        tomorrow = book.tomorrow()
        planes, found = stepped(planes, table, book, tomorrow, changed=nobody)
        book = tomorrow
        if len(found):
            yield Ahead(book.as_of, found)


def upcoming(
    policies: tuple[Policy, ...], subject: Subject, *, as_of: date, params: Params, days: int = HORIZON
) -> list[Upcoming]:
    """Return what will become true or end for one subject, soonest first."""
    found = []
    for policy in policies:
        before = _holds(policy, subject, as_of, params)
        for day in _days(policy, subject, as_of, days, params):
            after = _holds(policy, subject, day, params)
            if (after is True) is not (before is True):
                found.append(Upcoming(policy, day, begins=after is True))
            before = after
    return sorted(found, key=lambda one: (one.day, one.policy.id))


def _days(policy: Policy, subject: Subject, as_of: date, days: int, params: Params) -> list[date]:
    turning = set(turning_days(policy.conditions, subject, as_of=as_of, days=days, params=params))
    last = date.fromordinal(as_of.toordinal() + days)
    ends = None if policy.valid_to is None else date.fromordinal(policy.valid_to.toordinal() + 1)
    return sorted(
        turning | {day for day in (policy.valid_from, ends) if day is not None and as_of < day <= last}
    )


def _holds(policy: Policy, subject: Subject, day: date, params: Params) -> Truth:
    return evaluate(policy.conditions, subject, as_of=day, params=params) if policy.in_force(day) else False
