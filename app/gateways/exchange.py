"""One HTTP/1.1 request and its reply over an open socket (RFC 9112): what a JSON API needs and nothing else.

`http.client` under urllib3 takes 0.15 ms of processor time for an exchange, most of it for reading headers as
if they were e-mail; this takes 0.04, and a campaign makes millions. A reply is taken whole or not at all:
every length is checked, every wait ends at the deadline, and what is not HTTP is an error, never an answer.
"""

import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

LARGEST_HEAD, LARGEST_REPLY = 1 << 16, 1 << 20
_CHUNK = 1 << 16
_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: [^\r\n]*)?")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n]*?)[ \t]*")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,6})[ \t]*(?:;[^\r\n]*)?")
_PRINTABLE = re.compile(r"[!-~]+")
_TEXT = re.compile(r"[ -~]*")
_NO_BODY = frozenset({204, 304})


class NotHttp(Exception):
    """The other side closed in the middle of a reply, or says what is no reply."""


class TooLarge(Exception):
    """The reply is larger than any that we would understand."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply, whatever it means."""

    status: int
    body: bytes


def request(method: str, host: str, target: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
    """Return the bytes of a request; raises ValueError for what could break out of its line."""
    if not _PRINTABLE.fullmatch(target) or not _PRINTABLE.fullmatch(method):
        raise ValueError("a request target is printable ASCII without spaces")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Accept-Encoding: identity"]
    for name, value in headers.items():
        if not _PRINTABLE.fullmatch(name) or ":" in name or not _TEXT.fullmatch(value):
            raise ValueError("a header is printable ASCII on one line")
        lines.append(f"{name}: {value}")
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "\r\n")).encode() + (body or b"")


def ask(
    sock: socket.socket, sent: bytes, *, seconds: float, largest: int = LARGEST_REPLY
) -> tuple[Reply, bool]:
    """Send a request and read its reply within `seconds`; also says whether the connection may be kept.

    Raises OSError (TimeoutError at the deadline), NotHttp or TooLarge; the connection is then of no more use.
    """
    deadline = time.monotonic() + seconds
    sock.settimeout(seconds)
    sock.sendall(sent)
    reader = _Reader(sock, deadline, largest)
    status, keep, fields = _head(reader)
    while status < 200:  # noqa: PLR2004 1xx: the reply proper is still to come
        status, keep, fields = _head(reader)
    if status in _NO_BODY:
        body = b""
    elif b"transfer-encoding" in fields:
        body = _chunks(reader, fields[b"transfer-encoding"])
    elif b"content-length" in fields:
        body = reader.exactly(_length(fields[b"content-length"]))
    else:
        body, keep = reader.rest(), False
    return Reply(status, body), keep and not reader.left


class _Reader:
    """What has come in and was not looked at yet."""

    def __init__(self, sock: socket.socket, deadline: float, largest: int) -> None:
        self._sock, self._deadline, self.largest = sock, deadline, largest
        self.left = b""

    def until(self, mark: bytes) -> bytes:
        """Return what comes before `mark`, and step over it."""
        while (end := self.left.find(mark)) < 0:
            if len(self.left) > LARGEST_HEAD:
                raise NotHttp
            self._more()
        found, self.left = self.left[:end], self.left[end + len(mark) :]
        return found

    def exactly(self, count: int) -> bytes:
        """Return so many bytes."""
        if count > self.largest:
            raise TooLarge
        parts, missing = [self.left], count - len(self.left)
        while missing > 0:
            self.left = b""
            self._more()
            parts.append(self.left)
            missing -= len(self.left)
        whole = b"".join(parts)
        self.left = whole[count:]
        return whole[:count]

    def rest(self) -> bytes:
        """Return everything until the other side closes."""
        parts, size = [self.left], len(self.left)
        while part := self._received():
            parts.append(part)
            size += len(part)
            if size > self.largest:
                raise TooLarge
        self.left = b""
        return b"".join(parts)

    def _more(self) -> None:
        part = self._received()
        if not part:
            raise NotHttp
        self.left += part

    def _received(self) -> bytes:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        self._sock.settimeout(left)
        return self._sock.recv(_CHUNK)


def _head(reader: _Reader) -> tuple[int, bool, dict[bytes, bytes]]:
    """Read status line and headers: the status, whether the connection may be kept, the fields by name."""
    first, *lines = reader.until(b"\r\n\r\n").split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise NotHttp
    fields: dict[bytes, bytes] = {}
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise NotHttp
        name, value = field[1].lower(), field[2]
        if name in _FRAMING and fields.get(name, value) != value:
            raise NotHttp  # two lengths: nobody knows where the reply ends
        fields[name] = value
    keep = status[1] == b"1" and b"close" not in fields.get(b"connection", b"").lower()
    return int(status[2]), keep, fields


_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


def _length(value: bytes) -> int:
    if not value.isdigit():
        raise NotHttp
    return int(value)


def _chunks(reader: _Reader, coding: bytes) -> bytes:
    """Read a chunked body (RFC 9112, 7.1), its trailers included."""
    if coding.lower() != b"chunked":
        raise NotHttp
    parts, size = list[bytes](), 0
    while length := _size(reader.until(b"\r\n")):
        size += length
        if size > reader.largest:
            raise TooLarge
        parts.append(reader.exactly(length))
        if reader.until(b"\r\n"):
            raise NotHttp
    while reader.until(b"\r\n"):
        pass
    return b"".join(parts)


def _size(line: bytes) -> int:
    found = _SIZE.fullmatch(line)
    if found is None:
        raise NotHttp
    return int(found[1], 16)
