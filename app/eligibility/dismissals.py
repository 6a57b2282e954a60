"""Waving a match away (不再提示), or saying that what it rests on is wrong (异议)."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from sqlalchemy import update

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility import matching, policies
from app.eligibility.assessment import assess
from app.eligibility.errors import MatchNotFound
from app.eligibility.models import Match
from app.eligibility.types import Dismissal, ReasonView
from app.foundation import clock
from app.foundation.database import session
from app.identity.types import ResidentId
from app.residents import disputes, fact_catalogue

WRONG = "对政策匹配所依据的信息提出异议"


def dismiss(
    resident: ResidentId,
    policy_id: str,
    *,
    reason: Dismissal,
    fact: str | None = None,
    comment: str = "",
    subject_id: UUID | None = None,
) -> None:
    """Wave a match away; it stays known, is shown no more and pushed no more.

    "The information is wrong" keeps the match in view and goes as a dispute to every department whose word
    the answer rests on, or to the one of `fact`. Raises MatchNotFound, NothingToDispute.
    """
    if reason is Dismissal.INFORMATION_WRONG:
        names = {
            _stated(name) for name in ({fact} if fact else _facts(_reasons(resident, policy_id, subject_id)))
        }
        disputes.dispute_all(resident, names, comment or WRONG, subject_id=subject_id)
    note(resident, policy_id, reason)


def note(resident: ResidentId, policy_id: str, reason: Dismissal) -> None:
    """Write down why a person wants no more of a policy; raises MatchNotFound."""
    noted = (
        update(Match)
        .where(Match.resident_id == resident, Match.policy_id == policy_id)
        .values(dismissed=reason.value)
        .returning(Match.id)
    )
    if reason is Dismissal.ALREADY_RECEIVED:  # what builds on it may be told now
        noted = noted.add_cte(matching.reconsidering([resident]).cte("reconsidered"))
    found = session.scalars(noted).all()
    if not found:
        raise MatchNotFound
    matching.forget_answers(resident)
    trail.record(
        "match.dismissed",
        actor=Actor(ActorKind.RESIDENT, str(resident)),
        subject=("policy", policy_id),
        details={"reason": reason},
    )


def _reasons(resident: ResidentId, policy_id: str, subject_id: UUID | None) -> tuple[ReasonView, ...]:
    policy = policies.published(policy_id)
    for one in matching.candidates_of(resident, policy.audience):
        if subject_id in {None, one.subject_id}:
            return assess(policy, matching.plain(one.known), one.known, as_of=clock.today()).reasons
    raise MatchNotFound


def _stated(name: str) -> str:
    """Return the fact that a department stated: of an age that is the birth date."""
    for facts in fact_catalogue.vocabulary().facts.values():
        if name in facts:
            return facts[name].derived_from or name
    return name


def _facts(reasons: Iterable[ReasonView]) -> Iterator[str]:
    for reason in reasons:
        if reason.fact is not None:
            yield reason.fact
        yield from _facts(reason.children)
