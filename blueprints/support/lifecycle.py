"""What happens around every request: id, deadline, address, access, headers, log line, session given back."""

import sys
import time
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from flask import Flask, Response, current_app, g, request
from flask.json.provider import JSONProvider

from app.foundation import deadlines
from app.foundation.database import session
from app.foundation.ids import new_id
from blueprints.support import access, errors
from blueprints.support.blueprint import takes_query
from blueprints.support.requests import BoundedRequest, check_address
from blueprints.support.telemetry import AccessLog
from config.settings import Settings

SECURITY_HEADERS = (
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)
NO_STORE, POLICY = "no-store", "default-src 'none'; frame-ancestors 'none'"


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
    """Flask without looking, at every call of every view and hook, whether it might be asynchronous."""

    request_class = BoundedRequest
    json_provider_class = OrjsonProvider

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func`: everything here is synchronous."""
        return func


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
    log = AccessLog(structlog.BytesLogger(sys.stdout.buffer))
    app.extensions["access_log"] = log
    app.before_request(_begin)
    app.after_request(_finish)
    app.teardown_request(_give_back)


def _begin() -> None:
    g.started = time.perf_counter()
    g.request_id = new_id().hex
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    deadlines.start()
    if request.url_rule is None or request.method == "OPTIONS":
        return
    view = current_app.view_functions[request.url_rule.endpoint]
    access.enforce(view)
    check_address(takes_query=takes_query(view))


def _finish(response: Response) -> Response:
    headers = response.headers
    headers.extend(SECURITY_HEADERS)
    headers["X-Request-Id"] = g.request_id
    headers.setdefault("Cache-Control", NO_STORE)
    headers.setdefault("Content-Security-Policy", POLICY)
    current_app.extensions["access_log"].record(response)
    return response


def _give_back(_: BaseException | None) -> None:
    if session.registry.has():
        session.remove()
    deadlines.clear()
    structlog.contextvars.clear_contextvars()
