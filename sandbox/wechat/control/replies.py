"""JSON in and out of the control port."""

from typing import Any

import orjson
from aiohttp import web

from sandbox.wechat.documents import BadDocument


def reply(value: Any, *, status: int = 200) -> web.Response:
    """Answer with JSON."""
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


async def document_of(request: web.Request) -> Any:
    """Read the JSON body; an empty one counts as an empty object. Raises BadDocument."""
    raw = await request.read()
    try:
        return orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        raise BadDocument("the body is not JSON") from None
