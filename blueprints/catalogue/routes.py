"""What can be applied for: list and search, guides, themes of life, the region tree. Public."""

from typing import Any

from app.catalogue import queries
from blueprints.catalogue import guide
from blueprints.catalogue.memory import remembered
from blueprints.catalogue.schemas import GuideOut, RegionsOut, ServicePageOut, ServiceQuery, ThemesOut
from blueprints.support import pagination
from blueprints.support.access import Audience, allow
from blueprints.support.blueprint import Blueprint

blp = Blueprint(
    "catalogue", __name__, url_prefix="/api/v1", description="事项目录：查找、办事指南、主题、地区"
)
MOST_PASSED_OVER = 1_000_000


@blp.get("/services")
@allow(Audience.PUBLIC)
@remembered
@blp.arguments(ServiceQuery, location="query")
@blp.response(200, ServicePageOut)
def list_services(query: dict[str, Any]) -> object:
    """Find services by words, theme of life, region and audience (事项查找)."""
    size, after = query.pop("page_size"), _position(query.pop("cursor"))
    found = queries.find(**query, after=after, limit=size + 1)
    page = pagination.page(found, size, lambda _: (after + size,))
    return {**page, "items": [guide.summary(listing) for listing in page["items"]]}


@blp.get("/services/<service_id>")
@allow(Audience.PUBLIC)
@remembered
@blp.response(200, GuideOut)
def show_service(service_id: str) -> object:
    """Give everything a resident needs to know before applying (办事指南)."""
    return guide.guide(queries.listing(service_id))


@blp.get("/themes")
@allow(Audience.PUBLIC)
@remembered
@blp.response(200, ThemesOut)
def list_themes() -> object:
    """List the themes of life of persons and enterprises (全生命周期主题)."""
    names = {listing.item.id: listing.item.name for listing in queries.everything()}
    return {"items": [guide.theme(theme, names) for theme in queries.themes()]}


@blp.get("/regions")
@allow(Audience.PUBLIC)
@remembered
@blp.response(200, RegionsOut)
def list_regions() -> object:
    """List the administrative divisions as a tree, parents before children (行政区划)."""
    return {"items": queries.regions()}


def _position(cursor: str | None) -> int:
    keys = pagination.decode(cursor, int)
    if keys is None:
        return 0
    if not 0 <= keys[0] <= MOST_PASSED_OVER:
        raise pagination.BadCursor
    return int(keys[0])
