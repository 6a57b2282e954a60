"""Trying a rule on everyone registered (试算): previews of drafts, and versions over days of the past.

A trial is a row with a lease like a match run, but it writes no match and tells nobody. A batch of residents,
what was counted and the moved cursor are one transaction.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.postgresql import insert

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility import batches, checks, matching, policies, samples, tallies, versions
from app.eligibility.assessment import assess, region_of, region_params
from app.eligibility.errors import PeriodWrong, PolicyNotFound
from app.eligibility.matching import Candidate, Known
from app.eligibility.models import PolicyVersion, Trial
from app.eligibility.tallies import Tally, Traits
from app.eligibility.types import Audience, Outcome, Policy, TrialId, TrialKind, TrialState, VersionState
from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.leases import work_off
from app.foundation.queue import Bell, ring_on_commit
from app.foundation.transaction import atomic
from app.identity.types import OfficerPrincipal, ResidentId
from app.residents import consents, facts
from app.residents.types import Purpose
from app.rules.ages import MONTHS, full_months
from app.rules.evaluation import some
from app.rules.types import Truth

BATCH, LEASE = 500, timedelta(seconds=60)
LONGEST_MONTHS = 24
"""No retrospection looks further than two years in one."""


def start_preview(policy_id: str, *, officer: OfficerPrincipal) -> TrialId:
    """Begin counting how the draft (else the published version) would answer; a worker does the rest.

    A preview of the same revision that is under way is not begun twice. Raises PolicyNotFound,
    OutsideJurisdiction.
    """
    drafted, published = versions.rows(policy_id)
    row = drafted or published
    if row is None:
        raise PolicyNotFound
    checks.within_jurisdiction(officer, row.region_code)
    day = max(row.valid_from, clock.today())
    day = day if row.valid_to is None else min(day, row.valid_to)
    base = published if published is not row else None
    return _start(TrialKind.PREVIEW, row, [day], base=base, officer=officer)


def start_retrospection(
    policy_id: str, period: tuple[date, date], *, version: int | None, officer: OfficerPrincipal
) -> TrialId:
    """Begin counting who would have been eligible on any day looked at of a past period (追溯).

    Looked at are both ends and the first of every month between, each with the facts as they were then: what
    nobody had stated as of that day is unknown. `version`: the published one where None. Writes no match,
    tells nobody. Raises PolicyNotFound, OutsideJurisdiction, PeriodWrong.
    """
    chosen = PolicyVersion.state == VersionState.PUBLISHED if version is None else _published_once(version)
    row = session.scalar(select(PolicyVersion).where(PolicyVersion.policy_id == policy_id, chosen))
    if row is None:
        raise PolicyNotFound
    checks.within_jurisdiction(officer, row.region_code)
    return _start(TrialKind.RETROSPECTION, row, _days(*period), base=None, officer=officer)


def _published_once(version: int) -> ColumnElement[bool]:
    return (PolicyVersion.version == version) & (PolicyVersion.state != VersionState.DRAFT)


def _days(first: date, last: date) -> list[date]:
    """Return both ends of a past period and the first of every month between them."""
    if not first <= last <= clock.today() or full_months(first, last) >= LONGEST_MONTHS:
        raise PeriodWrong({"from": [PeriodWrong.message]})
    months = (
        date(first.year + number // MONTHS, number % MONTHS + 1, 1)
        for number in range(first.month, first.month + full_months(first, last) + 2)
    )
    return sorted({first, last, *(day for day in months if first < day < last)})


def _start(
    kind: TrialKind,
    row: PolicyVersion,
    days: list[date],
    *,
    base: PolicyVersion | None,
    officer: OfficerPrincipal,
) -> TrialId:
    begun = (
        insert(Trial)
        .values(
            id=new_id(),
            kind=kind,
            policy_id=row.policy_id,
            rule_version=row.version,
            revision=row.revision,
            checksum=row.checksum,
            base_version=base.version if base else None,
            days=[day.isoformat() for day in days],
            officer_id=officer.officer_id,
            state=TrialState.RUNNING,
            attempts=0,
            tally=Tally().data(),
        )
        .on_conflict_do_nothing()
        .returning(Trial.id)
    )
    trial_id = session.scalar(begun) or session.scalars(_under_way(row)).one()
    versions.record(f"policy.{kind}_started", officer, row, trial=trial_id)
    ring_on_commit(Bell.TRIALS)
    return TrialId(trial_id)


def advance_due() -> int:
    """Work on trials that nobody works on until all are finished; returns the batches done."""
    return work_off(Trial, lambda: Trial.state == TrialState.RUNNING, lease=LEASE, step=_advance)


def _advance(trial_id: UUID, number: int) -> bool:
    """Do one batch; False when the trial is over or another worker has taken it over."""
    with atomic():
        trial = session.scalar(select(Trial).where(Trial.id == trial_id).with_for_update())
        if trial is None or trial.attempts != number or trial.state != TrialState.RUNNING:
            return False
        if not _still_reads_so(trial):
            _finish(trial, TrialState.OUTDATED)
            return False
        after = None if trial.cursor is None else ResidentId(trial.cursor)
        residents = consents.granting(Purpose.MATCHING, after=after, limit=BATCH)
        if not residents:
            _finish(trial, TrialState.FINISHED)
            return False
        trial.tally = _count(trial, residents)
        trial.cursor = residents[-1]
        trial.leased_until = session.execute(select(func.now() + LEASE)).scalar_one()
        return True


def _count(trial: Trial, residents: list[ResidentId]) -> dict[str, object]:
    """Count one batch; returns the whole tally as it is kept."""
    trying = _Trying(trial)
    found = batches.candidates(trying.policy, residents)
    past = trial.kind == TrialKind.RETROSPECTION
    then = facts.on_days([one.subject_id for one in found], trying.days) if past else {}
    for candidate in found:
        now = dict.fromkeys(trying.days, candidate.known)
        trying.count(candidate, then.get(candidate.subject_id, now))
    return trying.tally.data()


class _Trying:
    """One batch of one trial: the rule, the one in force, the days, and what was counted up to now."""

    def __init__(self, trial: Trial) -> None:
        self.trial_id = trial.id
        self.policy = policies.exact(trial.policy_id, trial.rule_version)
        self.base = (
            None if trial.base_version is None else policies.exact(trial.policy_id, trial.base_version)
        )
        self.days = [date.fromisoformat(day) for day in trial.days]
        self.tally = Tally.read(trial.tally)

    def count(self, candidate: Candidate, known: Mapping[date, Known]) -> None:
        """Count one subject by what is `known` of each day: by the closure; explained where that is seen."""
        by_day = {day: matching.plain(known[day]) for day in self.days}
        answers = {day: _answer(self.policy, values, day) for day, values in by_day.items()}
        outcome = Outcome.of(some(list(answers.values())))
        day = next((day for day, truth in answers.items() if Outcome.of(truth) is outcome), self.days[-1])
        values = by_day[day]
        traits = tallies.traits_of(values, person=self.policy.audience is Audience.PERSON, as_of=day)
        self.tally.count(outcome, traits)
        for each, truth in answers.items():
            if truth:
                self.tally.by_day[each.isoformat()] = self.tally.by_day.get(each.isoformat(), 0) + 1
        if self.base is not None:
            before = Outcome.of(_answer(self.base, values, day))
            self.tally.compare(before, outcome, traits)
        self._explain(candidate.subject_id, known[day], day, outcome, traits)

    def _explain(self, subject_id: UUID, known: Known, day: date, outcome: Outcome, traits: Traits) -> None:
        rank = tallies.rank_of(self.trial_id, subject_id)
        sampled = self.tally.wants_sample(outcome, rank)
        if not sampled and outcome is not Outcome.UNDETERMINED:
            return
        found = assess(self.policy, matching.plain(known), known, as_of=day)
        self.tally.lacks([item.fact for item in found.missing])
        if sampled:
            self.tally.sample(outcome, rank, samples.masked(found), traits)


def _answer(policy: Policy, values: dict[str, object], day: date) -> Truth:
    if not policy.in_force(day):
        return False
    return policies.answer(policy, values, as_of=day, params=region_params(region_of(values), day))


def _under_way(row: PolicyVersion) -> Select[UUID]:
    return select(Trial.id).where(
        Trial.kind == TrialKind.PREVIEW,
        Trial.state == TrialState.RUNNING,
        Trial.policy_id == row.policy_id,
        Trial.rule_version == row.version,
        Trial.revision == row.revision,
    )


def _still_reads_so(trial: Trial) -> bool:
    """Say whether the version still is what the trial began with; a draft may have been edited."""
    now = select(PolicyVersion.revision, PolicyVersion.checksum).where(
        PolicyVersion.policy_id == trial.policy_id, PolicyVersion.version == trial.rule_version
    )
    return session.execute(now).one_or_none() == (trial.revision, trial.checksum)


def _finish(trial: Trial, state: TrialState) -> None:
    trial.state, trial.finished_at, trial.leased_until = state, clock.now(), None
    trail.record(
        f"policy.{trial.kind}_{state}",
        actor=Actor(ActorKind.SYSTEM, "trial"),
        subject=("policy", trial.policy_id),
        details={"trial": trial.id, "version": trial.rule_version, **trial.tally["outcomes"]},
    )
