"""Authoring of policies and match runs, for officers (政策管理)."""

from typing import Any
from uuid import UUID

from app.eligibility import queries, service
from app.foundation.transaction import atomic
from app.identity.types import Role
from blueprints.eligibility.schemas import (
    DraftOut,
    PolicyEditIn,
    PolicyIn,
    PreviewOut,
    PublicationOut,
    RunOut,
)
from blueprints.support.access import Audience, allow, current_officer
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.preconditions import if_match

blp = Blueprint("staff-policies", __name__, url_prefix="/api/v1/staff", description="政策管理（工作人员）")
AUTHORS, APPROVERS = (Role.POLICY_AUTHOR,), (Role.POLICY_APPROVER,)
EITHER = (*AUTHORS, *APPROVERS)


@blp.post("/policies")
@allow(Audience.OFFICER, roles=AUTHORS)
@idempotent(required=False)
@blp.arguments(PolicyIn)
@blp.response(201, DraftOut)
@blp.alt_response(403)
@blp.alt_response(409)
def write(payload: dict[str, Any]) -> object:
    """Write the draft of a new policy (起草)."""
    with atomic():
        return service.draft_new(payload, author=current_officer())


@blp.get("/policies/<string:policy_id>")
@allow(Audience.OFFICER, roles=EITHER)
@blp.response(200, DraftOut)
@blp.alt_response(404)
def read(policy_id: str) -> object:
    """The draft of a policy, else its published version (查看草稿)."""
    with atomic():
        return service.draft(policy_id, officer=current_officer())


@blp.put("/policies/<string:policy_id>")
@allow(Audience.OFFICER, roles=AUTHORS)
@if_match
@blp.arguments(PolicyEditIn)
@blp.response(200, DraftOut)
@blp.alt_response(404)
@blp.alt_response(412)
def edit(payload: dict[str, Any], policy_id: str, version: int) -> object:
    """Change the draft, or begin one from the published version (修改草稿)."""
    with atomic():
        return service.draft_edit(policy_id, payload, revision=version, author=current_officer())


@blp.post("/policies/<string:policy_id>/preview")
@allow(Audience.OFFICER, roles=EITHER)
@blp.response(200, PreviewOut)
@blp.alt_response(404)
def preview(policy_id: str) -> object:
    """Count who would match, before anyone is told (发布前预览)."""
    with atomic():
        return service.preview(policy_id, officer=current_officer())


@blp.post("/policies/<string:policy_id>/publication")
@allow(Audience.OFFICER, roles=APPROVERS)
@idempotent(required=False)
@blp.response(202, PublicationOut)
@blp.alt_response(403)
@blp.alt_response(409)
def publish(policy_id: str) -> object:
    """Approve and publish; matching begins (审批发布)."""
    with atomic():
        return {"run_id": service.publish(policy_id, approver=current_officer())}


@blp.get("/match-runs/<uuid:run_id>")
@allow(Audience.OFFICER, roles=(*EITHER, Role.OPERATOR))
@blp.response(200, RunOut)
@blp.alt_response(404)
def run(run_id: UUID) -> object:
    """How far a match run is (匹配任务)."""
    return queries.run(run_id, officer=current_officer())
