"""免申即享 routes of residents: what waits for a tap, one of them filled in, the tap, doing without."""

from typing import Any
from uuid import UUID

from app.applications import grant_views, granting
from app.foundation.transaction import atomic
from blueprints.applications.grant_schemas import (
    GrantOut,
    GrantQuery,
    GrantReceiptOut,
    GrantsOut,
    RefusalIn,
)
from blueprints.support.access import Audience, allow, current_resident
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.preconditions import if_match

blp = Blueprint("grants", __name__, url_prefix="/api/v1/me/grants", description="免申即享")


@blp.get("")
@allow(Audience.RESIDENT)
@blp.arguments(GrantQuery, location="query")
@blp.response(200, GrantsOut)
@blp.alt_response(404)
def waiting(query: dict[str, Any]) -> object:
    """What waits for my tap (待确认的待遇)."""
    with atomic():
        return {"items": grant_views.waiting(current_resident().resident_id, **query)}


@blp.get("/<string:policy_id>")
@allow(Audience.RESIDENT)
@blp.arguments(GrantQuery, location="query")
@blp.response(200, GrantOut)
@blp.alt_response(404)
@blp.alt_response(409)
def read(query: dict[str, Any], policy_id: str) -> object:
    """One grant, filled in from what the departments know (确认单)."""
    found = granting.opened(current_resident().resident_id, policy_id, **query)
    return found, 200, {"ETag": f'"{found.version}"'}


@blp.post("/<uuid:grant_id>/confirmation")
@allow(Audience.RESIDENT)
@idempotent(required=True)
@if_match
@blp.response(201, GrantReceiptOut)
@blp.alt_response(404)
@blp.alt_response(409)
@blp.alt_response(412)
def confirm(grant_id: UUID, version: int) -> object:
    """Confirm what was shown; a second tap gets the same receipt (确认领取)."""
    with atomic():
        return granting.confirm(current_resident().resident_id, grant_id, version=version)


@blp.post("/<uuid:grant_id>/refusal")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.arguments(RefusalIn)
@blp.response(204)
@blp.alt_response(404)
@blp.alt_response(409)
def refuse(payload: dict[str, Any], grant_id: UUID) -> None:
    """Do without it; it is not offered again (不领取)."""
    with atomic():
        granting.decline(current_resident().resident_id, grant_id, **payload)
