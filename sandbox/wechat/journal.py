"""The journal (请求日志): every request and its result, secrets and personal data fingerprinted."""

import itertools
from collections import deque
from typing import Any

from sandbox.wechat.call import Answer, Call
from sandbox.wechat.tokens import fingerprint

KEPT = 20_000
SECRET_FIELDS = frozenset(
    {
        "access_token",
        "appsecret",
        "cert_name",
        "cert_no",
        "code",
        "js_code",
        "phonenumber",
        "purephonenumber",
        "secret",
        "session_key",
    }
)


class Journal:
    """The last 20,000 requests."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)

    def note(
        self, call: Call, answer: Answer | None, *, at: float, seconds: float, fault: str | None = None
    ) -> None:
        """Write one request down; `answer` is None if the fault left none."""
        self._entries.append(
            {
                "id": next(self._numbers),
                "at": at,
                "method": call.method,
                "path": call.path,
                "query": redacted(call.query),
                "body": redacted(call.body),
                "openid": call.openid,
                "appid": call.app.appid if call.app else None,
                "errcode": answer.errcode if answer else None,
                "reply": redacted(answer.payload) if answer else None,
                "milliseconds": round(seconds * 1000, 3),
                "fault": fault,
                "flags": call.flags,
            }
        )

    def entries(self, *, path: str | None = None, openid: str | None = None) -> list[dict[str, Any]]:
        """List what was noted, oldest first, for one path or one user if asked."""
        return [
            entry
            for entry in self._entries
            if (path is None or entry["path"] == path) and (openid is None or entry["openid"] == openid)
        ]


def redacted(value: Any) -> Any:
    """Copy a JSON value with every secret replaced by its fingerprint."""
    if isinstance(value, dict):
        return {
            key: fingerprint(str(held)) if key.lower() in SECRET_FIELDS else redacted(held)
            for key, held in value.items()
        }
    if isinstance(value, list):
        return [redacted(held) for held in value]
    return value
