"""Answers that are none (坏响应): resets, cut bodies, HTML, empty bodies, and bytes that drip."""

import asyncio
import socket
import struct

from aiohttp import web

from sandbox.wechat.call import JSON_TYPE, Answer
from sandbox.wechat.effects import Damage, Effect

HTTP_OK = 200
HTML_TYPE = "text/html"
HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
BOM = b"\xef\xbb\xbf"
LINGER_ZERO = struct.pack("ii", 1, 0)  # closing then sends RST instead of FIN


async def respond(request: web.BaseRequest, effect: Effect, given: Answer | None) -> web.StreamResponse:
    """Write an answer the way an effect wants it."""
    body, content_type = _body(effect, given)
    headers = {"Content-Type": effect.content_type or content_type}
    status = effect.http_status or HTTP_OK
    if effect.damage is Damage.RESET:
        _reset(request)
    elif effect.damage is Damage.TRUNCATED:
        await _truncated(request, body, headers)
    elif effect.slow_drip:
        return await _dripped(request, body, headers=headers, pause=effect.slow_drip)
    return web.Response(status=status, body=body, headers=headers)


def _body(effect: Effect, given: Answer | None) -> tuple[bytes, str]:
    if effect.damage is Damage.EMPTY:
        return b"", JSON_TYPE
    if effect.damage is Damage.JSON_ARRAY:
        return b"[]", JSON_TYPE
    if effect.damage is Damage.HTML or effect.http_status is not None or effect.body is not None:
        return (effect.body or HTML).encode(), HTML_TYPE
    if given is None:
        return HTML.encode(), HTML_TYPE
    prefix = BOM if effect.damage is Damage.BOM else b""
    return prefix + given.encoded(), given.content_type


def _reset(request: web.BaseRequest) -> None:
    transport = request.transport
    if transport is not None:
        connection: socket.socket | None = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        transport.abort()


async def _truncated(request: web.BaseRequest, body: bytes, headers: dict[str, str]) -> None:
    response = web.StreamResponse(headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()


async def _dripped(
    request: web.BaseRequest, body: bytes, *, headers: dict[str, str], pause: float
) -> web.StreamResponse:
    response = web.StreamResponse(headers=headers)
    response.content_length = len(body)
    await response.prepare(request)
    for byte in body:
        await response.write(bytes([byte]))
        await asyncio.sleep(pause)
    await response.write_eof()
    return response
