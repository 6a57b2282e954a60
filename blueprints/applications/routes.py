"""办件 routes of residents: open, fill in, check, submit, follow, supplement, withdraw."""

from typing import Any
from uuid import UUID

from app.applications import drafts, opening, prefilling, queries, service
from app.applications.opening import Wanted
from app.applications.stages import applicant
from app.foundation.transaction import atomic
from blueprints.applications.schemas import (
    CaseBriefOut,
    CaseOut,
    CasesQuery,
    OpenIn,
    ReceiptOut,
    ReviewOut,
    SavedOut,
    StepIn,
    StepOut,
    StepQuery,
    SupplementIn,
    TimelineOut,
    VersionOut,
    WithdrawalIn,
)
from blueprints.applications.shapes import case_shape, review_shape, step_shape
from blueprints.support.access import Audience, allow, current_resident
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import decode, page, page_of
from blueprints.support.preconditions import if_match

blp = Blueprint("applications", __name__, url_prefix="/api/v1/applications", description="办件")


@blp.post("")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.arguments(OpenIn)
@blp.response(201, CaseOut)
@blp.alt_response(200, schema=CaseOut, description="the open draft that exists")
@blp.alt_response(404)
@blp.alt_response(409)
def open_draft(payload: dict[str, Any]) -> object:
    """Begin an application, or find the open draft (开始申请)."""
    resident = current_resident().resident_id
    with atomic():
        opened = opening.open_draft(resident, Wanted(**payload))
    return case_shape(opened.view()), 201 if opened.created else 200


@blp.get("")
@allow(Audience.RESIDENT)
@blp.arguments(CasesQuery, location="query")
@blp.response(200, page_of(CaseBriefOut))
def list_cases(query: dict[str, Any]) -> object:
    """My cases, newest first (我的办件)."""
    after = decode(query["cursor"], UUID)
    size = query["page_size"]
    found = queries.cases(current_resident().resident_id, after=after[0] if after else None, limit=size + 1)
    return page(found, size, lambda case: (case.id,))


@blp.get("/<uuid:case_id>")
@allow(Audience.RESIDENT)
@blp.response(200, CaseOut)
@blp.alt_response(404)
def read(case_id: UUID) -> object:
    """One case: status, next step, deadline, timeline (办件详情)."""
    found = case_shape(queries.case(current_resident().resident_id, case_id))
    return found, 200, _tag(found["version"])


@blp.get("/<uuid:case_id>/steps/<int:number>")
@allow(Audience.RESIDENT)
@blp.response(200, StepOut)
@blp.alt_response(404)
def read_step(case_id: UUID, number: int) -> object:
    """One step: fields to show now, with source and date of what was read (填写步骤)."""
    resident = current_resident().resident_id
    prefilling.freshen(case_id, resident)
    view, version = queries.step(resident, case_id, number)
    return step_shape(view, version), 200, _tag(version)


@blp.put("/<uuid:case_id>/steps/<int:number>")
@allow(Audience.RESIDENT)
@if_match
@blp.arguments(StepQuery, location="query")
@blp.arguments(StepIn)
@blp.response(200, SavedOut)
@blp.alt_response(404)
@blp.alt_response(409)
@blp.alt_response(412)
def save_step(
    query: dict[str, Any], payload: dict[str, Any], case_id: UUID, number: int, version: int
) -> object:
    """Save a step, complete or not; a final save says what is still wrong (保存)."""
    resident = current_resident().resident_id
    with atomic():
        saved = drafts.save_step(
            resident, case_id, number, payload["answers"], final=query["final"], version=version
        )
    return saved, 200, _tag(saved.version)


@blp.get("/<uuid:case_id>/review")
@allow(Audience.RESIDENT)
@blp.response(200, ReviewOut)
@blp.alt_response(404)
def review(case_id: UUID) -> object:
    """Check your answers and materials (核对)."""
    resident = current_resident().resident_id
    prefilling.freshen(case_id, resident)
    view, version = queries.review(resident, case_id)
    return review_shape(view, version), 200, _tag(version)


@blp.post("/<uuid:case_id>/submission")
@allow(Audience.RESIDENT)
@idempotent(required=True)
@blp.response(201, ReceiptOut)
@blp.alt_response(404)
@blp.alt_response(409)
def submit(case_id: UUID) -> object:
    """Submit; a second tap gets the same receipt (提交)."""
    with atomic():
        return service.submit(current_resident().resident_id, case_id)


@blp.post("/<uuid:case_id>/supplement")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.arguments(SupplementIn)
@blp.response(200, VersionOut)
@blp.alt_response(404)
@blp.alt_response(409)
def supplement(payload: dict[str, Any], case_id: UUID) -> object:
    """Answer the one list of what was missing (补正)."""
    resident = current_resident().resident_id
    with atomic():
        return {"version": service.answer_supplement(resident, case_id, **payload)}


@blp.post("/<uuid:case_id>/withdrawal")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.arguments(WithdrawalIn)
@blp.response(200, VersionOut)
@blp.alt_response(404)
@blp.alt_response(409)
def withdraw(payload: dict[str, Any], case_id: UUID) -> object:
    """Take it back before it is decided, or drop a draft (撤回)."""
    with atomic():
        return {"version": service.withdraw(current_resident().resident_id, case_id, **payload)}


@blp.post("/<uuid:case_id>/stages/<stage_id>/confirmation")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.response(200, VersionOut)
@blp.alt_response(404)
@blp.alt_response(409)
def confirm_stage(case_id: UUID, stage_id: str) -> object:
    """Confirm a stage that waits for the applicant (确认)."""
    with atomic():
        return {"version": applicant.confirm(current_resident().resident_id, case_id, stage_id)}


@blp.get("/<uuid:case_id>/timeline")
@allow(Audience.RESIDENT)
@blp.response(200, TimelineOut)
@blp.alt_response(404)
def timeline(case_id: UUID) -> object:
    """What happened, in plain Chinese (办理进度)."""
    return {"items": queries.told(current_resident().resident_id, case_id)}


def _tag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}
