"""What one can do with policies and matches: write, preview, approve, check, dismiss."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility import batches, checks, loading, matching, policies, runs, what_if
from app.eligibility.assessment import assess, region_of
from app.eligibility.definition import read_policy
from app.eligibility.errors import MatchNotFound, NothingToPublish, PolicyExists, PolicyNotFound
from app.eligibility.models import Match, PolicyVersion
from app.eligibility.types import Assessment, Outcome, Policy, RunId, VersionState
from app.foundation import clock
from app.foundation.database import session
from app.foundation.errors import StaleVersion
from app.identity.types import OfficerPrincipal, ResidentId
from app.residents import consents
from app.residents.types import Purpose

PREVIEW_BATCH = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as its author sees it; `revision` is the `If-Match` of the next edit."""

    policy_id: str
    version: int
    state: str
    revision: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """How many would be eligible, undetermined, ineligible, before anyone is told."""

    outcomes: Mapping[str, int]
    by_region: Mapping[str, int]
    missing: Mapping[str, int]


def draft_new(body: Mapping[str, Any], *, author: OfficerPrincipal) -> Draft:
    """Write the first draft of a new policy; raises PolicyFaulty, PolicyExists, OutsideJurisdiction."""
    if session.scalar(select(PolicyVersion.id).where(PolicyVersion.policy_id == body.get("id")).limit(1)):
        raise PolicyExists
    return _save_new_draft(body, author=author)


def draft_edit(policy_id: str, body: Mapping[str, Any], *, revision: int, author: OfficerPrincipal) -> Draft:
    """Change the draft, or begin one from the published version.

    Raises StaleVersion where somebody was faster.
    """
    body = {**body, "id": policy_id}
    row, published = _draft_row(policy_id), _published_row(policy_id)
    current = row or published
    if current is None:
        raise PolicyNotFound
    for known in filter(None, (row, published)):  # nobody takes over a policy of another region by moving it
        checks.within_jurisdiction(author, known.region_code)
    if current.revision != revision:
        raise StaleVersion
    if row is None:
        return _save_new_draft(body, author=author)
    policy = read_policy(body, version=row.version)
    checks.within_jurisdiction(author, policy.region_code)
    row.body, row.checksum = loading.plain(body), policy.checksum
    row.audience, row.region_code = policy.audience, policy.region_code
    row.valid_from, row.valid_to = policy.valid_from, policy.valid_to
    row.editor_ids = sorted({*row.editor_ids, author.officer_id})
    row.revision += 1
    _record("policy.draft_edited", author, row)
    return _view(row)


def publish(policy_id: str, *, approver: OfficerPrincipal) -> RunId:
    """Approve the draft and begin matching everyone; raises SameHands where the approver had a hand in it."""
    row = _draft_row(policy_id)
    if row is None:
        raise NothingToPublish
    for known in filter(None, (row, _published_row(policy_id))):
        checks.within_jurisdiction(approver, known.region_code)
    checks.four_eyes(writers=(row.author_id, *row.editor_ids), approver=approver)
    policy = read_policy(row.body, version=row.version)
    loading.replace_published(policy_id)
    row.state, row.approver_id, row.published_at = VersionState.PUBLISHED, approver.officer_id, clock.now()
    session.flush()
    _record("policy.published", approver, row)
    return runs.start(policy)


def preview(policy_id: str, *, officer: OfficerPrincipal) -> Preview:
    """Count, over everyone registered who consented.

    How the draft (else the published version) would answer.
    """
    row = _draft_row(policy_id)
    policy = policies.published(policy_id) if row is None else read_policy(row.body, version=row.version)
    checks.within_jurisdiction(officer, policy.region_code)
    outcomes: Counter[str] = Counter({outcome.value: 0 for outcome in Outcome})
    regions: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for assessment, region in _everyone(policy):
        outcomes[assessment.outcome] += 1
        missing.update(item.fact for item in assessment.missing)
        if assessment.outcome is Outcome.ELIGIBLE:
            regions[region or "unknown"] += 1
    return Preview(dict(outcomes), dict(regions), dict(missing.most_common(10)))


def check(policy_id: str, given: Mapping[str, object], *, as_of: date | None = None) -> Assessment:
    """Answer a what-if for nobody in particular; stores nothing.

    Raises InvalidInput for facts that the catalogue does not have, or values that do not fit.
    """
    policy = policies.published(policy_id)
    values = what_if.read(given, scope=policy.audience.value)
    return assess(policy, values, {}, as_of=as_of or clock.today())


def assess_resident(resident: ResidentId, policy_id: str, *, subject_id: UUID | None = None) -> Assessment:
    """Return the full assessment of one policy for a person or an enterprise of theirs.

    Raises MatchNotFound without consent to matching, or where the policy is for somebody else.
    """
    if not consents.granted(resident, Purpose.MATCHING):
        raise MatchNotFound
    policy = policies.published(policy_id)
    found = [
        candidate
        for candidate in matching.candidates_of(resident, policy.audience)
        if subject_id in {None, candidate.subject_id}
    ]
    if not found:
        raise MatchNotFound
    _note_seen(resident, policy_id)
    known = found[0].known
    return assess(policy, matching.plain(known), known, as_of=clock.today())


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


def draft(policy_id: str, *, officer: OfficerPrincipal) -> Draft:
    """Return the draft of a policy, else its published version.

    Raises PolicyNotFound, OutsideJurisdiction.
    """
    row = _draft_row(policy_id) or _published_row(policy_id)
    if row is None:
        raise PolicyNotFound
    checks.within_jurisdiction(officer, row.region_code)
    return _view(row)


def _save_new_draft(body: Mapping[str, Any], *, author: OfficerPrincipal) -> Draft:
    policy = read_policy(body, version=loading.next_version(str(body.get("id", ""))))
    checks.within_jurisdiction(author, policy.region_code)
    row = loading.new_version(policy, loading.plain(body))
    row.author_id = author.officer_id
    session.add(row)
    session.flush()
    _record("policy.drafted", author, row)
    return _view(row)


def _draft_row(policy_id: str) -> PolicyVersion | None:
    return session.scalar(
        select(PolicyVersion)
        .where(PolicyVersion.policy_id == policy_id, PolicyVersion.state == VersionState.DRAFT)
        .with_for_update()
    )


def _published_row(policy_id: str) -> PolicyVersion | None:
    return session.scalar(
        select(PolicyVersion).where(
            PolicyVersion.policy_id == policy_id, PolicyVersion.state == VersionState.PUBLISHED
        )
    )


def _everyone(policy: Policy) -> Iterator[tuple[Assessment, str | None]]:
    """Assess everybody registered who allows matching, in batches."""
    cursor: ResidentId | None = None
    while residents := consents.granting(Purpose.MATCHING, after=cursor, limit=PREVIEW_BATCH):
        cursor = residents[-1]
        for candidate in batches.candidates(policy, residents):
            values = matching.plain(candidate.known)
            found = assess(policy, values, candidate.known, as_of=clock.today())
            yield found, region_of(values)


def _view(row: PolicyVersion) -> Draft:
    return Draft(row.policy_id, row.version, row.state, row.revision, row.body)


def _record(action: str, officer: OfficerPrincipal, row: PolicyVersion) -> None:
    trail.record(
        action,
        actor=Actor(ActorKind.OFFICER, str(officer.officer_id)),
        subject=("policy", row.policy_id),
        details={"version": row.version, "checksum": row.checksum[:16]},
    )
