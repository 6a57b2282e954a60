"""What a person gets by one tap (免申即享): looked at anew whenever it is shown and when it is confirmed.

Nothing is stored here: a grant that is offered is a match of that tier which nothing stands against, so that
it goes with the match, the policy or the consent (docs/adr/0012-grants-are-prepared-when-opened.md).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app.eligibility import matching, policies, provenance, standings
from app.eligibility.assessment import assess
from app.eligibility.errors import GrantLost, GrantNotFound
from app.eligibility.models import Match
from app.eligibility.standings import Current, Held
from app.eligibility.types import Assessment, Outcome, Policy, ReasonView, Tier
from app.foundation import clock
from app.foundation.database import session
from app.foundation.regions import covers
from app.identity.types import ResidentId
from app.residents.fact_catalogue import REGION_FACTS

_COLUMNS = ("subject_id", "policy_id", "outcome", "tier", "amount", "concerns", "received", "dismissed")
_WHY = {
    "received": "您已在享受这项待遇",
    "dismissed": "您已选择不再提示这项政策，如需办理请自行申请",
    "implements": "本地区有自己的细则，请按细则办理",
    "supersedes": "这项政策已由新政策替代",
    "requires": "作为前提的政策还没有确认",
    "excludes": "您已享受不能同时享受的政策",
}


@dataclass(frozen=True, slots=True)
class Grantable:
    """A policy that its owner may confirm for a subject now; `areas` are the subject's within its region."""

    owner: ResidentId
    subject_id: UUID
    policy: Policy
    assessment: Assessment
    areas: tuple[str, ...]

    @property
    def amount(self) -> Mapping[str, Any] | None:
        """What is given, as JSON."""
        return matching.amount_data(self.assessment.amount)

    def facts(self) -> list[dict[str, str]]:
        """Return the facts that it rests on: name, label, source and date, never a value."""
        return provenance.labelled(self.policy, matching.facts_data(self.assessment))


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of what waits for a tap, as the last match left it."""

    subject_id: UUID
    policy: Policy
    amount: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody for whom a grant waits; `match_id` orders them."""

    match_id: UUID
    owner: ResidentId
    subject_id: UUID


@dataclass(frozen=True, slots=True)
class _Stored:
    """A stored match, as `standings` reads it."""

    policy_id: str
    outcome: str
    tier: str
    amount: Mapping[str, Any] | None = field(repr=False)
    concerns: bool
    received: bool
    dismissed: str | None


def offered(owner: ResidentId) -> list[Offer]:
    """Return what a person and their enterprises could confirm, by policy."""
    among, held = _read(owner)
    found = [
        Offer(subject_id, among.policies[row.policy_id], row.amount)
        for subject_id, rows in held.items()
        for row in rows.values()
        if row.policy_id in among.policies
        and row.tier == Tier.GRANTED
        and among.policies[row.policy_id].service_id is not None
        and _why_not(among.policies[row.policy_id], rows, among) is None
    ]
    return sorted(found, key=lambda one: (one.policy.id, one.subject_id))


def grantable(
    owner: ResidentId,
    policy_id: str,
    *,
    subject_id: UUID | None = None,
    besides: Collection[UUID] = (),
) -> Grantable:
    """Return what may be confirmed now, answered anew from the facts as they are in this transaction.

    Without a subject the first is meant whom the policy was matched for and who is not among `besides`.
    Raises GrantNotFound without a match (no consent, somebody else's), GrantLost with the reason where it
    may not be confirmed any more.
    """
    among, held = _read(owner)
    subjects = [
        one
        for one, rows in held.items()
        if policy_id in rows and subject_id in {None, one} and one not in besides
    ]
    if not subjects:
        raise GrantNotFound
    if (policy := among.policies.get(policy_id)) is None:
        raise GrantLost("这项政策已经结束或还没有开始，不能再确认")
    refused: GrantLost | None = None
    for candidate in matching.candidates_of(owner, policy.audience):
        if candidate.subject_id not in subjects:
            continue
        assessment = assess(policy, matching.plain(candidate.known), candidate.known, as_of=clock.today())
        why = _uncertain(policy, assessment) or _why_not(policy, held[candidate.subject_id], among)
        if why is None:
            areas = _areas(policy, matching.plain(candidate.known))
            return Grantable(owner, candidate.subject_id, policy, assessment, areas)
        refused = refused or GrantLost(why)
    raise refused or GrantNotFound


def ending(by: date) -> list[Policy]:
    """Return the policies in force that are granted through a service and end by a day, the day included."""
    return [
        policy
        for policy in standings.current().policies.values()
        if policy.mode == Tier.GRANTED
        and policy.service_id is not None
        and policy.valid_to is not None
        and policy.valid_to <= by
    ]


def holders(policy: Policy, *, after: UUID | None, limit: int) -> list[Holder]:
    """Return one page of those for whom a grant of a policy waits as they were last matched, by match."""
    asked = select(Match.id, Match.resident_id, Match.subject_id).where(
        Match.policy_id == policy.id,
        Match.outcome == Outcome.ELIGIBLE,
        Match.tier == Tier.GRANTED,
        Match.dismissed.is_(None),
        Match.received.is_(False),
    )
    if after is not None:
        asked = asked.where(Match.id > after)
    rows = session.execute(asked.order_by(Match.id).limit(limit))
    return [Holder(match_id, ResidentId(owner), subject_id) for match_id, owner, subject_id in rows]


def _read(owner: ResidentId) -> tuple[Current, Mapping[UUID, Held]]:
    """Return the policies in force and the owner's stored matches by subject, in one statement."""
    published, stored = policies.all_published_and(_everything_stored(owner))
    held: dict[UUID, dict[str, _Stored]] = {}
    for subject_id, *rest in stored or ():
        row = _Stored(*rest)
        held.setdefault(UUID(subject_id), {})[row.policy_id] = row
    return standings.on(clock.today(), published), held


def _everything_stored(owner: ResidentId) -> ColumnElement[Any]:
    row = func.jsonb_build_array(*(getattr(Match, name) for name in _COLUMNS))
    return select(func.jsonb_agg(row)).where(Match.resident_id == owner).scalar_subquery()


def _why_not(policy: Policy, held: Held, among: Current) -> str | None:
    """Say what stands against a grant beside the other matches; None where nothing does."""
    beside = standings.standing(policy, held, among)
    if beside.withheld is not None:
        return _WHY[beside.withheld]
    return None if beside.outcome is Outcome.ELIGIBLE else "您的情况还没有核实清楚"


def _uncertain(policy: Policy, assessment: Assessment) -> str | None:
    if assessment.outcome is Outcome.ELIGIBLE:
        ready = assessment.tier is Tier.GRANTED and policy.service_id is not None
        return None if ready else "按最新的信息，金额或资料还不能确定，请改为自行申请"
    unmet = "；".join(_unmet(assessment.reasons))
    return f"按最新的信息，您目前不符合这项政策{f'（{unmet}）' if unmet else ''}"


def _unmet(reasons: Sequence[ReasonView]) -> Iterator[str]:
    return (reason.text for reason in reasons if reason.outcome != "met")


def _areas(policy: Policy, values: Mapping[str, object]) -> tuple[str, ...]:
    known = [str(values[name]) for name in REGION_FACTS if isinstance(values.get(name), str)]
    return tuple(area for area in known if covers(policy.region_code, area))
