"""Reads of stages: how far a case is, for its applicant; a department's tasks by deadline, for officers."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, select, tuple_

from app.applications.errors import StageNotFound
from app.applications.items import department_name, item_of
from app.applications.models import Case, CaseStage
from app.applications.scope import in_region_of
from app.applications.stage_types import FINDING_LABELS, STATE_LABELS, Finding, Handler, StageState
from app.applications.stages.plan import Plan
from app.applications.types import Status
from app.foundation import clock
from app.foundation.database import reading
from app.identity.types import OfficerPrincipal


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of a case as everybody concerned sees it; `yours` is the applicant's turn."""

    id: str
    name: str
    department: str
    department_name: str
    state: StageState
    state_label: str
    mandatory: bool
    counted: bool
    yours: bool
    opened_at: datetime | None
    due_on: date | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class StageTask:
    """A stage in its department's queue."""

    id: UUID
    case_id: UUID
    stage_id: str
    name: str
    service_id: str
    service_name: str
    region_code: str
    receipt_no: str
    case_status: Status
    state: StageState
    version: int
    opened_at: datetime
    due_on: date | None
    queue_on: date
    overdue: bool
    note: str
    claimed_by: UUID | None
    claimed_until: datetime | None


def stages_of(connection: Connection, row: Any) -> list[StageView]:
    """Return the stages of a case in the order of its service; none before acceptance."""
    if row.accepted_at is None:
        return []
    asked = select(CaseStage.__table__).where(CaseStage.case_id == row.id)
    found = {stage.stage_id: stage for stage in connection.execute(asked)}
    plan = Plan.of(item_of(row.service_id, row.service_version), list(found))
    return [
        StageView(
            stage.id,
            stage.name,
            stage.department,
            department_name(stage.department),
            state := StageState(found[stage.id].state),
            STATE_LABELS[state],
            stage.id in plan.mandatory,
            not stage.excluded,
            state is StageState.OPEN and found[stage.id].handler == Handler.APPLICANT,
            found[stage.id].opened_at,
            found[stage.id].due_on,
            found[stage.id].ended_at,
        )
        for stage in plan.stages
    ]


def tasks(
    officer: OfficerPrincipal, *, overdue: bool | None, after: tuple[date, UUID] | None, limit: int
) -> list[StageTask]:
    """Return one page of the stages that wait for the officer's department, next deadline first."""
    asked = _asked().where(within(officer), CaseStage.state == StageState.OPEN)
    if overdue is not None:
        late = CaseStage.queue_on < clock.today()
        asked = asked.where(late if overdue else ~late)
    if after is not None:
        asked = asked.where(tuple_(CaseStage.queue_on, CaseStage.id) > after)
    with reading() as connection:
        rows = connection.execute(asked.order_by(CaseStage.queue_on, CaseStage.id).limit(limit)).all()
    return [_task(row) for row in rows]


def task(officer: OfficerPrincipal, stage_row_id: UUID) -> StageTask:
    """Return one stage of the officer's scope; raises StageNotFound."""
    with reading() as connection:
        row = connection.execute(_asked().where(within(officer), CaseStage.id == stage_row_id)).one_or_none()
    if row is None:
        raise StageNotFound
    return _task(row)


def within(officer: OfficerPrincipal) -> ColumnElement[bool]:
    """Return the condition of an officer's stages: of their department, in their region, for people to do."""
    return and_(
        CaseStage.department == officer.department,
        CaseStage.handler == Handler.OFFICER,
        in_region_of(CaseStage.region_code, officer.region_code),
    )


def _asked() -> Any:
    case = [Case.service_id, Case.service_version, Case.receipt_no, Case.status.label("case_status")]
    return select(CaseStage.__table__, *case).join(Case, Case.id == CaseStage.case_id)


def _task(row: Row[Any]) -> StageTask:
    item = item_of(row.service_id, row.service_version)
    names = {stage.id: stage.name for stage in item.stages}
    live = row.claimed_until is not None and row.claimed_until > clock.now()
    return StageTask(
        row.id,
        row.case_id,
        row.stage_id,
        names[row.stage_id],
        row.service_id,
        item.name,
        row.region_code,
        row.receipt_no,
        Status(row.case_status),
        StageState(row.state),
        row.version,
        row.opened_at,
        row.due_on,
        row.queue_on,
        row.state == StageState.OPEN and row.queue_on < clock.today(),
        FINDING_LABELS[Finding(row.finding)] if row.finding else "",
        row.claimed_by if live else None,
        row.claimed_until if live else None,
    )
