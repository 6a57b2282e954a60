"""What one can do with policies and matches: try oneself, look at the reasons, dismiss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import update

from app.eligibility import endings, matching, policies, queries, standings, telling, what_if
from app.eligibility.assessment import assess
from app.eligibility.errors import MatchNotFound, PolicyNotFound
from app.eligibility.models import Match
from app.eligibility.queries import MatchItem
from app.eligibility.types import Assessment, Outcome, Policy, ReasonView, Related
from app.foundation import clock
from app.foundation.database import session
from app.identity.types import ResidentId
from app.residents import consents
from app.residents.types import Purpose


def check(policy_id: str, given: Mapping[str, object], *, as_of: date | None = None) -> Assessment:
    """Answer a what-if for nobody in particular; stores nothing.

    Raises InvalidInput for facts that the catalogue does not have, or values that do not fit.
    """
    policy = policies.published(policy_id)
    values = what_if.read(given, scope=policy.audience.value)
    return assess(policy, values, {}, as_of=as_of or clock.today())


@dataclass(frozen=True, slots=True)
class Explained:
    """One policy for one subject: the answer as of now, what others mean for it, and the stored match.

    `matched` is the row with version, moment and facts (依据) of the last match, None where there is none.
    """

    policy: Policy
    assessment: Assessment
    related: tuple[Related, ...] = ()
    matched: Any = None


def my_matches(resident: ResidentId, outcomes: Sequence[Outcome]) -> list[MatchItem]:
    """Return a person's matches; what is new among them they have seen now, and are not pushed about."""
    items = queries.matches(resident, outcomes)
    new = [item.policy.id for item in items if item.new and item.outcome is Outcome.ELIGIBLE]
    if new:
        telling.seen_in_app(resident, new)
    return items


def assess_resident(resident: ResidentId, policy_id: str, *, subject_id: UUID | None = None) -> Explained:
    """Return the full assessment of one policy for a person or an enterprise of theirs.

    Raises MatchNotFound without consent to matching, or where the policy is for somebody else.
    """
    if not consents.granted(resident, Purpose.MATCHING):
        raise MatchNotFound
    try:
        policy = policies.published(policy_id)
    except PolicyNotFound:
        return _ended(resident, policy_id)
    found = [
        candidate
        for candidate in matching.candidates_of(resident, policy.audience)
        if subject_id in {None, candidate.subject_id}
    ]
    if not found:
        raise MatchNotFound
    _note_seen(resident, policy_id)
    known, held = found[0].known, standings.stored(resident).get(found[0].subject_id, {})
    assessment = assess(policy, matching.plain(known), known, as_of=clock.today())
    if policy_id not in held:
        return Explained(policy, assessment)
    beside = standings.standing(policy, held, standings.current())
    return Explained(policy, assessment, beside.related, held[policy_id])


def _ended(resident: ResidentId, policy_id: str) -> Explained:
    """Return what is left of a policy that was ended: that it was, when and by which act.

    Only to whom it was matched; raises PolicyNotFound, MatchNotFound.
    """
    if (ended := endings.of_policy(policy_id)) is None:
        raise PolicyNotFound
    policy, day, act = ended
    row = next((held[policy_id] for held in standings.stored(resident).values() if policy_id in held), None)
    if row is None:
        raise MatchNotFound
    reason = ReasonView(f"这项政策已于{day}结束（依据：{act}）", "not_met", None, None, None, None)
    over = Assessment(policy.id, policy.version, clock.today(), Outcome.INELIGIBLE, None, (reason,), ())
    return Explained(policy, over, matched=row)


def _note_seen(resident: ResidentId, policy_id: str) -> None:
    """Let a match be new no more; what was seen before costs the remembered answers nothing."""
    seen = session.scalars(
        update(Match)
        .where(Match.resident_id == resident, Match.policy_id == policy_id, Match.seen_at.is_(None))
        .values(seen_at=clock.now())
        .returning(Match.id)
        .execution_options(synchronize_session=False)
    ).all()
    if seen:
        matching.forget_answers(resident)
