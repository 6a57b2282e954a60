"""One log line and one histogram sample per request, by route template: never a path, a query or a name.

The line is written without the processors of structlog: a fifth of its cost, and nothing in it is free text.
"""

import atexit
import contextlib
import threading
from collections import deque
from typing import TYPE_CHECKING, BinaryIO, Protocol

import orjson
from prometheus_client import Histogram

from app.foundation import clock

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

REQUEST_ID, ROUTE = "zhangshangban.request_id", "zhangshangban.route"
"""Where a request's WSGI environment holds its id and the template of the route it took."""
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 8.0)
DURATION = Histogram(
    "http_request_seconds",
    "Time to answer, by route template",
    ("method", "route", "status"),
    buckets=BUCKETS,
)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
UNKNOWN = "none"
WRITE_EVERY_SECONDS, MOST_LINES = 0.1, 100_000

_children: dict[tuple[str, str, int], Histogram] = {}


class Sink(Protocol):
    """What takes a line."""

    def info(self, line: bytes, /) -> object:
        """Take one line, without its end."""


class GatheredLines:
    """Lines written together every tenth of a second, so that no request waits for a system call of the log.

    Lost are lines that a killed process had not written yet, and those that a full disk does not take.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: deque[bytes] = deque(maxlen=MOST_LINES)
        self._writing = threading.Lock()
        self._started = False

    def info(self, line: bytes) -> None:
        """Take one line; the first starts the thread that writes, which so belongs to the worker process."""
        self._lines.append(line)
        if not self._started:
            self._start()

    def write(self) -> None:
        """Write what was gathered; lines that come meanwhile are the next time's."""
        with self._writing:
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            with contextlib.suppress(OSError):
                if lines:
                    self._stream.write(b"\n".join(lines) + b"\n")
                    self._stream.flush()

    def _start(self) -> None:
        with self._writing:
            if self._started:
                return
            self._started = True
        atexit.register(self.write)
        threading.Thread(target=self._keep_writing, name="access-log", daemon=True).start()

    def _keep_writing(self) -> None:
        pause = threading.Event()
        while not pause.wait(WRITE_EVERY_SECONDS):
            self.write()


class AccessLog:
    """Writes the request's line to `sink`, one JSON object each."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def record(self, environ: "WSGIEnvironment", *, status: int, seconds: float) -> None:
        """Note how a request ended."""
        method = environ["REQUEST_METHOD"]
        if method not in METHODS:
            method = UNKNOWN
        route = environ.get(ROUTE, UNKNOWN)
        child = _children.get((method, route, status))
        if child is None:
            child = _children[(method, route, status)] = DURATION.labels(method, route, str(status))
        child.observe(seconds)
        line = {
            "event": "request",
            "timestamp": clock.now(),
            "request_id": environ[REQUEST_ID],
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
        }
        self._sink.info(orjson.dumps(line, option=orjson.OPT_UTC_Z))
