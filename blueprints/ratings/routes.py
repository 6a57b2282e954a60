"""好差评 routes: residents rate their own cases, officers answer 差评."""

from typing import Any
from uuid import UUID

from app.foundation.transaction import atomic
from app.identity.types import Role
from app.ratings import queries, service
from app.ratings.service import Given
from blueprints.ratings.schemas import (
    RatedOut,
    RatingIn,
    RatingOptionsOut,
    RatingOut,
    RatingsQuery,
    RectificationIn,
)
from blueprints.support.access import Audience, allow, current_officer, current_resident
from blueprints.support.blueprint import Blueprint
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import decode, page, page_of

blp = Blueprint("ratings", __name__, url_prefix="/api/v1/applications", description="好差评")
staff_blp = Blueprint(
    "staff-ratings", __name__, url_prefix="/api/v1/staff/ratings", description="好差评（工作人员）"
)
OFFICERS = (Role.CASE_OFFICER,)


@blp.get("/<uuid:case_id>/ratings")
@allow(Audience.RESIDENT)
@blp.response(200, RatingOptionsOut)
@blp.alt_response(404)
def options(case_id: UUID) -> object:
    """What may be rated, the five levels and their reasons (评价页)."""
    return queries.options(current_resident().resident_id, case_id)


@blp.post("/<uuid:case_id>/ratings")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.arguments(RatingIn)
@blp.response(201, RatedOut)
@blp.alt_response(404)
@blp.alt_response(409)
def rate(payload: dict[str, Any], case_id: UUID) -> object:
    """Rate one stage, once (评价)."""
    with atomic():
        return {"id": service.rate(current_resident().resident_id, case_id, Given(**payload))}


@staff_blp.get("")
@allow(Audience.OFFICER, roles=OFFICERS)
@staff_blp.arguments(RatingsQuery, location="query")
@staff_blp.response(200, page_of(RatingOut))
def list_ratings(query: dict[str, Any]) -> object:
    """What my department was told, newest first; who said it is not shown (评价列表)."""
    after, size = decode(query["cursor"], UUID), query["page_size"]
    found = queries.ratings(
        current_officer(), score=query["score"], after=after[0] if after else None, limit=size + 1
    )
    return page(found, size, lambda rating: (rating.id,))


@staff_blp.post("/<uuid:rating_id>/rectification")
@allow(Audience.OFFICER, roles=OFFICERS)
@idempotent(required=False)
@staff_blp.arguments(RectificationIn)
@staff_blp.response(204)
@staff_blp.alt_response(404)
@staff_blp.alt_response(409)
def rectify(payload: dict[str, Any], rating_id: UUID) -> None:
    """Answer a 差评 and say what was done (整改回复)."""
    with atomic():
        service.rectify(current_officer(), rating_id, reply=payload["reply"])
