"""Ending a set of policies as one act (一文废止多项): proposed with its cost, approved by another officer.

One act can switch off many (财政部 税务总局公告2026年第10号). The policies end together in one transaction:
from then on none is shown, matched or pushed. Their matches are then marked as lost in batches, as work with
a lease.
"""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility import checks, matching, policies, runs, versions
from app.eligibility.errors import (
    EndingDecided,
    EndingNotFound,
    EndingOutdated,
    PolicyNotFound,
)
from app.eligibility.models import Ending, Match, PolicyVersion
from app.eligibility.types import EndingState, Outcome, Policy, VersionState
from app.foundation import clock
from app.foundation.database import reading, session
from app.foundation.leases import work_off
from app.foundation.queue import Bell, ring_on_commit
from app.foundation.transaction import atomic
from app.identity.types import OfficerPrincipal, ResidentId

BATCH, LEASE = 1000, timedelta(seconds=60)


def propose(policy_ids: Collection[str], *, act: str, officer: OfficerPrincipal) -> Ending:
    """Propose to end policies by an act (依据文件), with what would be lost; nothing ends yet.

    Raises PolicyNotFound where one is not published, OutsideJurisdiction.
    """
    published: dict[str, Policy] = {policy.id: policy for policy in policies.all_published()}
    chosen = [published[one] for one in sorted(set(policy_ids)) if one in published]
    if len(chosen) != len(set(policy_ids)):
        raise PolicyNotFound
    for policy in chosen:
        checks.within_jurisdiction(officer, policy.region_code)
    ending = Ending(
        act=checks.plain_words(act, "act"),
        versions={policy.id: policy.version for policy in chosen},
        regions=sorted({policy.region_code for policy in chosen}),
        preview=_preview([policy.id for policy in chosen], published.values()),
        proposer_id=officer.officer_id,
        counts={},
    )
    session.add(ending)
    session.flush()
    _record("policy_ending.proposed", officer, ending)
    return ending


def approve(ending_id: UUID, *, approver: OfficerPrincipal) -> Ending:
    """End every policy of the set in this transaction; a worker then marks their matches as lost.

    Raises EndingNotFound, EndingDecided, SameHands, EndingOutdated where a policy is not what it was.
    """
    ending = session.scalar(select(Ending).where(Ending.id == ending_id).with_for_update())
    if ending is None or not checks.covers_all(approver, ending.regions):
        raise EndingNotFound
    if ending.state != EndingState.PROPOSED:
        raise EndingDecided
    checks.four_eyes(writers=(ending.proposer_id,), approver=approver)
    rows = session.scalars(
        select(PolicyVersion)
        .where(PolicyVersion.policy_id.in_(ending.versions), PolicyVersion.state == VersionState.PUBLISHED)
        .order_by(PolicyVersion.policy_id)
        .with_for_update()
    ).all()
    if {row.policy_id: row.version for row in rows} != ending.versions:
        raise EndingOutdated
    ending.state, ending.approver_id, ending.ended_at = (
        EndingState.ENDED,
        approver.officer_id,
        clock.now(),
    )
    session.flush()
    for row in rows:
        row.state, row.ending_id = VersionState.ENDED, ending.id
        versions.record("policy.ended", approver, row, ending=ending.id)
    session.execute(runs.stopping(list(ending.versions)))
    _record("policy_ending.approved", approver, ending)
    ring_on_commit(Bell.ENDINGS)
    return ending


def advance_due() -> int:
    """Mark matches of ended policies as lost until none is left; returns the batches done."""
    return work_off(Ending, lambda: Ending.state == EndingState.ENDED, lease=LEASE, step=_settle)


def of_policy(policy_id: str) -> tuple[Policy, date, str] | None:
    """Return a policy that was ended, the day and the act (依据文件); None where it was not."""
    query = (
        select(PolicyVersion.version, Ending.ended_at, Ending.act)
        .join(Ending, Ending.id == PolicyVersion.ending_id)
        .where(PolicyVersion.policy_id == policy_id)
        .order_by(PolicyVersion.version.desc())
        .limit(1)
    )
    with reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return policies.exact(policy_id, row.version), clock.local(row.ended_at).date(), row.act


