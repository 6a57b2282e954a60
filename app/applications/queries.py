"""Reads of an applicant's own cases, and the numbers operations look at; ownership is a parameter of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, ScalarSelect, func, select

from app.applications import clocks, history, materials, timeline
from app.applications.drafts import read_answers
from app.applications.errors import CaseNotFound
from app.applications.items import department_name, item_of, limits_of
from app.applications.material_types import MaterialView
from app.applications.models import Case, CaseEvent, Grant
from app.applications.prefilling import read as read_prefilled
from app.applications.scope import in_region
from app.applications.stages.queries import StageView, stages_of
from app.applications.steps import Review, StepSummary, StepView, overview, review_of, step_view
from app.applications.telling import telling_of
from app.applications.timeline import Entry
from app.applications.types import CONCLUDED, STATUS_LABELS, CaseState, Event, EventKind, GrantState, Status
from app.forms.visibility import Path, walk
from app.foundation import clock, working_days
from app.foundation.database import reading
from app.identity.types import ResidentId

_BRIEF = (
    Case.id,
    Case.service_id,
    Case.service_version,
    Case.region_code,
    Case.department,
    Case.status,
    Case.version,
    Case.receipt_no,
    Case.created_at,
    Case.submitted_at,
    Case.updated_at,
    Case.accept_due_on,
    Case.promised_due_on,
    Case.legal_due_on,
    Case.supplement_due_on,
)


@dataclass(frozen=True, slots=True)
class CaseBrief:
    """A case in a list."""

    id: UUID
    service_id: str
    service_name: str
    region_code: str
    department: str
    department_name: str
    status: Status
    status_label: str
    version: int
    receipt_no: str | None
    created_at: datetime
    submitted_at: datetime | None
    updated_at: datetime
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """Where the office's clock stands; `text` says it in a sentence."""

    kind: clocks.ClockKind
    due_on: date | None
    legal_due_on: date | None
    working_days_left: int
    unit: str
    running: bool
    overdue: bool
    text: str


@dataclass(frozen=True, slots=True)
class SupplementView:
    """The one list of what is missing, while it is waited for."""

    items: Sequence[str]
    reason: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case as its applicant sees it."""

    brief: CaseBrief
    subject_id: UUID
    service_version: int
    policy_id: str | None
    tracking_no: str | None
    next_step: int | None
    next_action: str
    next_action_text: str
    steps: Sequence[StepSummary]
    deadline: Deadline | None
    supplement: SupplementView | None
    stages: Sequence[StageView]
    timeline: Sequence[Entry]
    materials: Sequence[MaterialView] = ()


def cases(resident: ResidentId, *, after: UUID | None, limit: int) -> list[CaseBrief]:
    """Return one's own cases, newest first; `after` is the last id of the page before."""
    asked = select(*_BRIEF).where(Case.resident_id == resident)
    if after is not None:
        asked = asked.where(Case.id < after)
    with reading() as connection:
        return [brief(row) for row in connection.execute(asked.order_by(Case.id.desc()).limit(limit))]


def case(resident: ResidentId, case_id: UUID) -> CaseView:
    """Return one's own case whole; raises CaseNotFound."""
    with reading() as connection:
        row = _own(connection, resident, case_id)
        item, path = item_of(row.service_id, row.service_version), path_of(row)
        asked = materials.view(connection, row, item, path.values)
        found = case_view(row, events_of(connection, case_id), stages_of(connection, row))
        return replace(found, materials=asked)


def case_view(
    row: Any, events: Sequence[tuple[Event, Mapping[str, Any]]], stages: Sequence[StageView] = ()
) -> CaseView:
    """Show a case's row with its events, oldest first, and its stages."""
    item = item_of(row.service_id, row.service_version)
    path = path_of(row)
    steps, next_step = overview(item.form, path, submitted=row.submitted_at is not None)
    action, text = _next_action(row, next_step, stages)
    return CaseView(
        brief(row),
        row.subject_id,
        row.service_version,
        row.policy_id,
        row.tracking_no,
        next_step,
        action,
        text,
        steps,
        deadline_of(row),
        supplement_of(row, events),
        stages,
        timeline.tell(events, telling_of(row)),
    )


