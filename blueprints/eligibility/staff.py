"""Authoring of policies and match runs, for officers (政策管理)."""

from datetime import date
from typing import Any
from uuid import UUID

from app.eligibility import authoring, daily_runs, endings, publication, queries, staff_queries, trials
from app.eligibility.types import TrialKind
from app.foundation.transaction import atomic
from app.identity.types import Role
from blueprints.eligibility.staff_schemas import (
    DailyRunOut,
    DraftOut,
    EndingIn,
    EndingOut,
    ListedPolicyOut,
    PolicyEditIn,
    PolicyIn,
    PolicyListQuery,
    PreviewOut,
    PublicationIn,
    PublicationOut,
    RetrospectionIn,
    RetrospectionOut,
    RunOut,
    TrialBegunOut,
)
from blueprints.support.access import Audience, allow, current_officer
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import PageQuery, decode, page, page_of
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
        return authoring.draft_new(payload, author=current_officer())


@blp.get("/policies")
@allow(Audience.OFFICER, roles=EITHER)
@blp.arguments(PolicyListQuery, location="query")
@blp.response(200, page_of(ListedPolicyOut))
def listed(query: dict[str, Any]) -> object:
    """Policies of one's region by state, area, department and due review (政策清单)."""
    size, after = query.pop("page_size"), decode(query.pop("cursor"), str, int)
    wanted = staff_queries.Wanted(**query)
    rows = staff_queries.listed(wanted, officer=current_officer(), after=after, limit=size + 1)
    return page(rows, size, lambda row: (row.policy_id, row.version))


@blp.get("/policies/<string:policy_id>")
@allow(Audience.OFFICER, roles=EITHER)
@blp.response(200, DraftOut)
@blp.alt_response(404)
def read(policy_id: str) -> object:
    """The draft of a policy, else its published version (查看草稿)."""
    with atomic():
        return authoring.draft(policy_id, officer=current_officer())


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
        return authoring.draft_edit(policy_id, payload, revision=version, author=current_officer())


@blp.post("/policies/<string:policy_id>/preview")
@allow(Audience.OFFICER, roles=EITHER)
@blp.response(202, TrialBegunOut)
@blp.alt_response(404)
def preview(policy_id: str) -> object:
    """Begin counting who would match, before anyone is told (发布前预览)."""
    with atomic():
        return {"id": trials.start_preview(policy_id, officer=current_officer())}


@blp.get("/previews/<uuid:preview_id>")
@allow(Audience.OFFICER, roles=EITHER)
@blp.response(200, PreviewOut)
@blp.alt_response(404)
def read_preview(preview_id: UUID) -> object:
    """What a preview counted so far (预览结果)."""
    return staff_queries.trial(TrialKind.PREVIEW, preview_id, officer=current_officer())


@blp.post("/policies/<string:policy_id>/retrospections")
@allow(Audience.OFFICER, roles=EITHER)
@blp.arguments(RetrospectionIn)
@blp.response(202, TrialBegunOut)
@blp.alt_response(403)
@blp.alt_response(404)
def look_back(payload: dict[str, Any], policy_id: str) -> object:
    """Begin counting who would have been eligible in a past period; nobody is told (追溯匹配)."""
    period = payload["first"], payload["last"]
    with atomic():
        begun = trials.start_retrospection(
            policy_id, period, version=payload["version"], officer=current_officer()
        )
        return {"id": begun}


@blp.get("/retrospections/<uuid:retrospection_id>")
@allow(Audience.OFFICER, roles=EITHER)
@blp.response(200, RetrospectionOut)
@blp.alt_response(404)
def read_retrospection(retrospection_id: UUID) -> object:
    """What a retrospection counted so far (追溯结果)."""
    return staff_queries.trial(TrialKind.RETROSPECTION, retrospection_id, officer=current_officer())


@blp.post("/policies/<string:policy_id>/publication")
@allow(Audience.OFFICER, roles=APPROVERS)
@idempotent(required=False)
@blp.arguments(PublicationIn)
@blp.response(202, PublicationOut)
@blp.alt_response(403)
@blp.alt_response(409)
def publish(payload: dict[str, Any], policy_id: str) -> object:
    """Approve and publish; matching begins (审批发布)."""
    with atomic():
        said = publication.Said(**payload)
        return publication.publish(policy_id, approver=current_officer(), said=said)


@blp.get("/match-runs/<uuid:run_id>")
@allow(Audience.OFFICER, roles=(*EITHER, Role.OPERATOR))
@blp.response(200, RunOut)
@blp.alt_response(404)
def run(run_id: UUID) -> object:
    """How far a match run is (匹配任务)."""
    return queries.run(run_id, officer=current_officer())


@blp.get("/daily-runs")
@allow(Audience.OFFICER, roles=(*EITHER, Role.OPERATOR))
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(DailyRunOut))
def days(query: dict[str, Any]) -> object:
    """The days on which everybody was matched, newest first (每日匹配)."""
    after, size = decode(query["cursor"], date.fromisoformat, str), query["page_size"]
    rows = daily_runs.listed(after=after, limit=size + 1)
    return page(rows, size, lambda row: (row.as_of.isoformat(), row.scope))


@blp.post("/policy-endings")
@allow(Audience.OFFICER, roles=EITHER)
@idempotent(required=False)
@blp.arguments(EndingIn)
@blp.response(201, EndingOut)
@blp.alt_response(403)
@blp.alt_response(404)
def propose_ending(payload: dict[str, Any]) -> object:
    """Propose to end a set of policies, with what would be lost (提议废止)."""
    with atomic():
        return endings.propose(payload["policy_ids"], act=payload["act"], officer=current_officer())


@blp.get("/policy-endings/<uuid:ending_id>")
@allow(Audience.OFFICER, roles=EITHER)
@blp.response(200, EndingOut)
@blp.alt_response(404)
def read_ending(ending_id: UUID) -> object:
    """An act that ends policies, and how far their matches are marked (废止进度)."""
    return staff_queries.ending(ending_id, officer=current_officer())


@blp.post("/policy-endings/<uuid:ending_id>/approval")
@allow(Audience.OFFICER, roles=APPROVERS)
@idempotent(required=False)
@blp.response(202, EndingOut)
@blp.alt_response(403)
@blp.alt_response(404)
@blp.alt_response(409)
def approve_ending(ending_id: UUID) -> object:
    """End the whole set, together (审批废止)."""
    with atomic():
        return endings.approve(ending_id, approver=current_officer())