def _settle(ending_id: UUID, number: int) -> bool:
    """Mark one batch; False when nothing is left or another worker has taken it over."""
    with atomic():
        ending = session.scalar(select(Ending).where(Ending.id == ending_id).with_for_update())
        if ending is None or ending.attempts != number or ending.state != EndingState.ENDED:
            return False
        lost = _lose(ending.versions)
        ending.counts = {
            policy_id: ending.counts.get(policy_id, 0) + lost.get(policy_id, 0)
            for policy_id in ending.versions
        }
        if lost:
            ending.leased_until = session.execute(select(func.now() + LEASE)).scalar_one()
            return True
        ending.state, ending.leased_until = EndingState.SETTLED, None
        trail.record(
            "policy_ending.settled",
            actor=Actor(ActorKind.SYSTEM, "ending"),
            subject=("policy_ending", ending.id),
            details=dict(ending.counts),
        )
        return False


def _lose(ended: Mapping[str, int]) -> dict[str, int]:
    """Mark a batch of matches: who was eligible has lost it, what was undecided is forgotten."""
    chosen = session.execute(
        select(Match.id, Match.resident_id, Match.policy_id, Match.outcome)
        .where(_of(ended), Match.outcome != Outcome.INELIGIBLE)
        .limit(BATCH)
        .with_for_update()
    ).all()
    eligible = [row.id for row in chosen if row.outcome == Outcome.ELIGIBLE]
    undecided = [row.id for row in chosen if row.outcome == Outcome.UNDETERMINED]
    session.execute(
        update(Match)
        .where(Match.id.in_(eligible))
        .values(outcome=Outcome.INELIGIBLE, amount=None, missing=[], changed_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(Match).where(Match.id.in_(undecided)).execution_options(synchronize_session=False))
    people = {ResidentId(row.resident_id) for row in chosen}
    session.execute(matching.reconsidering(people))
    matching.forget_answers(*people)
    lost: dict[str, int] = {}
    for row in chosen:
        lost[row.policy_id] = lost.get(row.policy_id, 0) + (row.outcome == Outcome.ELIGIBLE)
    return lost


def _of(ended: Mapping[str, int]) -> ColumnElement[bool]:
    """Say which matches are of the ended versions or older ones: a policy may be published anew meanwhile."""
    return or_(
        *(
            and_(Match.policy_id == policy_id, Match.rule_version <= version)
            for policy_id, version in ended.items()
        )
    )


def _preview(policy_ids: list[str], published: Collection[Policy]) -> dict[str, Any]:
    """Count what would be lost, by policy, and name the policies that rest on those that would end."""
    of_these = Match.policy_id.in_(policy_ids)
    counted = session.execute(
        select(Match.policy_id, Match.outcome, func.count())
        .where(of_these, Match.outcome != Outcome.INELIGIBLE)
        .group_by(Match.policy_id, Match.outcome)
    ).all()
    matches = {one: {"eligible": 0, "undetermined": 0} for one in policy_ids}
    for policy_id, outcome, number in counted:
        matches[policy_id][outcome] = number
    people = select(func.count(Match.resident_id.distinct())).where(
        of_these, Match.outcome == Outcome.ELIGIBLE
    )
    resting = {
        policy.id: sorted({policy.implements or "", *policy.requires} & set(policy_ids))
        for policy in published
        if policy.id not in policy_ids
    }
    return {
        "matches": matches,
        "people": session.scalar(people),
        "dependants": {name: on for name, on in resting.items() if on},
    }


def _record(action: str, officer: OfficerPrincipal, ending: Ending) -> None:
    trail.record(
        action,
        actor=Actor(ActorKind.OFFICER, str(officer.officer_id)),
        subject=("policy_ending", ending.id),
        details={"policies": list(ending.versions), "people": ending.preview["people"]},
    )
