"""A copy of everything, leaving and staying; whom one may act for and who may act for oneself."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify

from app.foundation.transaction import atomic
from app.identity.types import AccountState
from app.residents import closing, exports, mandates, subjects
from blueprints.residents import presenters
from blueprints.residents.schemas import (
    ClosingOut,
    MandateAcceptIn,
    MandateIn,
    MandateOut,
    MandatePageOut,
    SubjectPageOut,
)
from blueprints.support.access import Audience, allow, current_resident
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent

account_blp = Blueprint("account", __name__, url_prefix="/api/v1/me", description="信息副本、注销与委托")

CLOSING = "账号已进入15天注销冷静期；期间重新登录并选择“保留账号”即可撤销，到期后您的个人信息将被删除"


@account_blp.get("/export")
@allow(Audience.RESIDENT, step_up=True)
@account_blp.response(200, {"type": "object"})
def export() -> Response:
    """Hand over a copy of everything, in clear (个人信息副本); needs a fresh login."""
    with atomic():
        copy = presenters.wire(exports.export(current_resident().resident_id))
    response = jsonify(copy)
    response.headers["Content-Disposition"] = 'attachment; filename="zhangshangban-export.json"'
    return response


@account_blp.delete("")
@allow(Audience.RESIDENT, step_up=True)
@account_blp.response(202, ClosingOut)
def close() -> object:
    """Ask for one's account to be closed (注销账号); needs a fresh login, ends every session."""
    with atomic():
        closing_at = closing.request_closing(current_resident().resident_id)
    return {"state": AccountState.CLOSING, "closing_at": closing_at, "message": CLOSING}


@account_blp.delete("/closing")
@allow(Audience.RESIDENT)
@account_blp.response(204)
def keep() -> None:
    """Keep the account after all (撤销注销)."""
    with atomic():
        closing.cancel(current_resident().resident_id)


@account_blp.get("/subjects")
@allow(Audience.RESIDENT)
@account_blp.response(200, SubjectPageOut)
def list_subjects() -> object:
    """List whom one may act for (办理对象)."""
    found = subjects.listed(current_resident().resident_id)
    return {"items": [presenters.subject(one) for one in found], "next_cursor": None}


@account_blp.get("/mandates")
@allow(Audience.RESIDENT)
@account_blp.response(200, MandatePageOut)
def list_mandates() -> object:
    """List the mandates one gave or got (委托)."""
    return {"items": mandates.listed(current_resident().resident_id), "next_cursor": None}


@account_blp.post("/mandates")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@account_blp.arguments(MandateIn)
@account_blp.response(201, MandateOut)
def invite(body: dict[str, Any]) -> object:
    """Let a relative act for oneself: make a code to pass on (发起委托)."""
    with atomic():
        return mandates.invite(current_resident().resident_id, body["relation"])


@account_blp.post("/mandates/acceptance")
@allow(Audience.RESIDENT)
@account_blp.arguments(MandateAcceptIn)
@account_blp.response(200, MandateOut)
def accept(body: dict[str, Any]) -> object:
    """Agree to act for whoever passed on the code (接受委托)."""
    with atomic():
        return mandates.accept(current_resident().resident_id, body["code"])


@account_blp.post("/mandates/<uuid:mandate_id>/confirmation")
@allow(Audience.RESIDENT)
@account_blp.response(200, MandateOut)
def confirm(mandate_id: UUID) -> object:
    """Let the one who accepted act from now on (确认委托)."""
    with atomic():
        return mandates.confirm(current_resident().resident_id, mandate_id)


@account_blp.delete("/mandates/<uuid:mandate_id>")
@allow(Audience.RESIDENT)
@account_blp.response(204)
def end(mandate_id: UUID) -> None:
    """End a mandate, from either side, at once (解除委托)."""
    with atomic():
        mandates.end(current_resident().resident_id, mandate_id)
