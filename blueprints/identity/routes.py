"""Residents log in with WeChat, bind a phone number, prove who they are, and see where they are logged in."""

from typing import Any
from uuid import UUID

from app.foundation import masking
from app.foundation.transaction import atomic
from app.identity import login, phones, sessions, verification
from app.identity.types import LoggedIn, VerificationState
from app.residents import profiles
from blueprints.identity.devices import device
from blueprints.identity.schemas import (
    CodeIn,
    LoggedInOut,
    PhoneOut,
    RealNameIn,
    SessionPageOut,
    VerificationOut,
    VerificationStartedOut,
)
from blueprints.support.access import Audience, allow, current_resident
from blueprints.support.blueprint import Blueprint

blp = Blueprint("auth", __name__, url_prefix="/api/v1/auth", description="登录、手机号、实名认证与登录设备")

MESSAGES = {
    VerificationState.PASSED: "实名认证已通过",
    VerificationState.PENDING: "还没有收到核验结果，请完成人脸核身后再确认",
    VerificationState.FAILED: "核验未通过，请核对姓名和身份证号后重新发起，或到窗口办理",
}


@blp.post("/wechat/login")
@allow(Audience.PUBLIC)
@blp.arguments(CodeIn)
@blp.response(200, LoggedInOut)
def log_in(body: dict[str, Any]) -> object:
    """Log in with a wx.login code (微信登录); a code counts once."""
    return _shown(login.login_with_wechat(body["code"], device()))


@blp.post("/wechat/phone")
@allow(Audience.RESIDENT)
@blp.arguments(CodeIn)
@blp.response(200, PhoneOut)
def bind_phone(body: dict[str, Any]) -> object:
    """Bind the phone number (绑定手机号); replacing one needs a fresh login."""
    number, assurance = phones.bind_phone(current_resident(), body["code"])
    return {"phone": masking.phone(number), "assurance": assurance}


@blp.post("/identity")
@allow(Audience.RESIDENT)
@blp.arguments(RealNameIn)
@blp.response(201, VerificationStartedOut)
def start_real_name(body: dict[str, Any]) -> object:
    """Start real-name verification (实名认证)."""
    return verification.start(current_resident().resident_id, body["name"], body["id_number"])


@blp.post("/identity/<uuid:verification_id>/confirm")
@allow(Audience.RESIDENT)
@blp.response(200, VerificationOut)
def confirm_real_name(verification_id: UUID) -> object:
    """Let the server ask the provider how it ended; the phone's word is not asked for."""
    view = verification.confirm(current_resident().resident_id, verification_id)
    message = MESSAGES.get(view.state, "本次实名认证已结束，请重新发起")
    return {
        "verification_id": view.verification_id,
        "state": view.state,
        "assurance": view.assurance,
        "message": message,
    }


@blp.post("/logout")
@allow(Audience.RESIDENT)
@blp.response(204)
def log_out() -> None:
    """End this session (退出登录)."""
    with atomic():
        sessions.revoke(current_resident().session_id)


@blp.get("/sessions")
@allow(Audience.RESIDENT)
@blp.response(200, SessionPageOut)
def list_sessions() -> object:
    """List where one is logged in (登录设备)."""
    me = current_resident()
    items = [
        {
            "session_id": found.session_id,
            "device": found.device,
            "created_at": found.created_at,
            "last_seen_at": found.last_seen_at,
            "current": found.session_id == me.session_id,
        }
        for found in sessions.listed(me.resident_id)
    ]
    return {"items": items, "next_cursor": None}


@blp.delete("/sessions/<uuid:session_id>")
@allow(Audience.RESIDENT)
@blp.response(204)
def end_session(session_id: UUID) -> None:
    """Log another device out (下线设备)."""
    with atomic():
        sessions.revoke_own(current_resident().resident_id, session_id)


def _shown(logged_in: LoggedIn) -> dict[str, Any]:
    profile = profiles.profile(logged_in.resident_id)
    return {
        "token": logged_in.token,
        "expires_at": logged_in.expires_at,
        "is_new": logged_in.is_new,
        "resident": {
            "id": logged_in.resident_id,
            "assurance": logged_in.assurance,
            "display_name": profile.display_name,
            "care_mode": profile.care_mode,
            "closing_at": logged_in.closing_at,
        },
    }