def step(resident: ResidentId, case_id: UUID, number: int) -> tuple[StepView, int]:
    """Return one step of one's own case, with the version; raises CaseNotFound, StepNotFound."""
    with reading() as connection:
        row = _own(connection, resident, case_id)
    form = item_of(row.service_id, row.service_version).form
    return step_view(form, path_of(row), number, editable=row.status == Status.DRAFT), row.version


def review(resident: ResidentId, case_id: UUID) -> tuple[Review, int]:
    """Return one's own answers and materials to check, with the version; raises CaseNotFound."""
    with reading() as connection:
        row = _own(connection, resident, case_id)
        item, path = item_of(row.service_id, row.service_version), path_of(row)
        asked = materials.view(connection, row, item, path.values)
    return review_of(item, path, asked), row.version


def told(resident: ResidentId, case_id: UUID) -> list[Entry]:
    """Return the timeline of one's own case; raises CaseNotFound."""
    with reading() as connection:
        row = _own(connection, resident, case_id)
        return timeline.tell(events_of(connection, case_id), telling_of(row))


@dataclass(frozen=True, slots=True)
class Rateable:
    """What 好差评 must know of a case: whose it is, whose service, and which stages are over."""

    case_id: UUID
    service_id: str
    service_version: int
    department: str
    region_code: str
    accepted: bool
    decided_at: datetime | None


def rateable(resident: ResidentId, case_id: UUID) -> Rateable:
    """Return what may be rated of one's own case; raises CaseNotFound."""
    with reading() as connection:
        row = _own(connection, resident, case_id)
    return Rateable(
        row.id,
        row.service_id,
        row.service_version,
        row.department,
        row.region_code,
        row.accepted_at is not None,
        row.decided_at,
    )


def count_by_status(
    since: datetime, until: datetime, *, region: str, department: str | None
) -> Mapping[str, int]:
    """Count the cases submitted in a period by where they stand now; every status is named."""
    asked = (
        select(Case.status, func.count())
        .where(Case.submitted_at >= since, Case.submitted_at < until, in_region(region))
        .group_by(Case.status)
    )
    if department is not None:
        asked = asked.where(Case.department == department)
    with reading() as connection:
        found = dict(connection.execute(asked).all())
    return {status.value: found.get(status.value, 0) for status in Status if status is not Status.DRAFT}


def count_overdue(*, region: str, department: str | None) -> int:
    """Count the cases whose running limit (受理或承诺) is over today."""
    with reading() as connection:
        return connection.scalar(select(_overdue(region, department))) or 0


def _overdue(region: str, department: str | None) -> ScalarSelect[int]:
    asked = select(func.count()).select_from(Case).where(is_overdue(clock.today()), in_region(region))
    if department is not None:
        asked = asked.where(Case.department == department)
    return asked.scalar_subquery()


def count_grants_and_overdue(*, region: str, department: str | None) -> tuple[Mapping[str, int], int]:
    """Count everybody's grants (免申即享) by what became of them, and the overdue cases of a region."""
    by_state = select(Grant.state, func.count().label("number")).group_by(Grant.state).subquery()
    states = select(func.jsonb_object_agg(by_state.c.state, by_state.c.number)).scalar_subquery()
    with reading() as connection:
        found, overdue = connection.execute(select(states, _overdue(region, department))).one()
    return {state.value: (found or {}).get(state.value, 0) for state in GrantState}, overdue


def count_concluded(since: datetime, until: datetime, *, region: str, department: str | None) -> int:
    """Count the cases that an office decided in a period: those that could be rated."""
    asked = (
        select(func.count())
        .select_from(Case)
        .where(
            Case.decided_at >= since,
            Case.decided_at < until,
            in_region(region),
            Case.status.in_([*CONCLUDED, Status.REFUSED]),
        )
    )
    if department is not None:
        asked = asked.where(Case.department == department)
    with reading() as connection:
        return connection.scalar(asked) or 0


def has_open_case(resident: ResidentId) -> bool:
    """Say whether an office still owes this resident a decision."""
    waiting = [Status.SUBMITTED, Status.SUPPLEMENT, Status.ACCEPTED, Status.PAUSED]
    asked = select(Case.id).where(Case.resident_id == resident, Case.status.in_(waiting)).limit(1)
    with reading() as connection:
        return connection.scalar(asked) is not None


