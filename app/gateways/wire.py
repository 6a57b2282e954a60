"""One bounded HTTP connection pool per outside system, over urllib3.

Knows the one thing callers must know of a failure: whether any byte of the request can have been processed.
Every wait has an end: for a free connection, for the connection, and for the *whole* reply however slowly it
drips. No redirects, no retries, no proxies or credentials from the environment; a path (it may hold a secret)
never reaches a log or an exception. Only the system's resolver keeps its own time limits.
"""

import http.client
import io
import logging
import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    EmptyPoolError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

CONNECT_SECONDS, READ_SECONDS = 2.0, 5.0
POOL_SECONDS: Final = 2
LARGEST_REPLY: Final = 1 << 20
_CHUNK: Final = 1 << 16
_QUERY = re.compile(r"\?[^\s\"']*")


class Unreached(Exception):
    """No byte of the request was processed: no free connection, no address, no connection, no handshake."""


class Unanswered(Exception):
    """Bytes left and no whole reply came back in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply, whatever it means."""

    status: int
    body: bytes


class Wire:
    """The connections to one system; shared by all threads of the process."""

    def __init__(
        self,
        base: str,
        *,
        connections: int,
        read_seconds: float = READ_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        largest_reply: int = LARGEST_REPLY,
    ) -> None:
        """Point at `base` (scheme, host, perhaps a path); nothing is opened before the first request."""
        parts = urlsplit(base)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("a gateway's base is an http or https URL")
        self._prefix = parts.path.rstrip("/")
        self._limits = Timeout(connect=connect_seconds, read=read_seconds)
        self._largest_reply = largest_reply
        self._pool = _pool(parts.scheme, parts.hostname, parts.port, connections)

    def request(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Ask once; raises Unreached or Unanswered with a short reason, never with the path."""
        failure: Unreached | Unanswered
        try:
            return self._ask(method, self._prefix + path, body, headers)
        except (EmptyPoolError, NewConnectionError, ConnectTimeoutError) as error:
            failure = Unreached(_why_unreached(error))
        except (HTTPError, OSError) as error:
            failure = Unanswered(_why_unanswered(error))
        raise failure  # outside the handler, so that not even __context__ holds the URL

    def close(self) -> None:
        """Close every idle connection."""
        self._pool.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None) -> Reply:
        response = self._pool.urlopen(
            method,
            path,
            body=body,
            headers=headers or {},
            retries=False,
            redirect=False,
            timeout=self._limits,
            pool_timeout=POOL_SECONDS,
            preload_content=False,
            decode_content=False,
        )
        content = bytearray()
        try:
            while chunk := response.read(_CHUNK):  # to the end: only there a reply cut short is noticed
                content += chunk
                if len(content) > self._largest_reply:
                    raise Unanswered("reply_too_large")
        finally:
            response.close()  # does nothing to a connection already given back; an unread one is closed
            response.release_conn()
        return Reply(response.status, bytes(content))


class _TimedReader(io.RawIOBase):
    """Reads a reply until its deadline; a socket's own timeout starts anew with every byte."""

    def __init__(self, raw: Any, sock: socket.socket) -> None:
        self._raw, self._sock = raw, sock
        self._deadline = time.monotonic() + (sock.gettimeout() or READ_SECONDS)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """A reply whose read timeout counts for the whole of it."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _Plain(HTTPConnection):
    """A connection over TCP."""

    response_class = _TimedResponse


class _Secure(HTTPSConnection):
    """A connection over TLS whose failed handshake counts as no connection."""

    response_class = _TimedResponse

    def connect(self) -> None:
        try:
            super().connect()
        except OSError:  # the request has not been written yet, whatever the handshake died of
            failure = NewConnectionError(self, "tls")
        else:
            return
        raise failure


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


def _pool(scheme: str, host: str, port: int | None, connections: int) -> HTTPConnectionPool:
    if scheme == "http":
        return _PlainPool(host, port, maxsize=connections, block=True)
    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())  # slim images ship no authorities of their own
    return _SecurePool(host, port, maxsize=connections, block=True, ssl_context=trusted)


def _why_unreached(error: Exception) -> str:
    match error:
        case EmptyPoolError():
            return "no_free_connection"
        case NameResolutionError():
            return "name_not_resolved"
        case _:
            return "no_connection"


def _why_unanswered(error: Exception) -> str:
    match error:
        case ReadTimeoutError() | TimeoutError():
            return "timeout"
        case _:
            return "cut_off"


class _WithoutQueries(logging.Filter):
    """Takes query strings out of urllib3's own lines: they hold secrets and tokens."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub("?…", record.getMessage()), None
        return True


for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.response"):
    logging.getLogger(_name).addFilter(_WithoutQueries())
