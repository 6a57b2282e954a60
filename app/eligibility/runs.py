"""Match runs: one policy version against everyone registered, resumable, counted honestly.

A batch of residents, their matches, messages and the moved cursor are one transaction, so a killed worker
repeats nothing and skips nobody.
"""

from collections import Counter
from datetime import datetime, time, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Update, func, select, update

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility import matching, policies, standings
from app.eligibility.matching import Candidate, Change, candidates_of, match_against
from app.eligibility.models import MatchRun
from app.eligibility.notices import match_notice
from app.eligibility.types import Audience, Outcome, Policy, RunId, RunState
from app.foundation import clock
from app.foundation.database import session
from app.foundation.leases import claim
from app.foundation.queue import Bell, ring_on_commit
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.notifications import service as notifications
from app.notifications.errors import UnfitTemplateValues
from app.notifications.service import Notice
from app.residents import consents, facts
from app.residents.types import Purpose

BATCH, LEASE = 200, timedelta(seconds=60)
_log = structlog.get_logger(__name__)


def start(policy: Policy) -> RunId:
    """Begin matching everyone against a policy version; a worker does the rest."""
    begins = datetime.combine(policy.valid_from, time(), tzinfo=clock.SHANGHAI)
    run = MatchRun(
        policy_id=policy.id,
        rule_version=policy.version,
        counts={},
        not_before=begins if begins > clock.now() else None,
    )
    session.add(run)
    session.flush()
    ring_on_commit(Bell.MATCH_RUNS)
    return RunId(run.id)


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
    batches = 0
    while True:
        with atomic():
            due = (MatchRun.not_before.is_(None)) | (MatchRun.not_before <= clock.now())
            claimed = claim(MatchRun, (MatchRun.state == RunState.RUNNING) & due, limit=1, lease=LEASE)
        if not claimed:
            return batches
        run_id, number = claimed[0]
        while _advance(run_id, number):
            batches += 1


def _advance(run_id: UUID, number: int) -> bool:
    """Do one batch; False when the run is finished or another worker has taken it over."""
    with atomic():
        run = session.scalar(select(MatchRun).where(MatchRun.id == run_id).with_for_update())
        if run is None or run.attempts != number or run.state != RunState.RUNNING:
            return False
        policy = policies.exact(run.policy_id, run.rule_version)
        residents = _next_batch(run.cursor)
        counts = Counter({str(key): int(value) for key, value in run.counts.items()})
        if residents:
            _match_batch(policy, residents, counts)
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


def _match_batch(policy: Policy, residents: list[ResidentId], counts: Counter[str]) -> None:
    for candidate in candidates(policy, residents):
        counts["evaluated"] += 1
        for change in match_against(candidate, [policy]):
            _count_and_tell(candidate.resident, policy, change, counts)


def candidates(policy: Policy, residents: list[ResidentId]) -> list[Candidate]:
    """Read the facts of a batch: of all people in one query, of enterprises by whom they are represented."""
    if policy.audience is Audience.ENTERPRISE:
        return [c for resident in residents for c in candidates_of(resident, Audience.ENTERPRISE)]
    known = facts.fact_sets(residents)
    return [Candidate(resident, resident, known[resident]) for resident in residents]


def _count_and_tell(resident: ResidentId, policy: Policy, change: Change, counts: Counter[str]) -> None:
    outcome = change.assessment.outcome
    if outcome is Outcome.UNDETERMINED:
        counts["undetermined"] += 1
    if change.before is Outcome.ELIGIBLE and outcome is not Outcome.ELIGIBLE:
        counts["lost"] += 1
    if _newly_eligible(change):
        counts["new"] += 1
        why = standings.withheld(resident, change, policy)
        counts[f"withheld.{why}" if why else _tell(resident, policy, change)] += 1


def rematch(resident: ResidentId) -> None:
    """Match a person whose facts changed, and tell them of a policy that everyone is being matched against.

    The run may not have reached them yet and would then find them eligible already, or have passed them.
    """
    news = [c for c in matching.match_resident(resident) if c.running and _newly_eligible(c)]
    told = [c for c in news if standings.withheld(resident, c, c.policy) is None]
    notices = [match_notice(change.policy, change.assessment) for change in told]
    notifications.notify_all(resident, [notice for notice in notices if _fits(notice)])


def rematch_if_decided(resident: ResidentId) -> None:
    """Match a person who has just allowed matching or withdrawn it; other consents match nobody."""
    if Purpose.MATCHING in consents.decided_here(resident):
        rematch(resident)


def _newly_eligible(change: Change) -> bool:
    return change.assessment.outcome is Outcome.ELIGIBLE and change.before is not Outcome.ELIGIBLE


def _fits(notice: Notice) -> bool:
    """Say whether a notice can be told; one policy's wording must not keep the news of the others back."""
    try:
        notifications.check(notice)
    except UnfitTemplateValues as error:
        _log.error("rematch.untold", event_key=notice.event_key, field=str(error))
        return False
    return True


def _tell(resident: ResidentId, policy: Policy, change: Change) -> str:
    """Tell a person of a policy once; returns under which name that is counted."""
    try:
        told = notifications.notify(resident, match_notice(policy, change.assessment))
    except UnfitTemplateValues as error:  # one policy's wording must not stop the run for everybody
        _log.error("match_run.untold", policy_id=policy.id, field=str(error))
        return "untold"
    return "queued" if told else "already_told"
