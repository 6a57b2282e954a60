"""The table of endpoints (接口表): path, method, whether a token is asked for, and who answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.wechat.call import JSON_TYPE, Call
from sandbox.wechat.errcodes import Errcode
from sandbox.wechat.world import World

Payload = dict[str, Any]
Handler = Callable[[World, Call], Payload]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path; `wrong_method` is what it says to the other verb, None if it listens all the same."""

    method: str
    answer: Handler
    token: bool
    content_type: str
    wrong_method: Errcode | None


ENDPOINTS: dict[str, Endpoint] = {}


def get(
    path: str, *, token: bool = True, content_type: str = JSON_TYPE, strict: bool = True
) -> Callable[[Handler], Handler]:
    """Register who answers a GET."""
    refusal = Errcode.REQUIRE_GET if strict else None

    def register(handler: Handler) -> Handler:
        ENDPOINTS[path] = Endpoint("GET", handler, token, content_type, refusal)
        return handler

    return register


def post(
    path: str, *, token: bool = True, wrong_method: Errcode = Errcode.REQUIRE_POST
) -> Callable[[Handler], Handler]:
    """Register who answers a POST with a JSON object."""

    def register(handler: Handler) -> Handler:
        ENDPOINTS[path] = Endpoint("POST", handler, token, JSON_TYPE, wrong_method)
        return handler

    return register


def done(**fields: Any) -> Payload:
    """Say that it went well."""
    return {"errcode": 0, "errmsg": "ok", **fields}
