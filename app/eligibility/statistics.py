"""What telling people of a policy came to: told, opened, asked, answered, visited, waved away, announced."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from app.eligibility import announcement_statistics, checks, policies
from app.eligibility.announcement_statistics import Announced
from app.eligibility.models import Match, News, Visit
from app.eligibility.types import Dismissal, FollowUpAnswer, Outcome, VisitResult
from app.foundation.database import reading
from app.identity.types import OfficerPrincipal
from app.notifications import campaigns


@dataclass(frozen=True, slots=True)
class PolicyStatistics:
    """Counts over all runs of a policy; of `asked`, those who did not answer are in no answer."""

    policy_id: str
    matches: Mapping[str, int]
    told: int
    opened: int
    asked: int
    answers: Mapping[str, int]
    visits_open: int
    visits: Mapping[str, int]
    dismissals: Mapping[str, int]
    announcements: Mapping[str, Announced]


def of_policy(policy_id: str, *, officer: OfficerPrincipal) -> PolicyStatistics:
    """Return the counts of a policy; raises PolicyNotFound, OutsideJurisdiction."""
    checks.within_jurisdiction(officer, policies.published(policy_id).region_code)
    fates = campaigns.fates()
    same = (Match.resident_id == News.resident_id) & (Match.subject_id == News.subject_id)
    opened = func.count().filter(or_(fates.c.read_at.is_not(None), Match.seen_at.is_not(None)))
    told = (
        select(func.count(), opened, func.count(News.asked_at))
        .select_from(News)
        .join(fates, fates.c.message_id == News.message_id)
        .outerjoin(Match, same & (Match.policy_id == News.policy_id))
        .where(News.policy_id == policy_id)
    )
    answers = select(News.answer, func.count()).where(News.policy_id == policy_id).group_by(News.answer)
    visits = select(Visit.result, func.count()).where(Visit.policy_id == policy_id).group_by(Visit.result)
    matches = (
        select(Match.outcome, Match.dismissed, func.count())
        .where(Match.policy_id == policy_id)
        .group_by(Match.outcome, Match.dismissed)
    )
    with reading() as connection:
        told_count, opened_count, asked = connection.execute(told).one()
        by_answer = dict(connection.execute(answers).all())
        by_result = dict(connection.execute(visits).all())
        by_match = connection.execute(matches).all()
    return PolicyStatistics(
        policy_id=policy_id,
        matches={o.value: sum(n for found, _, n in by_match if found == o) for o in Outcome},
        told=told_count,
        opened=opened_count,
        asked=asked,
        answers={answer.value: by_answer.get(answer, 0) for answer in FollowUpAnswer},
        visits_open=by_result.get(None, 0),
        visits={result.value: by_result.get(result, 0) for result in VisitResult},
        dismissals={d.value: sum(n for _, waved, n in by_match if waved == d) for d in Dismissal},
        announcements=announcement_statistics.of_policy(policy_id),
    )
