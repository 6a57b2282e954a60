"""HTTP as a client speaks it: JSON in, JSON out, and the status that was expected."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import urllib3

from tour.telling import Surprise

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(slots=True)
class Wire:
    """A connection to one server, with the token of whoever speaks."""

    base: str
    token: str | None = None
    pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(
            maxsize=8, retries=False, timeout=urllib3.Timeout(connect=2, read=10)
        )
    )

    def send(
        self, method: str, path: str, body: object = None, *, expect: int | None = None, **headers: str
    ) -> Reply:
        """Send a request; raises Surprise where the status is not the one expected."""
        sent = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        payload = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        raw = self.pool.request(method, self.base + path, body=payload, headers=sent)
        text = raw.data.decode()
        is_json = raw.headers.get("Content-Type", "").startswith("application/json")
        reply = Reply(raw.status, json.loads(text) if is_json and text else text, raw.headers)
        if expect is not None and reply.status != expect:
            raise Surprise(f"{method} {path}: 应为 {expect}，实为 {reply.status} {reply.body}")
        return reply

    def get(self, path: str, *, expect: int = 200) -> Any:
        """Read something."""
        return self.send("GET", path, expect=expect).body

    def post(self, path: str, body: object = None, *, expect: int = 200, **headers: str) -> Any:
        """Post something."""
        return self.send("POST", path, body if body is not None else {}, expect=expect, **headers).body

    def put(self, path: str, body: object, *, expect: int = 200, **headers: str) -> Any:
        """Put something."""
        return self.send("PUT", path, body, expect=expect, **headers).body


def new_key() -> str:
    """Return an Idempotency-Key for one intent."""
    return str(uuid4())


def until(look: Callable[[], T | None], *, what: str, seconds: float = 10) -> T:
    """Look again and again until something is there; raises Surprise after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Surprise(f"等了 {seconds:.0f} 秒仍没有等到：{what}")
        time.sleep(0.1)
