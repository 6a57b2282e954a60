"""Reads of officers: the queue by deadline, and one task whole; scope is in every query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from app.applications import history, materials, missing, timeline
from app.applications.checks import allowed_actions
from app.applications.errors import TaskNotFound
from app.applications.items import item_of
from app.applications.material_types import MaterialView
from app.applications.models import Case
from app.applications.queries import (
    CaseBrief,
    Deadline,
    SupplementView,
    brief,
    deadline_of,
    events_of,
    is_overdue,
    path_of,
    supplement_of,
)
from app.applications.scope import leads, readable, within
from app.applications.stages.queries import StageView, stages_of
from app.applications.steps import ReviewStep, review_of
from app.applications.telling import telling_of
from app.applications.timeline import Entry
from app.applications.types import OPEN, Action, Status
from app.foundation import clock
from app.foundation.database import reading
from app.identity.types import OfficerPrincipal

_COLUMNS = [column for column in Case.__table__.columns if column.name not in {"answers", "prefilled"}]


@dataclass(frozen=True, slots=True)
class Task:
    """A case in an officer's queue."""

    brief: CaseBrief
    queue_on: date
    deadline: Deadline | None
    overdue: bool
    claimed_by: UUID | None
    claimed_until: datetime | None


@dataclass(frozen=True, slots=True)
class TaskView:
    """One case as an officer sees it: sensitive answers masked."""

    task: Task
    tracking_no: str | None
    answers: Sequence[ReviewStep]
    materials: Sequence[MaterialView]
    supplement: SupplementView | None
    stages: Sequence[StageView]
    timeline: Sequence[Entry]
    allowed_actions: Sequence[Action]


def tasks(
    officer: OfficerPrincipal,
    *,
    status: Status | None = None,
    overdue: bool | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int = 20,
) -> list[Task]:
    """Return one page of the queue, next deadline first; without a status, what is open."""
    asked = select(*_COLUMNS).where(within(officer))
    asked = asked.where(Case.status.in_(OPEN) if status is None else Case.status == status)
    if overdue is not None:
        late = is_overdue(clock.today())
        asked = asked.where(late if overdue else ~late)
    if after is not None:
        asked = asked.where(tuple_(Case.queue_on, Case.id) > after)
    with reading() as connection:
        rows = connection.execute(asked.order_by(Case.queue_on, Case.id).limit(limit)).all()
    return [_task(row) for row in rows]


def task(officer: OfficerPrincipal, case_id: UUID) -> TaskView:
    """Return one case that the officer has to do with; raises TaskNotFound."""
    with reading() as connection:
        row = connection.execute(
            select(Case.__table__).where(Case.id == case_id, readable(officer))
        ).one_or_none()
        if row is None:
            raise TaskNotFound
        events, stages = events_of(connection, case_id), stages_of(connection, row)
        item, path = item_of(row.service_id, row.service_version), path_of(row)
        asked = materials.view(connection, row, item, path.values)
    checked = review_of(item, path, asked)
    return TaskView(
        _task(row),
        row.tracking_no,
        checked.steps,
        checked.materials,
        supplement_of(row, events),
        stages,
        timeline.tell(events, telling_of(row, applicant="申请人")),
        missing.without_waiting(allowed_actions(history.state_of(row), item), asked)
        if leads(officer, row)
        else [],
    )


def _task(row: Any) -> Task:
    shown = brief(row)
    deadline = deadline_of(row)
    claimed_until = row.claimed_until
    live = claimed_until is not None and claimed_until > clock.now()
    return Task(
        shown,
        row.queue_on,
        deadline,
        deadline is not None and deadline.overdue,
        row.claimed_by if live else None,
        claimed_until if live else None,
    )
