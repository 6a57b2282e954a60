"""办件 routes of officers: the queue, claiming, deciding."""

from datetime import date
from typing import Any
from uuid import UUID

from app.applications import officers, staff_queries
from app.applications.officers import Decision
from app.foundation.transaction import atomic
from app.identity.types import Role
from blueprints.applications.shapes import task_shape
from blueprints.applications.staff_schemas import (
    ClaimOut,
    DecidedOut,
    DecisionIn,
    TaskBriefOut,
    TaskOut,
    TasksQuery,
)
from blueprints.support.access import Audience, allow, current_officer
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import decode, page, page_of
from blueprints.support.preconditions import if_match

staff_blp = Blueprint(
    "staff-tasks", __name__, url_prefix="/api/v1/staff/tasks", description="办件（工作人员）"
)
OFFICERS = (Role.CASE_OFFICER,)


@staff_blp.get("")
@allow(Audience.OFFICER, roles=OFFICERS)
@staff_blp.arguments(TasksQuery, location="query")
@staff_blp.response(200, page_of(TaskBriefOut))
def list_tasks(query: dict[str, Any]) -> object:
    """The queue of my department and region, next deadline first (待办)."""
    size = query["page_size"]
    found = staff_queries.tasks(
        current_officer(),
        status=query["status"],
        overdue=query["overdue"],
        after=decode(query["cursor"], date.fromisoformat, UUID),
        limit=size + 1,
    )
    return page(found, size, lambda task: (task.queue_on.isoformat(), task.brief.id))


@staff_blp.get("/<uuid:case_id>")
@allow(Audience.OFFICER, roles=OFFICERS)
@staff_blp.response(200, TaskOut)
@staff_blp.alt_response(404)
def read(case_id: UUID) -> object:
    """One case: answers, materials, history, what may be done now (办件详情)."""
    found = task_shape(staff_queries.task(current_officer(), case_id))
    return found, 200, {"ETag": f'"{found["version"]}"'}


@staff_blp.post("/<uuid:case_id>/claim")
@allow(Audience.OFFICER, roles=OFFICERS)
@staff_blp.response(200, ClaimOut)
@staff_blp.alt_response(404)
@staff_blp.alt_response(409)
def claim(case_id: UUID) -> object:
    """Say that I am working on it, for half an hour (领取)."""
    with atomic():
        return officers.claim(current_officer(), case_id)


@staff_blp.post("/<uuid:case_id>/decision")
@allow(Audience.OFFICER, roles=OFFICERS)
@idempotent(required=True)
@if_match
@staff_blp.arguments(DecisionIn)
@staff_blp.response(200, DecidedOut)
@staff_blp.alt_response(404)
@staff_blp.alt_response(409)
@staff_blp.alt_response(412)
def decide(payload: dict[str, Any], case_id: UUID, version: int) -> object:
    """Accept, ask for what is missing, refuse, approve, reject, pause, resume, extend (办理)."""
    decision = Decision(**{**payload, "items": tuple(payload["items"])})
    with atomic():
        return officers.decide(current_officer(), case_id, decision, version=version)
