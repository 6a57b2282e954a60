"""Match runs: one policy version against everyone registered, resumable, counted honestly.

A batch of residents, their matches, messages and the moved cursor are one transaction, so a killed worker
repeats nothing and skips nobody.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Update, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility import matching, policies, telling
from app.eligibility.batches import candidates, match_batch
from app.eligibility.models import MatchRun
from app.eligibility.telling import Found, tell
from app.eligibility.types import Outcome, Policy, RunId, RunState
from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.leases import work_off
from app.foundation.queue import Bell, ring_on_commit
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.notifications import campaigns
from app.residents import consents
from app.residents.types import Purpose

BATCH, LEASE = 200, timedelta(seconds=60)
_ONE_PER_VERSION = ["policy_id", "rule_version"]


def start(policy: Policy) -> RunId:
    """Begin matching everyone against a policy version, anew where that was done; a worker does the rest."""
    begins = datetime.combine(policy.valid_from, time(), tzinfo=clock.SHANGHAI)
    begun: dict[str, Any] = {
        "state": RunState.RUNNING,
        "counts": {},
        "cursor": None,
        "finished_at": None,
        "not_before": begins if begins > clock.now() else None,
    }
    run_id = session.execute(
        insert(MatchRun)
        .values(id=new_id(), policy_id=policy.id, rule_version=policy.version, attempts=0, **begun)
        .on_conflict_do_update(index_elements=_ONE_PER_VERSION, set_=begun)
        .returning(MatchRun.id)
    ).scalar_one()
    campaigns.open_campaign(run_id)
    ring_on_commit(Bell.MATCH_RUNS)
    return RunId(run_id)


def enter(found: Collection[Policy]) -> None:
    """Enter a finished run for each policy version that nobody began one for.

    News of a policy belongs to the run of its version, whoever brought it: a day's run, a change of facts.
    """
    rows = [
        {
            "id": new_id(),
            "policy_id": policy.id,
            "rule_version": policy.version,
            "attempts": 0,
            "state": RunState.FINISHED,
            "counts": {},
            "finished_at": clock.now(),
        }
        for policy in found
    ]
    entered = insert(MatchRun).values(rows).on_conflict_do_nothing(index_elements=_ONE_PER_VERSION)
    campaigns.open_campaigns(session.scalars(entered.returning(MatchRun.id)).all())


def of_versions(found: Collection[Policy]) -> dict[str, RunId]:
    """Return the run of each policy version, by policy; enters what nobody began."""
    if not found:
        return {}
    enter(found)
    keys = [(policy.id, policy.version) for policy in found]
    asked = select(MatchRun.policy_id, MatchRun.id).where(
        tuple_(MatchRun.policy_id, MatchRun.rule_version).in_(keys)
    )
    return {policy_id: RunId(run_id) for policy_id, run_id in session.execute(asked)}


def stopping(policy_ids: list[str]) -> Update:
    """Return what stops the runs of policies that are replaced or ended; who was told stays told."""
    return (
        update(MatchRun)
        .where(MatchRun.policy_id.in_(policy_ids), MatchRun.state == RunState.RUNNING)
        .values(
            state=RunState.FINISHED,
            finished_at=clock.now(),
            leased_until=None,
            counts=MatchRun.counts.op("||")({"stopped": 1}),
        )
        .execution_options(synchronize_session=False)
    )


def advance_due() -> int:
    """Work on runs that nobody works on until all are finished; returns the batches done."""
    batches = work_off(MatchRun, _due, lease=LEASE, step=_advance)
    telling.tell_due()
    return batches


def _due() -> ColumnElement[bool]:
    begun = (MatchRun.not_before.is_(None)) | (MatchRun.not_before <= clock.now())
    return (MatchRun.state == RunState.RUNNING) & begun


def _advance(run_id: UUID, number: int) -> bool:
    """Do one batch; False when the run is finished or another worker has taken it over."""
    with atomic():
        # without the key: news of the same run may be written meanwhile by people who change their own facts
        run = session.scalar(select(MatchRun).where(MatchRun.id == run_id).with_for_update(key_share=True))
        if run is None or run.attempts != number or run.state != RunState.RUNNING:
            return False
        policy = policies.exact(run.policy_id, run.rule_version)
        residents = _next_batch(run.cursor)
        counts = Counter({str(key): int(value) for key, value in run.counts.items()})
        if residents:
            _match_batch(RunId(run.id), policy, residents, counts)
            run.cursor = residents[-1]
            run.leased_until = session.execute(select(func.now() + LEASE)).scalar_one()
        else:
            run.state, run.finished_at, run.leased_until = RunState.FINISHED, clock.now(), None
            trail.record(
                "match_run.finished",
                actor=Actor(ActorKind.SYSTEM, "match-run"),
                subject=("match_run", run.id),
                details=dict(counts),
            )
        run.counts = dict(counts)
        return bool(residents)


def _next_batch(cursor: UUID | None) -> list[ResidentId]:
    """Return the next residents who allow matching; nobody else is looked at."""
    after = None if cursor is None else ResidentId(cursor)
    return consents.granting(Purpose.MATCHING, after=after, limit=BATCH)


def _match_batch(run_id: RunId, policy: Policy, residents: list[ResidentId], counts: Counter[str]) -> None:
    looked_at = candidates(policy, residents)
    counts["evaluated"] += len(looked_at)
    found = []
    for one in match_batch(looked_at, policy):
        outcome = one.change.assessment.outcome
        if outcome is Outcome.UNDETERMINED:
            counts["undetermined"] += 1
        if one.change.lost:
            counts["lost"] += 1
        if one.change.newly_eligible:
            found.append(Found(run_id, policy, one.candidate, one.change.assessment))
    counts["new"] += len(found)
    counts.update(kept or "queued" for kept in tell(found))


def rematch(resident: ResidentId) -> None:
    """Match a person whose facts changed; a worker tells them of what they are newly eligible for."""
    news = [change for change in matching.match_resident(resident) if change.newly_eligible]
    if news:
        telling.tell_later(resident, [(c.subject_id, c.policy.id, c.policy.version) for c in news])
        ring_on_commit(Bell.MATCH_RUNS)


def rematch_if_decided(resident: ResidentId) -> None:
    """Match a person who has just allowed matching or withdrawn it; other consents match nobody."""
    if Purpose.MATCHING in consents.decided_here(resident):
        rematch(resident)
