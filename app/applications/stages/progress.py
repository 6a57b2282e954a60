"""Moves the stages of a case on: plans them at acceptance, ends one, concludes what they settle.

The caller holds the lock of the case's row; each change is an event of the case, its stages' rows follow.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from app.applications import clocks, history
from app.applications.drafts import read_answers
from app.applications.history import SYSTEM
from app.applications.items import item_of
from app.applications.models import Case, CaseStage
from app.applications.prefilling import read as read_prefilled
from app.applications.stage_types import Handler, StageState
from app.applications.stages.handling import Handling, Standing, begun_by
from app.applications.stages.plan import Plan
from app.applications.telling import tell
from app.applications.types import Event, EventKind, Status
from app.audit.types import Actor
from app.catalogue.applicability import stages_for
from app.catalogue.types import Limit, Stage
from app.forms.visibility import walk
from app.foundation import clock, working_days
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.queue import Bell, ring_on_commit

BY_ITSELF = (Status.SUBMITTED, Status.ACCEPTED)
"""In which status a case that is `settled` goes on without anybody."""
_FOLLOWS = (
    update(CaseStage)
    .where(CaseStage.case_id == bindparam("of_case"), CaseStage.stage_id == bindparam("of_stage"))
    .values(version=CaseStage.version + 1, claimed_by=None, claimed_until=None, leased_until=None)
    .values({name: bindparam(name) for name in ("state", "opened_at", "ended_at", "due_on", "queue_on")})
)


def accept(case: Case, kind: EventKind, *, actor: Actor, note: Mapping[str, Any] | None = None) -> Event:
    """Accept a case, or let it be deemed accepted: its answers settle the stages, the first ones open."""
    answers = _shown_answers(case)
    item = item_of(case.service_id, case.service_version)
    stages = [stage.id for stage in stages_for(item, answers, as_of=clock.today())]
    planned = Handling.begun(Plan.of(item, stages), clock.now())
    details = {"stages": stages, **_outlook(planned)}
    event = history.append(case, kind, actor=actor, details=details, note=note)
    tell(case, event, note or {})
    begun = begun_by(event, lambda ids: Plan.of(item, ids))
    if begun is not None:
        _plan(case, begun, answers)
        ring_if_settled(case)
    return event


def end(
    case: Case,
    rows: Sequence[CaseStage],
    stage_id: str,
    outcome: StageState,
    *,
    actor: Actor,
    note: Mapping[str, Any] | None = None,
) -> Event:
    """End an open stage; raises NotAllowedNow where it is not open, or the case is at an end.

    `rows` are all stages of the case as they stand.
    """
    before = _standing(case, rows)
    ended = before.ended(stage_id, outcome, clock.now())
    details = {"stage": stage_id, "outcome": outcome.value, **_outlook(ended)}
    event = history.append(case, EventKind.STAGE_ENDED, actor=actor, details=details, note=note)
    _write(case, before, before.after(event))
    if ended.plan.one_thing:
        tell(case, event, note or {})
    ring_if_settled(case)
    return event


def follow(case: Case, event: Event, rows: Sequence[CaseStage]) -> None:
    """Let the stages follow an event of the case that ends or approves it."""
    before = _standing(case, rows)
    _write(case, before, before.after(event))


def ring_if_settled(case: Case) -> None:
    """Let a worker accept a case that begins by itself, or conclude one that leaves nothing to decide."""
    if case.settled and case.status in BY_ITSELF:
        ring_on_commit(Bell.STAGES)


def move_on(case: Case, rows: Sequence[CaseStage]) -> bool:
    """Accept a case that begins with the machine; conclude one whose stages leave nothing to decide.

    Says whether anything happened.

    A 一件事 ends as its mandatory items ended, each decided by an officer. Where no stage decides and every
    one was confirmed, the case is approved; where one was not, an officer decides: no machine refuses.
    """
    if case.status == Status.SUBMITTED:
        accept(case, EventKind.ACCEPTED, actor=SYSTEM)
        return True
    now = _standing(case, rows)
    kind = _settled(now)
    if kind is None:
        return False
    details = {"by": "stages", "refused": list(now.unconfirmed)}
    event = history.append(case, kind, actor=SYSTEM, details=details)
    follow(case, event, rows)
    tell(case, event, {})
    return True


def stages_of(case: Case) -> list[CaseStage]:
    """Return the stages of a case whose lock is held."""
    asked = select(CaseStage).where(CaseStage.case_id == case.id)
    return list(session.scalars(asked.execution_options(populate_existing=True)))


def _standing(case: Case, rows: Sequence[CaseStage]) -> Handling:
    """Return where the stages stand; of a case that was accepted before there were stages, none."""
    plan = Plan.of(item_of(case.service_id, case.service_version), [row.stage_id for row in rows])
    return Handling(
        plan, {row.stage_id: Standing(StageState(row.state), row.opened_at, row.ended_at) for row in rows}
    )


def _settled(handling: Handling) -> EventKind | None:
    """Return how a case ends by what its stages came to; None where that is for people to decide."""
    if handling.left:
        return None
    plan = handling.plan
    if plan.one_thing:
        passed = any(handling.standings[name].state is StageState.PASSED for name in plan.mandatory)
        return EventKind.APPROVED if passed else EventKind.REJECTED
    sure = bool(plan.awaited) and plan.decisive is None and not handling.unconfirmed
    return EventKind.APPROVED if sure else None


def _outlook(handling: Handling) -> dict[str, Any]:
    return {
        "left": handling.left,
        "uncounted": handling.uncounted,
        "settled": _settled(handling) is not None,
    }


def _shown_answers(case: Case) -> Mapping[str, object]:
    item = item_of(case.service_id, case.service_version)
    as_of = clock.local(case.submitted_at or clock.now()).date()
    return walk(item.form, read_answers(case), read_prefilled(case).fields, as_of=as_of).values


def _plan(case: Case, handling: Handling, answers: Mapping[str, object]) -> None:
    rows = [
        {
            "id": new_id(),
            "case_id": case.id,
            "stage_id": stage.id,
            "department": stage.department,
            "region_code": _region(case, stage, answers),
            "handler": _handler(stage, handling.plan),
            "awaited": stage.id in handling.plan.awaited,
            **_columns(case, stage, handling.standings[stage.id]),
        }
        for stage in handling.plan.stages
    ]
    if rows:
        session.connection().execute(insert(CaseStage), rows)
    _ring(handling.plan.stages)


def _write(case: Case, before: Handling, now: Handling) -> None:
    changed = now.changed(before)
    if not changed:
        return
    rows = [
        {"of_case": case.id, "of_stage": stage.id, **_columns(case, stage, now.standings[stage.id])}
        for stage in changed
    ]
    session.connection().execute(_FOLLOWS, rows)
    _ring(changed)


def _ring(stages: Collection[Stage]) -> None:
    if any(stage.auto or stage.starts_service for stage in stages):
        ring_on_commit(Bell.STAGES)


def _columns(case: Case, stage: Stage, standing: Standing) -> dict[str, Any]:
    due = _due_on(case, stage, standing.opened_at)
    return {
        "state": standing.state.value,
        "opened_at": standing.opened_at,
        "ended_at": standing.ended_at,
        "due_on": due,
        "queue_on": due or clocks.NO_DATE,
    }


def _due_on(case: Case, stage: Stage, opened_at: datetime | None) -> date | None:
    """Return the last day of a stage's own limit, counted like the promise of the service."""
    if opened_at is None:
        return None
    unit = item_of(case.service_id, case.service_version).promised_limit.unit
    return clocks.last_day(
        clock.local(opened_at).date(), Limit(stage.limit_days, unit), working_days.calendar()
    )


def _handler(stage: Stage, plan: Plan) -> Handler:
    if plan.decisive is stage:
        return Handler.DECISION
    if stage.actor == "applicant":
        return Handler.APPLICANT
    return Handler.MACHINE if stage.auto or stage.starts_service else Handler.OFFICER


def _region(case: Case, stage: Stage, answers: Mapping[str, object]) -> str:
    elsewhere = answers.get(stage.region_from) if stage.region_from else None
    return elsewhere if isinstance(elsewhere, str) else case.region_code
