"""Stages that need nobody (数据共享核验): the machine asks the department's records and says what it found.

It confirms or hands over to an officer with the reason; it never refuses. A department that is down is asked
again, and once the stage's own limit is near an officer takes over.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, or_, select

from app.applications import drafts, missing, opening
from app.applications.drafts import read_answers
from app.applications.errors import AnswersRefused
from app.applications.history import SYSTEM
from app.applications.items import item_of
from app.applications.models import Case, CaseStage
from app.applications.opening import Wanted
from app.applications.scope import with_stages
from app.applications.stage_types import Finding, Handler, StageState
from app.applications.stages import progress
from app.applications.types import Action, CaseId, Status
from app.catalogue.types import ServiceItem, Stage
from app.catalogue.vocabulary import words
from app.forms.prefill import PrefillKind
from app.forms.types import Field
from app.foundation import clock
from app.foundation.database import session
from app.foundation.errors import DomainError
from app.foundation.leases import work_off
from app.foundation.transaction import atomic
from app.gateways.registries.departments import BY_SOURCE, Department
from app.gateways.registries.errors import RegistryError
from app.gateways.registries.port import registries
from app.identity.types import ResidentId
from app.residents import subjects

BATCH = 50
LEASE, AGAIN, LONGEST_WAIT = timedelta(seconds=60), timedelta(minutes=1), timedelta(hours=1)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Task:
    """What the machine has to know of a stage; nothing of it is logged."""

    case_id: CaseId
    resident: ResidentId
    item: ServiceItem
    stage: Stage
    about: dict[str, str]
    answers: dict[str, Any]
    region_code: str


def advance_due() -> int:
    """Do every stage that waits for the machine; returns how many were looked at."""
    looked_at = 0

    def step(row_id: UUID, attempt: int) -> bool:
        nonlocal looked_at
        looked_at += 1
        _advance(row_id, attempt)
        return False

    while work_off(CaseStage, _due, lease=LEASE, step=step) or _move_settled_on():
        continue
    return looked_at


def _move_settled_on() -> int:
    """Let the cases go on that need nobody's word; returns how many."""
    with atomic():
        settled = session.scalars(
            select(Case)
            .where(Case.settled, Case.status.in_(progress.BY_ITSELF), ~missing.waits(Case.id))
            .limit(BATCH)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        return sum(_move_on(case) for case in settled)


def _move_on(case: Case) -> bool:
    if case.status == Status.ACCEPTED:
        missing.decision_may_come(case, Action.APPROVE)
    return progress.move_on(case, progress.stages_of(case))


def _due() -> ColumnElement[bool]:
    waits = or_(CaseStage.not_before.is_(None), CaseStage.not_before <= clock.now())
    return (CaseStage.state == StageState.OPEN) & (CaseStage.handler == Handler.MACHINE) & waits


def _advance(row_id: UUID, attempt: int) -> None:
    with atomic():
        task = _task(row_id)
    if task.stage.starts_service is not None:
        _start_service(task)
        finding = Finding.CONFIRMED
    else:
        finding = _ask(task)
    with atomic():
        _settle(row_id, attempt, finding)


def _task(row_id: UUID) -> _Task:
    row = session.get_one(CaseStage, row_id)
    case = session.get_one(Case, row.case_id)
    item = item_of(case.service_id, case.service_version)
    resident, answers = ResidentId(case.resident_id), read_answers(case)
    stage = next(stage for stage in item.stages if stage.id == row.stage_id)
    other = answers.get(stage.about_from) if stage.about_from else None
    about = {"id_number": str(other)} if other else subjects.asked_about(resident, case.subject_id)
    return _Task(CaseId(case.id), resident, item, stage, about, answers, case.region_code)


def _ask(task: _Task) -> Finding:
    """Ask outside of any transaction: whether the subject is known there, and whether the answers agree."""
    department = BY_SOURCE.get(words().departments.get(task.stage.department, ""))
    if department is None or not task.about:
        return Finding.NOT_SHARED
    purpose = f"办理{task.item.name}"
    try:
        answer = registries().query(department, purpose=purpose, **task.about)
        if not answer.found:
            return Finding.NOT_FOUND
        agrees = all(_agrees(task, one, department, purpose) for one in _shared(task.item, department))
    except RegistryError:
        return Finding.DOWN
    return Finding.CONFIRMED if agrees else Finding.DIFFERS


def _shared(item: ServiceItem, department: Department) -> list[Field]:
    return [
        one
        for one in item.form.fields.values()
        if one.prefill is not None
        and one.prefill.kind is PrefillKind.SHARED
        and BY_SOURCE.get(one.prefill.holder) is department
    ]


def _agrees(task: _Task, field: Field, department: Department, purpose: str) -> bool:
    """Say whether an answer is what the source says now; what it does not know contradicts nothing."""
    given = task.answers.get(field.key)
    if given is None or field.prefill is None:
        return True
    said = registries().share(department, field.prefill.item, purpose=purpose, **task.about)
    known = said.fields.get(field.key)
    return known is None or str(known) == str(given)


def _settle(row_id: UUID, attempt: int, finding: Finding) -> None:
    """Write what was found, unless somebody else has the stage now."""
    ours = select(CaseStage.case_id).where(CaseStage.id == row_id).scalar_subquery()
    case, rows = with_stages(Case.id == ours)
    row = next(one for one in rows if one.id == row_id)
    if row.attempts != attempt or row.state != StageState.OPEN or row.handler != Handler.MACHINE:
        return
    if finding is Finding.CONFIRMED:
        progress.end(case, rows, row.stage_id, StageState.PASSED, actor=SYSTEM)
    elif finding is Finding.DOWN and (row.due_on is None or row.due_on > clock.today()):
        row.not_before = clock.now() + min(AGAIN * 2 ** min(row.attempts, 10), LONGEST_WAIT)
        row.leased_until = None
    else:
        row.handler, row.finding, row.leased_until = Handler.OFFICER, finding.value, None
        row.version += 1
    session.flush()


def _start_service(task: _Task) -> None:
    """Open the draft of the service that follows (育儿补贴预申领), with the answers both ask for."""
    wanted = Wanted(task.stage.starts_service or "", task.region_code)
    try:
        with atomic():
            opened = opening.open_draft(task.resident, wanted)
            if opened.created:
                _carry_over(task, opened.case_id)
    except DomainError as refused:  # a draft or a case of theirs exists already, or it is not offered there
        _log.info("stage.service_not_started", code=refused.code, service_id=task.stage.starts_service)


def _carry_over(task: _Task, case_id: UUID) -> None:
    case = session.get_one(Case, case_id)
    item = item_of(case.service_id, case.service_version)
    for key, value in task.answers.items():
        if key not in item.form.fields or case.status != Status.DRAFT:
            continue
        try:
            drafts.write_answers(case, drafts.merge_any(case, item, {key: value}))
        except AnswersRefused:
            continue
