"""`/me`: settings, facts and consents of the resident who asks."""

from typing import Any

from app.foundation.errors import NotFound
from app.foundation.transaction import atomic
from app.residents import consents, disputes, facts, profiles, refresh
from app.residents.types import Purpose, QuietHours
from blueprints.residents import presenters
from blueprints.residents.schemas import (
    ConsentIn,
    ConsentOut,
    ConsentPageOut,
    DisputeIn,
    DisputeOut,
    FactOut,
    FactPageOut,
    MeIn,
    MeOut,
    RefreshIn,
    RefreshOut,
    StatementIn,
    SubjectQuery,
)
from blueprints.support.access import Audience, allow, current_resident
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.preconditions import if_match

blp = Blueprint("me", __name__, url_prefix="/api/v1/me", description="我的信息、事实与授权")


@blp.get("")
@allow(Audience.RESIDENT)
@blp.response(200, MeOut)
def show_me() -> object:
    """Show oneself and one's settings (我的)."""
    return presenters.me(current_resident())


@blp.patch("")
@allow(Audience.RESIDENT)
@if_match
@blp.arguments(MeIn)
@blp.response(200, MeOut)
def change_me(body: dict[str, Any], *, version: int) -> object:
    """Change one's settings (设置)."""
    return _changed(body, version)


@blp.post("/settings")
@allow(Audience.RESIDENT)
@if_match
@blp.arguments(MeIn)
@blp.response(200, MeOut)
def change_settings(body: dict[str, Any], *, version: int) -> object:
    """Change one's settings, for wx.request, which cannot send PATCH (设置)."""
    return _changed(body, version)


@blp.get("/facts")
@allow(Audience.RESIDENT)
@blp.arguments(SubjectQuery, location="query")
@blp.response(200, FactPageOut)
def list_facts(query: dict[str, Any]) -> object:
    """List what is known and by whom, and what is not known (我的信息)."""
    resident_id = current_resident().resident_id
    consent = consents.granted(resident_id, Purpose.MATCHING)
    entries = facts.listed(resident_id, query["subject_id"])
    return {"items": [presenters.fact(entry, consent=consent) for entry in entries], "next_cursor": None}


@blp.put("/facts/<string:name>")
@allow(Audience.RESIDENT)
@blp.arguments(SubjectQuery, location="query")
@blp.arguments(StatementIn)
@blp.response(200, FactOut)
def state_fact(query: dict[str, Any], body: dict[str, Any], name: str) -> object:
    """Give one's own word (本人声明); it stands beside a department's and never over it."""
    resident_id = current_resident().resident_id
    with atomic():
        entry = facts.state(resident_id, name, body["value"], subject_id=query["subject_id"])
        return presenters.fact(entry, consent=consents.granted(resident_id, Purpose.MATCHING))


@blp.post("/facts/refresh")
@allow(Audience.RESIDENT)
@blp.arguments(RefreshIn)
@blp.response(200, RefreshOut)
def refresh_facts(body: dict[str, Any]) -> object:
    """Ask the departments again (更新信息); those that do not answer are named."""
    return refresh.refresh(current_resident().resident_id, dict.fromkeys(body["purposes"]))


@blp.post("/facts/<string:name>/disputes")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.arguments(SubjectQuery, location="query")
@blp.arguments(DisputeIn)
@blp.response(201, DisputeOut)
def dispute_fact(query: dict[str, Any], body: dict[str, Any], name: str) -> object:
    """Object to a department's fact (信息有误)."""
    with atomic():
        resident_id = current_resident().resident_id
        return {"id": disputes.dispute(resident_id, name, body["reason"], subject_id=query["subject_id"])}


@blp.get("/consents")
@allow(Audience.RESIDENT)
@blp.response(200, ConsentPageOut)
def list_consents() -> object:
    """List every purpose, its notice and one's decision (授权管理)."""
    return {"items": consents.listed(current_resident().resident_id), "next_cursor": None}


@blp.get("/consents/<string:purpose>")
@allow(Audience.RESIDENT)
@blp.response(200, ConsentOut)
def show_consent(purpose: str) -> object:
    """Show one purpose, its notice and one's decision."""
    return consents.view(current_resident().resident_id, _purpose(purpose))


@blp.put("/consents/<string:purpose>")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.arguments(ConsentIn)
@blp.response(200, ConsentOut)
def grant_consent(body: dict[str, Any], purpose: str) -> object:
    """Allow something (同意)."""
    with atomic():
        return consents.grant(
            current_resident().resident_id, _purpose(purpose), notice_version=body["notice_version"]
        )


@blp.delete("/consents/<string:purpose>")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.response(200, ConsentOut)
def withdraw_consent(purpose: str) -> object:
    """Stop allowing something, at once (撤回同意)."""
    with atomic():
        return consents.withdraw(current_resident().resident_id, _purpose(purpose))


def _changed(body: dict[str, Any], version: int) -> dict[str, Any]:
    if body.get("quiet_hours"):
        body["quiet_hours"] = QuietHours(**body["quiet_hours"])
    with atomic():
        profiles.change(current_resident().resident_id, body, version=version)
        return presenters.me(current_resident())


def _purpose(name: str) -> Purpose:
    """Read the purpose in the address; raises NotFound."""
    try:
        return Purpose(name)
    except ValueError:
        raise NotFound from None
