"""Campaigns, visits and what they came to, for officers (推送进度、上门任务、政策统计)."""

from typing import Any
from uuid import UUID

from app.eligibility import accounts, statistics, visiting
from app.eligibility.outreach import accounts as outreach
from app.eligibility.visiting import Wanted
from app.foundation.transaction import atomic
from app.identity.types import Role
from blueprints.eligibility.campaign_schemas import AccountOut, PolicyStatisticsOut, SteerIn
from blueprints.eligibility.delivery_schemas import DeliveryAccountOut, DeliveryOut
from blueprints.eligibility.visit_schemas import (
    VisitCardOut,
    VisitOut,
    VisitQuery,
    VisitReportOut,
    VisitResultIn,
)
from blueprints.support.access import Audience, allow, current_officer
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import PageQuery, decode, page, page_of
from blueprints.support.preconditions import if_match

blp = Blueprint("staff-campaigns", __name__, url_prefix="/api/v1/staff", description="推送与上门（工作人员）")
READERS = (Role.POLICY_AUTHOR, Role.POLICY_APPROVER, Role.OPERATOR)
STEERERS = (Role.POLICY_APPROVER, Role.OPERATOR)
VISITORS = (Role.GRID_WORKER,)


@blp.get("/match-runs/<uuid:run_id>/campaign")
@allow(Audience.OFFICER, roles=READERS)
@blp.response(200, AccountOut)
@blp.alt_response(404)
def account(run_id: UUID) -> object:
    """How far the pushes of a run are, and what became of everybody (推送账目)."""
    return accounts.account(run_id, officer=current_officer())


@blp.post("/match-runs/<uuid:run_id>/campaign")
@allow(Audience.OFFICER, roles=STEERERS)
@idempotent(required=False)
@blp.arguments(SteerIn)
@blp.response(200, AccountOut)
@blp.alt_response(404)
@blp.alt_response(409)
def steer(payload: dict[str, Any], run_id: UUID) -> object:
    """Pause, resume or cancel the pushes of a run (暂停、恢复、取消推送)."""
    with atomic():
        return accounts.steer(run_id, payload["action"], reason=payload["reason"], officer=current_officer())


@blp.get("/match-runs/<uuid:run_id>/visits")
@allow(Audience.OFFICER, roles=(*READERS, *VISITORS))
@blp.response(200, VisitReportOut)
@blp.alt_response(404)
def report(run_id: UUID) -> object:
    """Who was not reached by phone, by community (未触达人员报告)."""
    return visiting.report(run_id, officer=current_officer())


@blp.get("/visits")
@allow(Audience.OFFICER, roles=VISITORS)
@blp.arguments(VisitQuery, location="query")
@blp.response(200, page_of(VisitOut))
def visits(query: dict[str, Any]) -> object:
    """The visits of my region; names are masked, reading is audited (上门任务)."""
    after, size = decode(query.pop("cursor"), UUID), query.pop("page_size")
    with atomic():
        found = visiting.listed(
            current_officer(), Wanted(**query), after=after[0] if after else None, limit=size + 1
        )
    return page(found, size, lambda visit: (visit.id,))


@blp.get("/visits/<uuid:visit_id>")
@allow(Audience.OFFICER, roles=VISITORS)
@blp.response(200, VisitCardOut)
@blp.alt_response(404)
@blp.alt_response(409)
def card(visit_id: UUID) -> object:
    """One visit with name and how to find the person; audited (上门任务详情)."""
    return visiting.card(visit_id, officer=current_officer())


@blp.post("/visits/<uuid:visit_id>/result")
@allow(Audience.OFFICER, roles=VISITORS)
@idempotent(required=False)
@if_match
@blp.arguments(VisitResultIn)
@blp.response(204)
@blp.alt_response(404)
@blp.alt_response(409)
@blp.alt_response(412)
def close(payload: dict[str, Any], visit_id: UUID, version: int) -> None:
    """Close a visit with its result (上门结果)."""
    with atomic():
        visiting.close(visit_id, result=payload["result"], version=version, officer=current_officer())


@blp.get("/deliveries")
@allow(Audience.OFFICER, roles=READERS)
@blp.arguments(PageQuery, location="query")
@blp.response(200, page_of(DeliveryOut))
def deliveries(query: dict[str, Any]) -> object:
    """What data platforms delivered, and what was refused and why (数据平台交付)."""
    after, size = decode(query["cursor"], UUID), query["page_size"]
    found = outreach.listed(after=after[0] if after else None, limit=size + 1)
    return page(found, size, lambda delivery: (delivery.id,))


@blp.get("/deliveries/<uuid:delivery_id>")
@allow(Audience.OFFICER, roles=READERS)
@blp.response(200, DeliveryAccountOut)
@blp.alt_response(404)
def delivery(delivery_id: UUID) -> object:
    """What a delivery came to, region by region; numbers under five only in one's own (交付账目)."""
    return outreach.account(delivery_id, officer=current_officer())


@blp.get("/policies/<string:policy_id>/statistics")
@allow(Audience.OFFICER, roles=READERS)
@blp.response(200, PolicyStatisticsOut)
@blp.alt_response(403)
@blp.alt_response(404)
def policy_statistics(policy_id: str) -> object:
    """What telling people of a policy came to (政策统计)."""
    return statistics.of_policy(policy_id, officer=current_officer())
