"""One log line and one histogram sample per request, by route template: never a path, a query or a name.

The line is written without the processors of structlog: a fifth of its cost, and nothing in it is free text.
"""

from typing import TYPE_CHECKING

import orjson
import structlog
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

_children: dict[tuple[str, str, int], Histogram] = {}


class AccessLog:
    """Writes the request's line to `sink`, one JSON object each."""

    def __init__(self, sink: structlog.BytesLogger) -> None:
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
