"""The summary: the same numbers for the page and for programs."""

from datetime import date, datetime, time, timedelta

from app.applications import queries as applications
from app.eligibility import queries as eligibility
from app.foundation import clock
from app.foundation.regions import covers
from app.identity import queries as identity
from app.identity.types import OfficerPrincipal
from app.notifications import queries as notifications
from app.operations.errors import OutsideScope, PeriodReversed
from app.operations.statistics import share, wilson
from app.operations.types import Period, PushNumbers, RatingNumbers, Summary
from app.ratings import queries as ratings

LONGEST = timedelta(days=366)
SATISFIED = ("3", "4", "5")
"""基本满意 and better; 1 and 2 are 差评 (国办发〔2019〕51号)."""


def summary(
    officer: OfficerPrincipal,
    *,
    first: date | None = None,
    last: date | None = None,
    region: str | None = None,
    department: str | None = None,
) -> Summary:
    """Return the numbers of a period (today) for a region within the officer's own; raises OutsideScope.

    Logins, matches, grants and pushes are those of the whole deployment: they belong to people, not to a
    department.
    """
    scope = region or officer.region_code
    if not covers(officer.region_code, scope):
        raise OutsideScope
    period = _period(first, last)
    span = (period.since, period.until)
    people = identity.people_between(*span)
    cases = applications.count_by_status(*span, region=scope, department=department)
    grants, overdue = applications.count_grants_and_overdue(region=scope, department=department)
    matches = eligibility.match_numbers()
    return Summary(
        period=period,
        region=scope,
        department=department,
        logins=people.logins,
        residents=people.by_assurance,
        matches=matches.by_outcome,
        grants={"grantable": matches.grantable, **grants},
        pushes=_pushes(period),
        cases=cases,
        overdue=overdue,
        ratings=_ratings(period, scope, department),
    )


def _period(first: date | None, last: date | None) -> Period:
    end = last or clock.today()
    begin = first or end
    if not timedelta(0) <= end - begin <= LONGEST:
        raise PeriodReversed({"from": [PeriodReversed.message]})
    return Period(begin, end, _midnight(begin), _midnight(end + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.SHANGHAI)


def _pushes(period: Period) -> PushNumbers:
    counts = notifications.push_counts(period.since, period.until)
    return PushNumbers(counts.by_state, sum(counts.by_state.values()), counts.waiting_seconds)


def _ratings(period: Period, region: str, department: str | None) -> RatingNumbers:
    by_score = ratings.count_by_score(period.since, period.until, region=region, department=department)
    levels = {str(score): by_score.get(score, 0) for score in range(1, 6)}
    rated = sum(levels.values())
    satisfied = sum(levels[level] for level in SATISFIED)
    people = ratings.rated_and_handled(period.since, period.until, region=region, department=department)
    return RatingNumbers(
        by_score=levels,
        rated=people.rated,
        handled=people.handled,
        rated_share=share(people.rated, people.handled),
        satisfied_share=share(satisfied, rated),
        satisfied_interval=wilson(satisfied, rated),
        open_follow_ups=ratings.open_follow_ups(region=region, department=department),
    )
