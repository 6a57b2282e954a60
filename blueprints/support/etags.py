"""Cheap answers that keep the contract: a version decides 304 before any query; bytes go out as they are."""

from flask import Response, request

REVALIDATE = "private, no-cache"


def unchanged(version: object, *, cache_control: str = REVALIDATE) -> Response | None:
    """Return a 304 where the client already has `version`; ask before any query."""
    tag = f'"{version}"'
    asked = request.environ.get("HTTP_IF_NONE_MATCH")
    if asked is None or not (asked == tag or request.if_none_match.contains_weak(str(version))):
        return None
    return Response(status=304, headers={"ETag": tag, "Cache-Control": cache_control})


def json_reply(
    body: bytes, *, version: object | None = None, status: int = 200, cache_control: str = REVALIDATE
) -> Response:
    """Answer with already serialised JSON; `@blp.response` lets it pass and still documents its schema."""
    response = Response(body, status=status, mimetype="application/json")
    if version is not None:
        response.headers["ETag"] = f'"{version}"'
        response.headers["Cache-Control"] = cache_control
    return response
