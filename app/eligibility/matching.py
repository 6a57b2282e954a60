"""Matching one resident: what changed against the last result, and nothing else, is written."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Update, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.sql.dml import ReturningDelete

from app.eligibility import policies
from app.eligibility.assessment import assess, region_of, region_params
from app.eligibility.models import Match, News, Visit
from app.eligibility.types import BESIDE_OTHERS, Assessment, Audience, Outcome, Policy, VisitResult
from app.foundation import clock
from app.foundation.database import one_of_ids, session
from app.foundation.ids import new_id
from app.foundation.remembered import forget
from app.foundation.transaction import seen_here
from app.identity.types import ResidentId
from app.residents import consents, facts
from app.residents.types import KnownFact, Purpose
from app.rules.amounts import Amount

OUTCOME_SETS = ("eligible", "undetermined", "eligible,undetermined")
Known = Mapping[str, KnownFact]


@dataclass(frozen=True, slots=True)
class Change:
    """A match whose result differs from the last one."""

    policy: Policy
    subject_id: UUID
    assessment: Assessment
    before: Outcome | None

    @property
    def newly_eligible(self) -> bool:
        """Say whether this is news for the person."""
        return self.assessment.outcome is Outcome.ELIGIBLE and self.before is not Outcome.ELIGIBLE

    @property
    def lost(self) -> bool:
        """Say whether the person was eligible before and is not now."""
        return self.before is Outcome.ELIGIBLE and self.assessment.outcome is not Outcome.ELIGIBLE


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whom a match is about, and what is known about them."""

    resident: ResidentId
    subject_id: UUID
    known: Known


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found about a candidate against what is stored: `unfit` are stored and to be forgotten."""

    candidate: Candidate
    assessed: list[tuple[Policy, Assessment]]
    unfit: list[tuple[UUID, str]]
    before: Mapping[str, Outcome]


def match_resident(resident: ResidentId) -> list[Change]:
    """Match a person, and every enterprise they represent, against what is in force; returns what changed.

    Without consent to matching (政策匹配) there is no match, and earlier ones are forgotten.
    """
    if not consents.granted(resident, Purpose.MATCHING):
        forget_resident(resident)
        return []
    published, stored = policies.all_published_and(_everything_stored(resident))
    today, before = clock.today(), _by_subject(stored)
    found: list[Compared] = []
    for audience in Audience:
        tried = [p for p in published if p.audience is audience and p.in_force(today)]
        found += [
            compare(candidate, tried, before.pop(candidate.subject_id, {}))
            for candidate in candidates_of(resident, audience)
        ]
    return _write(resident, found, others=list(before))


def candidates_of(resident: ResidentId, audience: Audience) -> list[Candidate]:
    """Return whom policies of an audience can be about: the resident, or the enterprises they represent."""
    return [
        Candidate(resident, subject_id, known)
        for subject_id, known in facts.own_fact_sets(resident).items()
        if (subject_id == resident) is (audience is Audience.PERSON)
    ]


def compare(candidate: Candidate, tried: Iterable[Policy], before: Mapping[str, Outcome]) -> Compared:
    """Answer policies for somebody whose facts are at hand; writes nothing."""
    values = plain(candidate.known)
    today = clock.today()
    params = region_params(region_of(values), today)
    assessed: list[tuple[Policy, Assessment]] = []
    unfit: list[tuple[UUID, str]] = []
    asked = list(tried)
    explained = policies.all_explained(asked, values, as_of=today, params=params)
    for policy in asked:
        told = explained.get(policy.id) if policy.in_force(today) else None
        if told is not None or before.get(policy.id) not in {None, Outcome.UNDETERMINED}:
            assessed.append((policy, assess(policy, values, candidate.known, as_of=today, explained=told)))
        elif policy.id in before:
            unfit.append((candidate.subject_id, policy.id))
    return Compared(candidate, assessed, unfit, before)


def plain(known: Known) -> dict[str, object]:
    """Return facts as the condition language reads them: name → value."""
    return {name: fact.value for name, fact in known.items()}


def forget_resident(resident: ResidentId) -> None:
    """Forget every match of a person (consent withdrawn, account closed), once per unit of work.

    Nobody goes to their door about one either: open visits end in the same statement.
    """
    if seen_here().get(("matches.forgotten", resident)):
        return
    visits = (
        update(Visit)
        .where(Visit.resident_id == resident, Visit.closed_at.is_(None))
        .values(result=VisitResult.WITHDRAWN, closed_at=clock.now())
        .cte("visits")
    )
    session.execute(
        delete(Match)
        .where(Match.resident_id == resident)
        .add_cte(visits)
        .execution_options(synchronize_session=False)
    )
    seen_here()["matches.forgotten", resident] = True
    forget_answers(resident)


def forget_answers(*residents: ResidentId) -> None:
    """Forget the remembered answers about people's matches once this unit of work is durable."""
    forget(*(cache_key(resident, outcomes) for resident in residents for outcomes in OUTCOME_SETS))


