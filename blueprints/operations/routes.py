"""运行监测 routes: JSON for programs, a page for people."""

from pathlib import Path
from typing import Any

from flask import Response

from app.foundation.errors import NotFound
from app.operations import reports
from blueprints.operations.schemas import SummaryOut, SummaryQuery
from blueprints.support.access import Audience, allow, current_officer
from blueprints.support.blueprint import Blueprint

blp = Blueprint("operations", __name__, url_prefix="/api/v1/ops", description="运行监测")
page_blp = Blueprint("operations-page", __name__, url_prefix="/ops", description="运行监测页面")

_FILES = {
    "": ("page.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
}
_BYTES = {
    name: ((Path(__file__).parent / "page" / file).read_bytes(), kind)
    for name, (file, kind) in _FILES.items()
}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'"


@blp.get("/summary")
@allow(Audience.OPERATOR)
@blp.arguments(SummaryQuery, location="query")
@blp.response(200, SummaryOut)
@blp.alt_response(403)
def summary(query: dict[str, Any]) -> object:
    """The numbers of a period: logins, matches, pushes, cases, ratings (运行概况)."""
    return reports.summary(current_officer(), **query)


@page_blp.get("/", defaults={"name": ""})
@page_blp.get("/<string:name>")
@allow(Audience.PUBLIC)
@page_blp.response(200, {"type": "string"}, content_type="text/html")
@page_blp.alt_response(404)
def page(name: str) -> Response:
    """The page itself; its numbers come from the API after a staff login (运行监测页面)."""
    if name not in _BYTES:
        raise NotFound
    body, kind = _BYTES[name]
    response = Response(body, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    return response
