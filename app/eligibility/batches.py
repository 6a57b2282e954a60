"""Matching many people against one policy: facts in one statement, what differs in another."""

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
    row,
    where_it_differs,
)
from app.eligibility.models import Match
from app.eligibility.types import Audience, Outcome, Policy
from app.foundation.database import session
from app.identity.types import ResidentId
from app.residents import facts

Pair = tuple[UUID, UUID]
"""Resident and subject."""


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
    """Match many against one policy; returns what changed.

    What was never more than undetermined and does not fit is forgotten; what was eligible is kept as lost.
    """
    before = _stored(found, policy)
    compared = [
        compare(one, [policy], {policy.id: before[key]} if (key := _pair(one)) in before else {})
        for one in found
    ]
    _forget([one for one in compared if one.unfit], policy)
    written = _write(compared)
    changed = [
        Changed(one.candidate, Change(policy, one.candidate.subject_id, assessment, before.get(pair)))
        for one in compared
        if (pair := _pair(one.candidate)) in written
        for _, assessment in one.assessed
    ]
    touched = {one.candidate.resident for one in changed}
    touched |= {one.candidate.resident for one in compared if one.unfit}
    if touched:
        forget_answers(*touched)
    return changed


def _pair(candidate: Candidate) -> Pair:
    return (candidate.resident, candidate.subject_id)


def _stored(found: Collection[Candidate], policy: Policy) -> dict[Pair, Outcome]:
    rows = session.execute(
        select(Match.resident_id, Match.subject_id, Match.outcome).where(
            Match.policy_id == policy.id, Match.resident_id.in_({one.resident for one in found})
        )
    )
    return {(resident, subject): Outcome(outcome) for resident, subject, outcome in rows}


def _forget(unfit: Collection[Compared], policy: Policy) -> None:
    if not unfit:
        return
    pairs = [_pair(one.candidate) for one in unfit]
    session.execute(
        delete(Match)
        .where(Match.policy_id == policy.id, tuple_(Match.resident_id, Match.subject_id).in_(pairs))
        .execution_options(synchronize_session=False)
    )


def _write(compared: Collection[Compared]) -> set[Pair]:
    rows = [row(one.candidate, assessment) for one in compared for _, assessment in one.assessed]
    if not rows:
        return set()
    statement = where_it_differs(insert(Match)).returning(Match.resident_id, Match.subject_id)
    return {(resident, subject) for resident, subject in session.execute(statement, rows)}
