"""What officers of any department do with their stage of a case: claim it, say what came of it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.applications import checks
from app.applications.errors import (
    NotAllowedNow,
    StageNotFound,
    StageNotOpen,
    TaskNotFound,
)
from app.applications.models import Case, CaseStage
from app.applications.scope import with_stages
from app.applications.stage_types import StageState
from app.applications.stages import progress
from app.applications.stages.queries import within
from app.applications.types import FINAL, Status
from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock
from app.foundation.database import session
from app.foundation.errors import StaleVersion
from app.identity.types import OfficerPrincipal


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a stage, and of its case."""

    case_id: UUID
    state: StageState
    case_status: Status
    case_version: int


def claim(officer: OfficerPrincipal, stage_row_id: UUID) -> CaseStage:
    """Take a stage for half an hour; raises StageNotFound, StageNotOpen, ClaimedByOther."""
    _, row, _ = _locked(officer, stage_row_id)
    if row.state != StageState.OPEN:
        raise StageNotOpen
    checks.not_claimed_by_other(row, officer.officer_id)
    row.claimed_by, row.claimed_until = officer.officer_id, clock.now() + checks.CLAIM
    trail.record("application.stage_claimed", actor=_actor(officer), subject=("application", row.case_id))
    session.flush()
    return row


def end(
    officer: OfficerPrincipal, stage_row_id: UUID, outcome: StageState, *, reason: str, version: int
) -> Ended:
    """Say what came of a stage; what was not confirmed is said with its reason, which the applicant reads.

    Raises StageNotFound, StaleVersion (somebody was faster), StageNotOpen, DecisionIncomplete, NotAllowedNow.
    """
    case, row, rows = _locked(officer, stage_row_id)
    if row.version != version:
        raise StaleVersion
    if row.state != StageState.OPEN:
        raise StageNotOpen
    if case.status in FINAL - {Status.APPROVED}:
        raise NotAllowedNow
    checks.stage_is_reasoned(outcome, reason)
    note = {"reason": reason} if reason else None
    progress.end(case, rows, row.stage_id, outcome, actor=_actor(officer), note=note)
    return Ended(case.id, outcome, Status(case.status), case.version)


def _locked(officer: OfficerPrincipal, stage_row_id: UUID) -> tuple[Case, CaseStage, list[CaseStage]]:
    """Return the case, locked, the stage, and all stages of the case."""
    ours = select(CaseStage.case_id).where(CaseStage.id == stage_row_id, within(officer)).scalar_subquery()
    try:
        case, rows = with_stages(Case.id == ours)
    except TaskNotFound:
        raise StageNotFound from None
    return case, next(row for row in rows if row.id == stage_row_id), rows


def _actor(officer: OfficerPrincipal) -> Actor:
    return Actor(ActorKind.OFFICER, str(officer.officer_id))
