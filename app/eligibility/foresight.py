"""预知: what the calendar alone will bring one subject: policies that become theirs, end, or must be renewed.

Facts stay as they are known today, only the day moves. Pure, without NumPy: the web process asks it;
for a population there is `app.eligibility.population.foresight`, which agrees with it by law.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from app.eligibility.types import Policy
from app.rules.evaluation import evaluate
from app.rules.foresight import causes, turning_days
from app.rules.types import Params, Subject, Truth
from app.rules.wording import listed

HORIZON = 90
"""Days ahead that a resident is told about: time to prepare what an application needs."""
USUAL_NOTICE = 30
"""Days ahead that somebody is told by a message, unless the policy says otherwise (`renewal.notice_days`)."""


class UpcomingKind(StrEnum):
    """What a day brings: a policy becomes theirs, ends, is to be renewed; `MAY_…`: facts are unknown."""

    BEGINS = "begins"
    ENDS = "ends"
    RENEWAL = "renewal"
    MAY_BEGIN = "may_begin"
    MAY_END = "may_end"


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What turns on one day for one subject and policy: the answer before it, and from that day on."""

    policy: Policy
    day: date
    before: Truth
    after: Truth
    renewal: bool = False

    @property
    def kind(self) -> UpcomingKind:
        """Say what it comes to: only what is surely theirs begins or ends."""
        if self.renewal:
            return UpcomingKind.RENEWAL
        if self.after is True or self.before is True:
            return UpcomingKind.BEGINS if self.after is True else UpcomingKind.ENDS
        return UpcomingKind.MAY_BEGIN if self.after is None else UpcomingKind.MAY_END

    @property
    def last_day(self) -> date | None:
        """Return the last day before it is over.

        A period of months ends with the day of its last month that has the same number (民法典 202): what is
        due on a day may still be done on it.
        """
        if self.renewal:
            return self.day
        ends = self.kind in {UpcomingKind.ENDS, UpcomingKind.MAY_END}
        return self.day - timedelta(days=1) if ends else None


def upcoming(
    policies: Iterable[Policy], subject: Subject, *, as_of: date, params: Params, days: int = HORIZON
) -> list[Upcoming]:
    """Return every turn of an answer in the days after `as_of`, renewals that fall due among them.

    Soonest first.
    """
    found: list[Upcoming] = []
    for policy in policies:
        found += _turns(policy, subject, as_of, days, params)
        if (renewing := renewed(policy)) is not None:
            due = (
                replace(one, policy=policy, renewal=True)
                for one in _turns(renewing, subject, as_of, days, params)
                if one.before is True and one.after is False
            )
            found += (one for one in due if policy.in_force(one.day))
    return sorted(found, key=lambda one: (one.day, one.policy.id, one.kind))


def renewed(policy: Policy) -> Policy | None:
    """Return the policy with "renewed recently enough" as its condition; None where nothing is to be renewed.

    So what is due is found as any other turn is, for one subject and for a population.
    """
    return None if policy.renewal is None else replace(policy, conditions=policy.renewal.holds)


def notice_days(policy: Policy, kind: UpcomingKind) -> int:
    """Return how many days before somebody is told by a message."""
    if policy.renewal is None or kind is UpcomingKind.BEGINS:
        return USUAL_NOTICE
    return policy.renewal.notice_days


def why(one: Upcoming, subject: Subject, params: Params) -> list[str]:
    """Say in Chinese what turns on the day: a date of theirs, or a date of the policy."""
    policy, day = one.policy, one.day
    written = listed(day)
    if one.renewal and policy.renewal is not None:
        return [f"{written}距上次办理满{policy.renewal.every_months}个月"]
    said = [f"{written}{cause}" for cause in causes(policy.conditions, subject, day=day, params=params)]
    if day == policy.valid_from:
        said.insert(0, f"政策自{written}起实施")
    elif not policy.in_force(day):
        said = [f"政策到{listed(day - timedelta(days=1))}结束"]
    return said


def _turns(policy: Policy, subject: Subject, as_of: date, days: int, params: Params) -> Iterator[Upcoming]:
    turning = _days(policy, subject, as_of, days, params)
    before = _holds(policy, subject, as_of, params) if turning else False
    for day in turning:
        after = _holds(policy, subject, day, params)
        if after is not before:
            yield Upcoming(policy, day, before, after)
        before = after


def _days(policy: Policy, subject: Subject, as_of: date, days: int, params: Params) -> list[date]:
    last = as_of + timedelta(days=days)
    turning = set(turning_days(policy.conditions, subject, as_of=as_of, days=days, params=params))
    ends = None if policy.valid_to is None else policy.valid_to + timedelta(days=1)
    turning |= {day for day in (policy.valid_from, ends) if day is not None and as_of < day <= last}
    return sorted(turning)


def _holds(policy: Policy, subject: Subject, day: date, params: Params) -> Truth:
    return evaluate(policy.conditions, subject, as_of=day, params=params) if policy.in_force(day) else False
