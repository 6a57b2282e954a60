"""Requests as they go over the wire."""

from collections.abc import Mapping


def request(
    method: str, target: str, *, headers: Mapping[str, str] | None = None, body: bytes = b""
) -> bytes:
    """Return one HTTP/1.1 request; a body is JSON."""
    fields = {"Host": "127.0.0.1", **(headers or {})}
    if body:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode() + body


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a session."""
    return {"Authorization": f"Bearer {token}"}
