"""What happens around every request: id, deadline, address, access, headers, log line, session given back."""

import random
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from flask import Flask, Response, current_app, g, request
from flask.json.provider import JSONProvider

from app.foundation import deadlines
from app.foundation.database import session
from blueprints.support import access, errors
from blueprints.support.blueprint import takes_body, takes_query
from blueprints.support.edge import Edge, nothing
from blueprints.support.requests import BoundedRequest, check_address
from blueprints.support.strict_json import check_no_body
from blueprints.support.telemetry import REQUEST_ID, ROUTE, AccessLog, GatheredLines
from config.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SECURITY_HEADERS = [
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
]
UNLESS_SAID = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)


class OrjsonProvider(JSONProvider):
    """JSON out through orjson; bodies come in through strict_json only."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Serialise; UUID, date and aware datetime (UTC with `Z`) included."""
        return orjson.dumps(obj, option=orjson.OPT_UTC_Z).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Parse (used by Flask's test client)."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer with JSON bytes."""
        body = orjson.dumps(self._prepare_response_obj(args, kwargs), option=orjson.OPT_UTC_Z)
        return current_app.response_class(body, mimetype="application/json")


class Application(Flask):
    """Flask with what belongs to every answer put on at its edge, where headers are a plain list.

    It does not look, at every call of every view and hook, whether they might be asynchronous.
    """

    request_class = BoundedRequest
    json_provider_class = OrjsonProvider
    access_log: AccessLog
    at_the_edge: Edge = staticmethod(nothing)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func`: everything here is synchronous."""
        return func

    def wsgi_app(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request, with its id and headers, and log it."""
        started = time.perf_counter()
        request_id = f"{random.getrandbits(128):032x}"
        environ[REQUEST_ID] = request_id

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            said = {name for name, _ in headers}
            headers += SECURITY_HEADERS
            headers += [header for header in UNLESS_SAID if header[0] not in said]
            headers.append(("X-Request-Id", request_id))
            self.access_log.record(environ, status=int(status[:3]), seconds=time.perf_counter() - started)
            return start_response(status, headers, *error)

        answer = self.at_the_edge(environ)
        if answer is None:
            return super().wsgi_app(environ, start)
        environ[ROUTE] = answer.route
        start(answer.status, answer.headers)
        return [answer.body]


def prepare(app: Application, settings: Settings) -> None:
    """Give `app` its limits, errors and the hooks around a request."""
    app.config.update(
        API_TITLE="掌上办",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        MAX_FORM_PARTS=50,
    )
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    errors.install(app)
    app.extensions["settings"] = settings
    app.access_log = AccessLog(GatheredLines(sys.stdout.buffer))
    app.before_request(_begin)
    app.teardown_request(_give_back)


def _begin() -> None:
    asked = request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 the documented way past the proxy
    request_id = g.request_id = asked.environ[REQUEST_ID]
    structlog.contextvars.bind_contextvars(request_id=request_id)
    deadlines.start()
    rule = asked.url_rule
    if rule is None:
        return
    asked.environ[ROUTE] = rule.rule
    if asked.method == "OPTIONS":
        return
    view = current_app.view_functions[rule.endpoint]
    access.enforce(view)
    check_address(asked, takes_query=takes_query(view))
    if not takes_body(view):
        check_no_body(asked)


def _give_back(_: BaseException | None) -> None:
    if session.registry.has():
        session.remove()
    deadlines.clear()
    structlog.contextvars.clear_contextvars()
