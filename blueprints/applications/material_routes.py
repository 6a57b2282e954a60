"""Routes of a case's materials: residents upload, promise, defer; officers check promises."""

from typing import Any
from uuid import UUID

from app.applications import materials, promises
from app.applications.promises import Result, Signed
from app.foundation.transaction import atomic
from app.identity.types import Role
from blueprints.applications.material_schemas import (
    CheckedOut,
    CheckIn,
    DuePromiseOut,
    PromiseIn,
    PromisesQuery,
    PromiseTextOut,
    UploadsIn,
)
from blueprints.applications.schemas import VersionOut
from blueprints.support.access import Audience, allow, current_officer, current_resident
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import decode, page, page_of
from blueprints.support.preconditions import if_match

blp = Blueprint("case-materials", __name__, url_prefix="/api/v1/applications", description="办件材料")
staff_blp = Blueprint("promises", __name__, url_prefix="/api/v1/staff", description="告知承诺核查")
OFFICERS = (Role.CASE_OFFICER,)
ONE = "/<uuid:case_id>/materials/<int:position>"


@blp.put(f"{ONE}/uploads")
@allow(Audience.RESIDENT)
@if_match
@blp.arguments(UploadsIn)
@blp.response(200, VersionOut)
@blp.alt_response(404)
@blp.alt_response(409)
@blp.alt_response(412)
def attach(payload: dict[str, Any], case_id: UUID, position: int, version: int) -> object:
    """Let my uploads stand for a material; copies of identity papers carry a watermark (上传材料)."""
    resident = current_resident().resident_id
    files = materials.attach(resident, case_id, position, payload["uploads"], version=version)
    with atomic():
        return _version(materials.attached(resident, case_id, position, files, version=version))


@blp.get(f"{ONE}/promise")
@allow(Audience.RESIDENT)
@blp.response(200, PromiseTextOut)
@blp.alt_response(404)
@blp.alt_response(409)
def read_promise(case_id: UUID, position: int) -> object:
    """What I would be promising, and what follows (告知书、承诺书)."""
    return materials.promise_text(current_resident().resident_id, case_id, position)


@blp.put(f"{ONE}/promise")
@allow(Audience.RESIDENT)
@if_match
@blp.arguments(PromiseIn)
@blp.response(200, VersionOut)
@blp.alt_response(404)
@blp.alt_response(409)
@blp.alt_response(412)
def promise(payload: dict[str, Any], case_id: UUID, position: int, version: int) -> object:
    """Promise in writing instead of handing in (告知承诺)."""
    resident = current_resident().resident_id
    with atomic():
        return _version(materials.promise(resident, case_id, position, Signed(**payload), version=version))


@blp.put(f"{ONE}/deferral")
@allow(Audience.RESIDENT)
@if_match
@blp.response(200, VersionOut)
@blp.alt_response(404)
@blp.alt_response(409)
@blp.alt_response(412)
def defer(case_id: UUID, position: int, version: int) -> object:
    """Say that a material follows later (容缺)."""
    with atomic():
        return _version(materials.defer(current_resident().resident_id, case_id, position, version=version))


@blp.delete(ONE)
@allow(Audience.RESIDENT)
@if_match
@blp.response(200, VersionOut)
@blp.alt_response(404)
@blp.alt_response(409)
@blp.alt_response(412)
def take_back(case_id: UUID, position: int, version: int) -> object:
    """Undo what I chose about a material of a draft (重新选择)."""
    with atomic():
        return _version(
            materials.take_back(current_resident().resident_id, case_id, position, version=version)
        )


@staff_blp.get("/promises")
@allow(Audience.OFFICER, roles=OFFICERS)
@staff_blp.arguments(PromisesQuery, location="query")
@staff_blp.response(200, page_of(DuePromiseOut))
def list_promises(query: dict[str, Any]) -> object:
    """Promises of approved cases in my scope that are to be checked (待核查承诺)."""
    after, size = decode(query["cursor"], UUID), query["page_size"]
    found = promises.due(current_officer(), after=after[0] if after else None, limit=size + 1)
    paged = page(found, size, lambda row: (row[0],))
    return {**paged, "items": [row for _, row in paged["items"]]}


@staff_blp.post("/tasks/<uuid:case_id>/materials/<int:position>/check")
@allow(Audience.OFFICER, roles=OFFICERS)
@idempotent(required=True)
@if_match
@staff_blp.arguments(CheckIn)
@staff_blp.response(200, CheckedOut)
@staff_blp.alt_response(404)
@staff_blp.alt_response(409)
@staff_blp.alt_response(412)
def check(payload: dict[str, Any], case_id: UUID, position: int, version: int) -> object:
    """Write what the check of a promise found, with its consequences (核查结果)."""
    with atomic():
        status, now = promises.check(current_officer(), case_id, position, Result(**payload), version=version)
    return {"status": status, "version": now}


@staff_blp.post("/tasks/<uuid:case_id>/materials/<int:position>/repair")
@allow(Audience.OFFICER, roles=OFFICERS)
@if_match
@staff_blp.response(200, VersionOut)
@staff_blp.alt_response(404)
@staff_blp.alt_response(409)
@staff_blp.alt_response(412)
def repair(case_id: UUID, position: int, version: int) -> object:
    """Note that what was promised wrongly has been put right (信用修复)."""
    with atomic():
        return {"version": promises.repair(current_officer(), case_id, position, version=version)}


def _version(version: int) -> tuple[dict[str, int], int, dict[str, str]]:
    return {"version": version}, 200, {"ETag": f'"{version}"'}
