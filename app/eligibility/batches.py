"""Matching many people at once: facts in one statement, what differs in another."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from app.eligibility.matching import (
    Candidate,
    Change,
    Compared,
    candidates_of,
    compare,
    forget_answers,
    reconsidering,
    row,
    where_it_differs,
)
from app.eligibility.models import Match
from app.eligibility.types import Audience, Outcome, Policy
from app.foundation.database import one_of_ids, session
from app.identity.types import ResidentId
from app.residents import facts

Pair = tuple[UUID, UUID]
"""Resident and subject."""
Key = tuple[UUID, UUID, str]
"""Resident, subject and policy."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Somebody whose match is another now."""

    candidate: Candidate
    change: Change


def candidates(policy: Policy, residents: Collection[ResidentId]) -> list[Candidate]:
    """Read the facts of a batch: of all people in one query, of enterprises by whom they are represented."""
    if policy.audience is Audience.ENTERPRISE:
        return [c for resident in residents for c in candidates_of(resident, Audience.ENTERPRISE)]
    known = facts.fact_sets(residents)
    return [Candidate(resident, resident, known[resident]) for resident in residents]


def match_batch(found: Sequence[Candidate], policy: Policy) -> list[Changed]:
    """Match many against one policy; returns what changed."""
    return match_pairs([(one, [policy]) for one in found])


def match_pairs(asked: Sequence[tuple[Candidate, Sequence[Policy]]]) -> list[Changed]:
    """Match each of many against policies of their own; returns what changed.

    What was never more than undetermined and does not fit is forgotten; what was eligible is kept as lost.
    """
    before = _stored(asked)
    compared = [compare(one, tried, before.get(_pair(one), {})) for one, tried in asked]
    unfit = [
        (one.candidate.resident, *subject_and_policy) for one in compared for subject_and_policy in one.unfit
    ]
    _forget(unfit)
    written = _write(compared)
    changed = [
        Changed(
            one.candidate, Change(policy, one.candidate.subject_id, assessment, one.before.get(policy.id))
        )
        for one in compared
        for policy, assessment in one.assessed
        if (*_pair(one.candidate), policy.id) in written
    ]
    touched = {one.candidate.resident for one in changed} | {resident for resident, _, _ in unfit}
    if touched:
        session.execute(reconsidering(touched))
        forget_answers(*touched)
    return changed


def _pair(candidate: Candidate) -> Pair:
    return (candidate.resident, candidate.subject_id)


def _stored(asked: Sequence[tuple[Candidate, Sequence[Policy]]]) -> dict[Pair, dict[str, Outcome]]:
    rows = session.execute(
        select(Match.resident_id, Match.subject_id, Match.policy_id, Match.outcome).where(
            Match.policy_id.in_({policy.id for _, tried in asked for policy in tried}),
            Match.resident_id == one_of_ids({one.resident for one, _ in asked}),
        )
    )
    found: dict[Pair, dict[str, Outcome]] = {}
    for resident, subject, policy_id, outcome in rows:
        found.setdefault((resident, subject), {})[policy_id] = Outcome(outcome)
    return found


def _forget(unfit: Collection[Key]) -> None:
    if unfit:
        session.execute(
            delete(Match)
            .where(tuple_(Match.resident_id, Match.subject_id, Match.policy_id).in_(unfit))
            .execution_options(synchronize_session=False)
        )


def _write(compared: Collection[Compared]) -> set[Key]:
    rows = [row(one.candidate, assessment) for one in compared for _, assessment in one.assessed]
    if not rows:
        return set()
    statement = where_it_differs(insert(Match))
    written = statement.returning(Match.resident_id, Match.subject_id, Match.policy_id)
    return {(resident, subject, policy) for resident, subject, policy in session.execute(written, rows)}