def is_overdue(today: date) -> Any:
    """Return the condition that the office's running limit is over."""
    return (Case.queue_on < today) & Case.status.in_([Status.SUBMITTED, Status.ACCEPTED])


def brief(row: Any) -> CaseBrief:
    """Show a row in a list."""
    status = Status(row.status)
    due = {
        Status.SUBMITTED: row.accept_due_on,
        Status.ACCEPTED: row.promised_due_on,
        Status.SUPPLEMENT: row.supplement_due_on,
    }
    return CaseBrief(
        row.id,
        row.service_id,
        item_of(row.service_id, row.service_version).name,
        row.region_code,
        row.department,
        department_name(row.department),
        status,
        STATUS_LABELS[status],
        row.version,
        row.receipt_no,
        row.created_at,
        row.submitted_at,
        row.updated_at,
        due.get(status),
    )


def events_of(connection: Connection, case_id: UUID) -> list[tuple[Event, dict[str, Any]]]:
    """Return a case's events, oldest first, each with what was written in it."""
    asked = select(CaseEvent.__table__).where(CaseEvent.case_id == case_id).order_by(CaseEvent.seq)
    return [history.read_event(row) for row in connection.execute(asked)]


def path_of(row: Any) -> Path:
    """Work out the form's path of a case's answers."""
    form = item_of(row.service_id, row.service_version).form
    as_of = clock.today() if row.submitted_at is None else clock.local(row.submitted_at).date()
    return walk(form, read_answers(row), read_prefilled(row).fields, as_of=as_of)


def deadline_of(row: Any) -> Deadline | None:
    """Say where the office's clock stands now."""
    state: CaseState = history.state_of(row)
    limits = limits_of(item_of(row.service_id, row.service_version))
    found = clocks.clock(state, limits, working_days.calendar(), clock.today())
    if found is None:
        return None
    return Deadline(
        found.kind,
        found.due_on,
        row.legal_due_on if found.running else None,
        found.days_left,
        found.unit.value,
        found.running,
        found.overdue,
        timeline.describe(found),
    )


def supplement_of(row: Any, events: Sequence[tuple[Event, Mapping[str, Any]]]) -> SupplementView | None:
    """Return the list that is waited for; None where none is."""
    if row.status != Status.SUPPLEMENT:
        return None
    note = next(note for event, note in reversed(events) if event.kind is EventKind.SUPPLEMENT_REQUESTED)
    return SupplementView(tuple(note.get("items", ())), note.get("reason", ""), row.supplement_due_on)


def _own(connection: Connection, resident: ResidentId, case_id: UUID) -> Row[Any]:
    asked = select(Case.__table__).where(Case.id == case_id, Case.resident_id == resident)
    row = connection.execute(asked).one_or_none()
    if row is None:
        raise CaseNotFound
    return row


_NEXT: Mapping[Status, tuple[str, str]] = {
    Status.SUBMITTED: ("wait", "等待部门受理"),
    Status.SUPPLEMENT: ("supplement", "请按清单补正，补正后接着办理"),
    Status.ACCEPTED: ("wait", "部门正在办理，请等待结果"),
    Status.PAUSED: ("wait", "正在进行特别程序，结束后接着办理"),
    Status.APPROVED: ("rate", "已办结，可查看结果并评价服务"),
    Status.REJECTED: ("rate", "已办结，可查看理由、救济途径并评价服务"),
    Status.REFUSED: ("rate", "可查看不予受理的理由和救济途径"),
    Status.WITHDRAWN: ("none", "已撤回，如需办理请重新申请"),
    Status.REVOKED: ("none", "原决定已撤销，可查看理由和救济途径"),
}


def _next_action(row: Any, next_step: int | None, stages: Sequence[StageView]) -> tuple[str, str]:
    status = Status(row.status)
    yours = next((stage for stage in stages if stage.yours), None)
    if yours is not None:
        return "confirm", f"请您办理：{yours.name}"
    if status is not Status.DRAFT:
        return _NEXT[status]
    if next_step is None:
        return "review", "已填完，请核对后提交"
    return "fill", f"请继续填写第{next_step}步"
