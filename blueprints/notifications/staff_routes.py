"""推送 routes of operations: what somebody was told, and one more try of what nobody knows."""

from typing import Any
from uuid import UUID

from app.foundation.transaction import atomic
from app.identity.types import Role
from app.notifications import resending
from blueprints.notifications.schemas import PushOut, PushQuery, ResendIn
from blueprints.support.access import Audience, allow, current_officer
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import decode, page, page_of

blp = Blueprint("staff-pushes", __name__, url_prefix="/api/v1/staff", description="推送查询与重发（运行）")


@blp.get("/pushes")
@allow(Audience.OFFICER, roles=(Role.OPERATOR,))
@blp.arguments(PushQuery, location="query")
@blp.response(200, page_of(PushOut))
def pushes(query: dict[str, Any]) -> object:
    """What people were told in WeChat, word for word; looking is audited (推送查询)."""
    after, size = decode(query["cursor"], UUID), query["page_size"]
    wanted = resending.Wanted(
        resident=query["resident_id"],
        state=query["state"],
        before=None if after is None else after[0],
        limit=size + 1,
    )
    with atomic():
        found = resending.pushes(wanted, officer=current_officer())
    return page(found, size, lambda push: (push.id,))


@blp.post("/pushes/<uuid:push_id>/resending")
@allow(Audience.OFFICER, roles=(Role.OPERATOR,))
@idempotent(required=False)
@blp.arguments(ResendIn)
@blp.response(200, PushOut)
@blp.alt_response(404)
@blp.alt_response(409)
def resend(payload: dict[str, Any], push_id: UUID) -> object:
    """Try a push whose result is unknown once more, with a reason (人工重发)."""
    with atomic():
        return resending.resend(push_id, reason=payload["reason"], officer=current_officer())