def cache_key(resident: ResidentId, outcomes: str) -> str:
    """Return the key under which an answer about a person's matches is remembered."""
    return f"matches:{resident}:{outcomes}"


def _everything_stored(resident: ResidentId) -> ColumnElement[Any]:
    row = func.jsonb_build_array(Match.subject_id, Match.policy_id, Match.outcome)
    return select(func.jsonb_agg(row)).where(Match.resident_id == resident).scalar_subquery()


def _by_subject(stored: list[list[str]] | None) -> dict[UUID, dict[str, Outcome]]:
    found: dict[UUID, dict[str, Outcome]] = {}
    for subject_id, policy_id, outcome in stored or ():
        found.setdefault(UUID(subject_id), {})[policy_id] = Outcome(outcome)
    return found


def _unfit(
    resident: ResidentId, found: Collection[Compared], others: Collection[UUID]
) -> ReturningDelete[Any] | None:
    """Return what forgets matches that fit no more, and all about `others`: enterprises of the past."""
    unfit = [pair for one in found for pair in one.unfit]
    if not unfit and not others:
        return None
    forget_answers(resident)
    return (
        delete(Match)
        .where(
            Match.resident_id == resident,
            or_(tuple_(Match.subject_id, Match.policy_id).in_(unfit), Match.subject_id.in_(others)),
        )
        .returning(Match.id)
        .execution_options(synchronize_session=False)
    )


def _write(
    resident: ResidentId, found: Collection[Compared], *, others: Collection[UUID] = ()
) -> list[Change]:
    """Write what differs and forget what fits no more, in one statement; returns what changed."""
    unfit = _unfit(resident, found, others)
    rows = [row(one.candidate, assessment) for one in found for _, assessment in one.assessed]
    reconsidered = reconsidering([resident]).cte("reconsidered")
    if not rows:
        if unfit is not None:
            session.execute(unfit.add_cte(reconsidered))
        return []
    statement = insert(Match).values(rows).add_cte(reconsidered)
    if unfit is not None:
        statement = statement.add_cte(unfit.cte("unfit"))
    written = session.execute(where_it_differs(statement).returning(Match.subject_id, Match.policy_id))
    changed = {(subject_id, policy_id) for subject_id, policy_id in written}
    if changed:
        seen_here().pop(("matches.forgotten", resident), None)
        forget_answers(resident)
    return [
        Change(policy, one.candidate.subject_id, assessment, one.before.get(policy.id))
        for one in found
        for policy, assessment in one.assessed
        if (one.candidate.subject_id, policy.id) in changed
    ]


def reconsidering(residents: Iterable[ResidentId]) -> Update:
    """Return what lets a worker look again at news that was kept back for the sake of another policy.

    Another match of the same person changes, and the policy that stood in for it, barred it or was needed
    for it may do so no more. The worker assesses anew and keeps back again what still is.
    """
    return (
        update(News)
        .where(
            News.resident_id == one_of_ids(residents),
            News.kept_back.in_(BESIDE_OTHERS),
            News.message_id.is_(None),
        )
        .values(due=True, not_before=None, kept_back=None)
        .execution_options(synchronize_session=False)
    )


def where_it_differs(statement: Insert) -> Insert:
    """Let an insert of matches overwrite stored ones only where the result is another."""
    new = statement.excluded
    compared = ("outcome", "rule_version", "amount", "missing", "tier", "concerns", "received")
    kept = (*compared, "reasons_count", "facts", "matched_at", "changed_at")
    differs = func.row(*(getattr(Match, name) for name in compared)).is_distinct_from(
        func.row(*(new[name] for name in compared))
    )
    return statement.on_conflict_do_update(
        index_elements=["resident_id", "subject_id", "policy_id"],
        set_={**{name: new[name] for name in kept}, "seen_at": None},
        where=differs,
    )


def row(candidate: Candidate, assessment: Assessment) -> dict[str, Any]:
    """Return a match as its table has it."""
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
        "tier": assessment.tier.value,
        "concerns": assessment.concerns,
        "received": assessment.received,
        "facts": facts_data(assessment),
        "matched_at": now,
        "changed_at": now,
    }


def facts_data(assessment: Assessment) -> list[dict[str, str]]:
    """Return the facts that an answer rests on as JSON: names, sources and dates, no values."""
    return [
        {"fact": used.fact, "source": used.source, "as_of": used.as_of.isoformat()}
        for used in assessment.facts
    ]


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
