"""环节 routes of officers: the stages that wait for one's department, whoever leads the case."""

from datetime import date
from typing import Any
from uuid import UUID

from app.applications.stage_types import StageState
from app.applications.stages import officers, queries
from app.foundation.transaction import atomic
from app.identity.types import Role
from blueprints.applications.staff_schemas import ClaimOut
from blueprints.applications.stage_schemas import StageEndedOut, StageResultIn, StagesQuery, StageTaskOut
from blueprints.support.access import Audience, allow, current_officer
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import decode, page, page_of
from blueprints.support.preconditions import if_match

blp = Blueprint("staff-stages", __name__, url_prefix="/api/v1/staff/stages", description="环节（工作人员）")
OFFICERS = (Role.CASE_OFFICER,)


@blp.get("")
@allow(Audience.OFFICER, roles=OFFICERS)
@blp.arguments(StagesQuery, location="query")
@blp.response(200, page_of(StageTaskOut))
def list_stages(query: dict[str, Any]) -> object:
    """The open stages of my department and region, next deadline first (环节待办)."""
    size = query["page_size"]
    after = decode(query["cursor"], date.fromisoformat, UUID)
    found = queries.tasks(current_officer(), overdue=query["overdue"], after=after, limit=size + 1)
    return page(found, size, lambda task: (task.queue_on.isoformat(), task.id))


@blp.get("/<uuid:stage>")
@allow(Audience.OFFICER, roles=OFFICERS)
@blp.response(200, StageTaskOut)
@blp.alt_response(404)
def read(stage: UUID) -> object:
    """One stage; its case is read under /staff/tasks (环节)."""
    found = queries.task(current_officer(), stage)
    return found, 200, {"ETag": f'"{found.version}"'}


@blp.post("/<uuid:stage>/claim")
@allow(Audience.OFFICER, roles=OFFICERS)
@blp.response(200, ClaimOut)
@blp.alt_response(404)
@blp.alt_response(409)
def claim(stage: UUID) -> object:
    """Say that I am working on it, for half an hour (领取环节)."""
    with atomic():
        return officers.claim(current_officer(), stage)


@blp.post("/<uuid:stage>/result")
@allow(Audience.OFFICER, roles=OFFICERS)
@idempotent(required=True)
@if_match
@blp.arguments(StageResultIn)
@blp.response(200, StageEndedOut)
@blp.alt_response(404)
@blp.alt_response(409)
@blp.alt_response(412)
def end(payload: dict[str, Any], stage: UUID, version: int) -> object:
    """Say what came of it; the case goes on by itself (环节办结)."""
    with atomic():
        return officers.end(
            current_officer(),
            stage,
            StageState(payload["outcome"]),
            reason=payload["reason"],
            version=version,
        )
