"""One bounded HTTP connection pool per outside system: urllib3's connections, our own exchange over them.

Knows the one thing callers must know of a failure: whether any byte of the request can have been processed.
Every wait has an end: for a free connection, for the connection, and for the *whole* reply however slowly it
drips. No redirects, no retries, no proxies or credentials from the environment; a path (it may hold a secret)
never reaches a log or an exception. Only the system's resolver keeps its own time limits.
"""

import ssl
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, LifoQueue
from typing import Final
from urllib.parse import SplitResult, urlsplit

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NameResolutionError

from app.gateways import exchange
from app.gateways.exchange import LARGEST_REPLY
from app.gateways.exchange import Reply as Reply

CONNECT_SECONDS, READ_SECONDS = 2.0, 5.0
POOL_SECONDS: Final = 2


class Unreached(Exception):
    """No byte of the request was processed: no free connection, no address, no connection, no handshake."""


class Unanswered(Exception):
    """Bytes left and no whole reply came back in time."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long we wait for a connection and for a whole reply, and how many bytes a reply may have."""

    connect_seconds: float
    read_seconds: float
    largest_reply: int = LARGEST_REPLY


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
        self._prefix, self._host = parts.path.rstrip("/"), parts.netloc.rpartition("@")[2]
        self.limits = Limits(connect_seconds, read_seconds, largest_reply)
        self.connections = connections
        self._free: LifoQueue[HTTPConnection] = LifoQueue()
        trusted = _trusted() if parts.scheme == "https" else None
        for _ in range(connections):
            self._free.put(_connection(parts, trusted, connect_seconds))
        weakref.finalize(self, _close, self._free)

    def request(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Ask once; raises Unreached or Unanswered with a short reason, never with the path."""
        sent = exchange.request(method, self._host, self._prefix + path, headers or {}, body)
        try:
            connection = self._free.get(timeout=POOL_SECONDS)
        except Empty:
            connection = None
        if connection is None:
            raise Unreached("no_free_connection")
        try:
            return self._ask(connection, sent)
        finally:
            self._free.put(connection)

    def close(self) -> None:
        """Close every idle connection."""
        for connection in _close(self._free):
            self._free.put(connection)

    def _ask(self, connection: HTTPConnection, sent: bytes) -> Reply:
        if not connection.is_connected:  # never opened, or closed by the other side while it rested
            _open(connection)
        reply, keep, failure = None, False, ""
        try:
            reply, keep = exchange.ask(
                connection.sock, sent, seconds=self.limits.read_seconds, largest=self.limits.largest_reply
            )
        except TimeoutError:
            failure = "timeout"
        except exchange.TooLarge:
            failure = "reply_too_large"
        except (exchange.NotHttp, OSError):
            failure = "cut_off"
        finally:
            if not keep:
                connection.close()
        if reply is None:
            raise Unanswered(failure)  # outside the handler, so that not even __context__ holds the URL
        return reply


def _close(free: LifoQueue[HTTPConnection]) -> list[HTTPConnection]:
    """Close what nobody uses now, and return it; a socket does not wait for the collector."""
    idle = []
    with suppress(Empty):
        while True:
            idle.append(free.get_nowait())
    for connection in idle:
        connection.close()
    return idle


def _connection(parts: SplitResult, trusted: ssl.SSLContext | None, seconds: float) -> HTTPConnection:
    host = str(parts.hostname)
    if trusted is None:
        return HTTPConnection(host, parts.port, timeout=seconds)
    return HTTPSConnection(host, parts.port, timeout=seconds, ssl_context=trusted)


def _trusted() -> ssl.SSLContext:
    trusted = ssl.create_default_context()
    trusted.load_verify_locations(certifi.where())  # slim images ship no authorities of their own
    trusted.set_alpn_protocols(["http/1.1"])
    return trusted


def _open(connection: HTTPConnection) -> None:
    """Connect, with the handshake; raises Unreached: nothing has been written yet, whatever it failed of."""
    connection.close()
    reason = ""
    try:
        connection.connect()
    except NameResolutionError:
        reason = "name_not_resolved"
    except (HTTPError, OSError):
        reason = "no_connection"
    if reason:
        connection.close()
        raise Unreached(reason)
