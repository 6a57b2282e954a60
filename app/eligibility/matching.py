"""Matching one resident: what changed against the last result, and nothing else, is written."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.eligibility import policies
from app.eligibility.assessment import assess, region_of, region_params
from app.eligibility.models import Match
from app.eligibility.types import Assessment, Audience, Outcome, Policy
from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.remembered import forget
from app.foundation.transaction import on_commit
from app.identity.types import ResidentId
from app.residents import consents, facts, subjects
from app.residents.types import KnownFact, Purpose
from app.rules.amounts import Amount

OUTCOME_SETS = ("eligible", "undetermined", "eligible,undetermined")
Known = Mapping[str, KnownFact]


@dataclass(frozen=True, slots=True)
class Change:
    """A match whose result differs from the last one."""

    assessment: Assessment
    before: Outcome | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whom a match is about, and what is known about them."""

    resident: ResidentId
    subject_id: UUID
    known: Known


def match_resident(resident: ResidentId) -> list[Change]:
    """Match a person, and every enterprise they represent, against what is in force; returns what changed.

    Without consent to matching (政策匹配) there is no match, and earlier ones are forgotten.
    """
    if not consents.granted(resident, Purpose.MATCHING):
        forget_resident(resident)
        return []
    changes, subjects_now = [], []
    for audience in Audience:
        tried = policies.in_force(audience)
        for candidate in candidates_of(resident, audience):
            subjects_now.append(candidate.subject_id)
            changes += match_against(candidate, tried)
    _forget_others(resident, subjects_now)
    return changes


def candidates_of(resident: ResidentId, audience: Audience) -> list[Candidate]:
    """Return whom policies of an audience can be about: the resident, or the enterprises they represent."""
    if audience is Audience.PERSON:
        return [Candidate(resident, resident, facts.fact_set(resident))]
    enterprises = [row.id for row in subjects.enterprises_of(resident)]
    known = facts.fact_sets(enterprises) if enterprises else {}
    return [Candidate(resident, enterprise, known[enterprise]) for enterprise in enterprises]


def match_against(candidate: Candidate, tried: Iterable[Policy]) -> list[Change]:
    """Match somebody whose facts are at hand against some policies; returns what changed.

    What was never more than undetermined and does not fit is forgotten; what was eligible is kept as lost.
    """
    values = plain(candidate.known)
    params, today = region_params(region_of(values)), clock.today()
    before = _stored(candidate)
    assessed, unfit = [], []
    for policy in tried:
        truth = policies.answer(policy, values, as_of=today, params=params)
        if truth is False and before.get(policy.id) in {None, Outcome.UNDETERMINED}:
            unfit.append(policy.id)
        else:
            assessed.append(assess(policy, values, candidate.known, as_of=today))
    _drop(candidate, [policy_id for policy_id in unfit if policy_id in before])
    return _write(candidate, assessed, before)


def plain(known: Known) -> dict[str, object]:
    """Return facts as the condition language reads them: name → value."""
    return {name: fact.value for name, fact in known.items()}


def forget_resident(resident: ResidentId) -> None:
    """Forget every match of a person (consent withdrawn, account closed)."""
    session.execute(delete(Match).where(Match.resident_id == resident))
    forget_answers(resident)


def _forget_others(resident: ResidentId, subjects_now: Collection[UUID]) -> None:
    """Forget the matches of enterprises that the person represents no more."""
    gone = session.scalars(
        delete(Match)
        .where(Match.resident_id == resident, Match.subject_id.not_in(subjects_now))
        .returning(Match.id)
        .execution_options(synchronize_session=False)
    ).all()
    if gone:
        forget_answers(resident)


def forget_answers(resident: ResidentId) -> None:
    """Forget the remembered answers about a person's matches once this unit of work is durable."""
    on_commit(lambda: forget(*(cache_key(resident, outcomes) for outcomes in OUTCOME_SETS)))


def cache_key(resident: ResidentId, outcomes: str) -> str:
    """Return the key under which an answer about a person's matches is remembered."""
    return f"matches:{resident}:{outcomes}"


def _stored(candidate: Candidate) -> dict[str, Outcome]:
    rows = session.execute(
        select(Match.policy_id, Match.outcome).where(
            Match.resident_id == candidate.resident, Match.subject_id == candidate.subject_id
        )
    )
    return {policy_id: Outcome(outcome) for policy_id, outcome in rows}


def _drop(candidate: Candidate, policy_ids: Collection[str]) -> None:
    if not policy_ids:
        return
    session.execute(
        delete(Match)
        .where(
            Match.resident_id == candidate.resident,
            Match.subject_id == candidate.subject_id,
            Match.policy_id.in_(policy_ids),
        )
        .execution_options(synchronize_session=False)
    )
    forget_answers(candidate.resident)


def _write(candidate: Candidate, assessed: list[Assessment], before: Mapping[str, Outcome]) -> list[Change]:
    if not assessed:
        return []
    statement = insert(Match).values([_row(candidate, assessment) for assessment in assessed])
    new = statement.excluded
    compared = ("outcome", "rule_version", "amount", "missing")
    kept = (*compared, "reasons_count", "matched_at", "changed_at")
    differs = func.row(*(getattr(Match, name) for name in compared)).is_distinct_from(
        func.row(*(new[name] for name in compared))
    )
    written = session.scalars(
        statement.on_conflict_do_update(
            index_elements=["resident_id", "subject_id", "policy_id"],
            set_={**{name: new[name] for name in kept}, "seen_at": None},
            where=differs,
        ).returning(Match.policy_id)
    ).all()
    if written:
        forget_answers(candidate.resident)
    changed = set(written)
    return [Change(a, before.get(a.policy_id)) for a in assessed if a.policy_id in changed]


def _row(candidate: Candidate, assessment: Assessment) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": new_id(),
        "resident_id": candidate.resident,
        "subject_id": candidate.subject_id,
        "policy_id": assessment.policy_id,
        "rule_version": assessment.rule_version,
        "outcome": assessment.outcome.value,
        "amount": amount_data(assessment.amount),
        "missing": [item.fact for item in assessment.missing],
        "reasons_count": len(assessment.reasons),
        "matched_at": now,
        "changed_at": now,
    }


def amount_data(amount: Amount | None) -> dict[str, Any] | None:
    """Return an amount as JSON: money as decimal strings."""
    if amount is None:
        return None
    bounds = (amount.low, amount.high)
    return {
        "value": None if amount.value is None else format(amount.value, "f"),
        "unit": amount.unit,
        "frequency": amount.frequency,
        "range": None if None in bounds else [format(bound, "f") for bound in bounds if bound is not None],
        "text": amount.text,
    }
