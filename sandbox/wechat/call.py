"""One request to the API port as every later step sees it, and the answer to it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox.wechat.apps import App

JSON_TYPE = "application/json; encoding=utf-8"
TEXT_TYPE = "text/plain"


@dataclass(slots=True)
class Call:
    """A request; `body` is None unless it is a JSON object, `app` is known once the token is checked."""

    method: str
    path: str
    query: dict[str, str]
    raw: bytes
    remote: str
    body: dict[str, Any] | None
    app: App | None = None
    openid: str | None = None
    concurrent: bool = False
    flags: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, *, method: str, target: str, raw: bytes = b"", remote: str = "127.0.0.1") -> "Call":
        """Take a request apart; `target` is path and query as on the request line."""
        path, _, query = target.partition("?")
        call = cls(method, path, dict(parse_qsl(query, keep_blank_values=True)), raw, remote, _object(raw))
        fields = call.body or {}
        named = call.query.get("openid") or fields.get("touser") or fields.get("openid")
        call.openid = named if isinstance(named, str) else None
        if b"\\u" in raw:
            call.flags.append("escaped_unicode")
        return call

    @property
    def account(self) -> App:
        """The app that the checked token belongs to."""
        if self.app is None:
            raise LookupError("this endpoint takes no token")
        return self.app

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON body, checked before the endpoint is asked."""
        return self.body or {}

    def text(self, name: str) -> str:
        """Return a string of the JSON body, or the empty string."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: always HTTP 200 unless a fault says otherwise."""

    payload: dict[str, Any]
    content_type: str = JSON_TYPE

    @property
    def errcode(self) -> int:
        """The business result; success may carry none."""
        return int(self.payload.get("errcode", 0))

    def encoded(self) -> bytes:
        """Return the body."""
        return orjson.dumps(self.payload)


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None
