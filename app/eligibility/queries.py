"""Reads: policies for everyone, matches for their owner, runs for officers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.eligibility import accounts, endings, policies, provenance, standings, tiers
from app.eligibility.errors import PolicyNotFound
from app.eligibility.models import Match, PolicyVersion
from app.eligibility.notices import POLICY_MATCH
from app.eligibility.standings import Standing
from app.eligibility.types import Audience, Outcome, Policy, Related, Tier, VersionState
from app.foundation.database import reading
from app.foundation.regions import covers
from app.identity.types import OfficerPrincipal, ResidentId
from app.notifications import templates
from app.notifications.types import DeliveryState
from app.residents import fact_catalogue


@dataclass(frozen=True, slots=True)
class MatchItem:
    """One line of my matches; the subject is the person, or an enterprise of theirs."""

    subject_id: UUID
    policy: Policy
    outcome: Outcome
    new: bool
    amount: Mapping[str, Any] | None
    reasons_count: int
    missing: Sequence[Mapping[str, str]]
    matched_at: datetime
    rule_version: int
    tier: Tier
    link: str
    related: Sequence[Related]


@dataclass(frozen=True, slots=True)
class RunView:
    """How far a match run is."""

    id: UUID
    policy_id: str
    rule_version: int
    state: str
    counts: Mapping[str, int]
    created_at: datetime
    finished_at: datetime | None


def matches(resident: ResidentId, outcomes: Sequence[Outcome]) -> list[MatchItem]:
    """Return a person's matches: eligible first, then what is nearest to an answer.

    What they mean beside one another counts: `app.eligibility.standings`.
    """
    among = standings.current()
    items = [
        _item(row, among.policies[row.policy_id], found)
        for held in standings.stored(resident).values()
        for row in held.values()
        if row.policy_id in among.policies
        and (found := standings.standing(among.policies[row.policy_id], held, among)).shown
        and found.outcome in outcomes
    ]
    return sorted(
        items, key=lambda item: (item.outcome is not Outcome.ELIGIBLE, len(item.missing), item.policy.id)
    )


def policy(policy_id: str) -> Policy:
    """Return a published policy, or one that was ended, until the day it was; raises PolicyNotFound."""
    try:
        return policies.published(policy_id)
    except PolicyNotFound:
        if (ended := endings.of_policy(policy_id)) is None:
            raise
    known, day, _ = ended
    return replace(known, valid_to=day)


def search(*, q: str = "", region: str | None = None, audience: Audience | None = None) -> list[Policy]:
    """Return published policies by word, region (its own and every wider area's) and audience."""
    return [
        policy
        for policy in policies.all_published()
        if (audience is None or policy.audience is audience)
        and (region is None or covers(policy.region_code, region))
        and (not q or q in policy.title or q in policy.summary)
    ]


def run(run_id: UUID, *, officer: OfficerPrincipal) -> RunView:
    """Return a match run of a policy in the officer's region; raises RunNotFound."""
    row = accounts.run_of(run_id, officer)
    pushes: Counter[str] = Counter()
    for line in accounts.lines(run_id):
        if line.state is not None:
            pushes[f"push.{line.state}"] += line.count
        if line.state is DeliveryState.SUPPRESSED:
            pushes[f"push.suppressed.{line.reason}"] += line.count
    return RunView(
        row.id,
        row.policy_id,
        row.rule_version,
        row.state,
        row.counts | dict(pushes),
        row.created_at,
        row.finished_at,
    )


@dataclass(frozen=True, slots=True)
class MatchNumbers:
    """Stored matches by outcome, and how many of the eligible ones one tap would confirm (免申即享)."""

    by_outcome: Mapping[str, int]
    grantable: int


def match_numbers() -> MatchNumbers:
    """Count stored matches for operations; a grant counts while its policy is published with a service."""
    through_a_service = select(PolicyVersion.policy_id).where(
        PolicyVersion.state == VersionState.PUBLISHED, PolicyVersion.body["service_id"].astext.is_not(None)
    )
    grantable = func.count().filter(
        Match.outcome == Outcome.ELIGIBLE,
        Match.tier == Tier.GRANTED,
        Match.policy_id.in_(through_a_service),
    )
    query = select(Match.outcome, func.count(), grantable).group_by(Match.outcome)
    with reading() as connection:
        rows = connection.execute(query).all()
    return MatchNumbers({row[0]: row[1] for row in rows}, sum(row[2] for row in rows))


def matched(policy: Policy, row: Any) -> Mapping[str, Any] | None:
    """Return a stored match with the facts it rests on under their labels; None where there is none."""
    if row is None:
        return None
    fields = ("rule_version", "outcome", "matched_at")
    return {
        "facts": provenance.labelled(policy, row.facts),
        **{name: getattr(row, name) for name in fields},
    }


def link(policy: Policy, tier: Tier) -> str:
    """Return the page of the mini-program where one goes on with a policy of this tier."""
    variant, params = tiers.opening(policy, tier)
    return templates.link(POLICY_MATCH, params, variant=variant)


def _item(row: Any, policy: Policy, beside: Standing) -> MatchItem:
    vocabulary = fact_catalogue.vocabulary()
    missing = []
    for name in row.missing:
        found = vocabulary.find(policy.audience.value, name)
        label, how = (found.label, found.how.value) if found else (name, "fetch")
        missing.append({"fact": name, "label": label, "how": how})
    return MatchItem(
        subject_id=row.subject_id,
        policy=policy,
        outcome=beside.outcome,
        new=row.seen_at is None,
        amount=row.amount,
        reasons_count=row.reasons_count,
        missing=missing,
        matched_at=row.matched_at,
        rule_version=row.rule_version,
        tier=Tier(row.tier),
        link=link(policy, Tier(row.tier)),
        related=beside.related,
    )
