"""Officers log in with password and one-time code, and out."""

from typing import Any

from app.foundation.transaction import atomic
from app.identity import officers, sessions
from blueprints.identity.devices import device
from blueprints.identity.schemas import OfficerLoggedInOut, OfficerLoginIn
from blueprints.support.access import Audience, allow, current_officer
from blueprints.support.blueprint import Blueprint

staff_blp = Blueprint("staff_auth", __name__, url_prefix="/api/v1/staff/auth", description="工作人员登录")


@staff_blp.post("/login")
@allow(Audience.PUBLIC)
@staff_blp.arguments(OfficerLoginIn)
@staff_blp.response(200, OfficerLoggedInOut)
def log_in(body: dict[str, Any]) -> object:
    """Log in with password and one-time code (工作人员登录); ends the officer's other sessions."""
    return officers.login(body["username"], body["password"], body["otp"], device())


@staff_blp.post("/logout")
@allow(Audience.OFFICER)
@staff_blp.response(204)
def log_out() -> None:
    """End this session (退出登录)."""
    with atomic():
        sessions.revoke(current_officer().session_id)
