"""The applicant's own stages (企业确认): what only they can do before the departments go on."""

from uuid import UUID

from app.applications import drafts
from app.applications.errors import StageNotFound, StageNotOpen
from app.applications.stage_types import Handler, StageState
from app.applications.stages import progress
from app.audit.types import Actor, ActorKind
from app.identity.types import ResidentId


def confirm(resident: ResidentId, case_id: UUID, stage_id: str) -> int:
    """Confirm what the departments found; returns the new version of the case.

    Raises CaseNotFound, StageNotFound (not the applicant's), StageNotOpen.
    """
    case = drafts.own_locked(resident, case_id)
    rows = progress.stages_of(case)
    row = next((one for one in rows if one.stage_id == stage_id), None)
    if row is None or row.handler != Handler.APPLICANT:
        raise StageNotFound
    if row.state != StageState.OPEN:
        raise StageNotOpen
    progress.end(case, rows, stage_id, StageState.PASSED, actor=Actor(ActorKind.RESIDENT, str(resident)))
    return case.version
