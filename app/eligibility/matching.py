"""Matching one resident: what changed against the last result, and nothing else, is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

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
from app.residents import consents, facts
from app.residents.facts import KnownFact
from app.rules.amounts import Amount

OUTCOME_SETS = ("eligible", "undetermined", "eligible,undetermined")


@dataclass(frozen=True, slots=True)
class Change:
    """A match whose result differs from the last one."""

    assessment: Assessment
    before: Outcome | None


def match_resident(resident: ResidentId) -> list[Change]:
    """Match a person against every policy in force for them; returns what changed.

    Without consent to matching (政策匹配) there is no match, and earlier ones are forgotten.
    """
    if not consents.granted(resident, "matching"):
        forget_resident(resident)
        return []
    known = facts.fact_set(resident)
    return match_against(resident, known, policies.in_force(Audience.PERSON))


def match_against(
    resident: ResidentId, known: Mapping[str, KnownFact], candidates: Iterable[Policy]
) -> list[Change]:
    """Match a person whose facts are at hand against some policies; returns what changed."""
    values = facts.plain(known)
    params, today = region_params(region_of(values)), clock.today()
    before = _stored(resident)
    assessed = []
    for policy in candidates:
        truth = policies.answer(policy, values, as_of=today, params=params)
        if truth is False and policy.id not in before:
            continue
        assessed.append(assess(policy, values, known, as_of=today))
    return _write(resident, assessed, before)


def forget_resident(resident: ResidentId) -> None:
    """Forget every match of a person (consent withdrawn, account closed)."""
    session.execute(delete(Match).where(Match.resident_id == resident))
    on_commit(lambda: forget(*cache_keys(resident)))


def cache_key(resident: ResidentId, outcomes: str) -> str:
    """Return the key under which an answer about a person's matches is remembered."""
    return f"matches:{resident}:{outcomes}"


def cache_keys(resident: ResidentId) -> list[str]:
    """Return every key under which answers about a person's matches may be remembered."""
    return [cache_key(resident, outcomes) for outcomes in OUTCOME_SETS]


def _stored(resident: ResidentId) -> dict[str, Outcome]:
    rows = session.execute(select(Match.policy_id, Match.outcome).where(Match.resident_id == resident))
    return {policy_id: Outcome(outcome) for policy_id, outcome in rows}


def _write(resident: ResidentId, assessed: list[Assessment], before: Mapping[str, Outcome]) -> list[Change]:
    if not assessed:
        return []
    statement = insert(Match).values([_row(resident, assessment) for assessment in assessed])
    new = statement.excluded
    differs = func.row(Match.outcome, Match.rule_version, Match.amount, Match.missing).is_distinct_from(
        func.row(new.outcome, new.rule_version, new.amount, new.missing)
    )
    written = session.scalars(
        statement.on_conflict_do_update(
            index_elements=["resident_id", "policy_id"],
            set_={
                "outcome": new.outcome,
                "rule_version": new.rule_version,
                "amount": new.amount,
                "missing": new.missing,
                "reasons_count": new.reasons_count,
                "matched_at": new.matched_at,
                "changed_at": new.changed_at,
                "seen_at": None,
            },
            where=differs,
        ).returning(Match.policy_id)
    ).all()
    if written:
        on_commit(lambda: forget(*cache_keys(resident)))
    changed = set(written)
    return [Change(a, before.get(a.policy_id)) for a in assessed if a.policy_id in changed]


def _row(resident: ResidentId, assessment: Assessment) -> dict[str, Any]:
    now = clock.now()
    return {
        "id": new_id(),
        "resident_id": resident,
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
