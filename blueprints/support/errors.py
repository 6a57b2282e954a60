"""Every refusal, ours or the framework's, leaves in one shape; statuses are chosen here only."""

import traceback
from http import HTTPStatus
from typing import Any

import structlog
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, current_app, g, got_request_exception
from flask_smorest import Api
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from app.foundation import database_errors as database
from app.foundation.errors import (
    DomainError,
    Forbidden,
    InvalidInput,
    NotFound,
    RuleViolation,
    StaleVersion,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from app.foundation.idempotency import KeyReused
from blueprints.support.requests import BadRequest
from blueprints.support.wording import in_chinese

_log = structlog.get_logger(__name__)

STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (NotFound, 404),
    (RuleViolation, 409),
    (InvalidInput, 422),
    (KeyReused, 422),
    (database.OutOfRange, 422),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (StaleVersion, 412),
    (TooManyRequests, 429),
    (Unavailable, 503),
    (BadRequest, 400),
)
"""The first that fits; a DomainError of no listed kind is a rule that said no: 409."""

MESSAGES = {
    400: "请求格式有误，请检查后再试",
    401: Unauthenticated.message,
    403: Forbidden.message,
    404: NotFound.message,
    405: "不支持这种请求方式",
    406: "无法提供所要求的格式",
    408: "请求超时，请重试",
    413: "提交的内容太大，请缩小后再试",
    414: "请求地址太长",
    415: "不支持这种内容格式",
    422: InvalidInput.message,
    429: TooManyRequests.message,
    431: "请求头太大",
    500: "系统出了点问题，请稍后再试；如果仍不行，请把编号告诉客服",
    503: Unavailable.message,
}


class ProblemOut(Schema):
    """The one shape of a refusal."""

    code = fields.String(required=True, metadata={"description": "stable; clients switch on it"})
    message = fields.String(required=True, metadata={"description": "Chinese; says the next step"})
    errors = fields.Dict(keys=fields.String(), metadata={"description": "per field path"})
    request_id = fields.String(required=True)


class ComponentNames:
    """Names schemas in the document: by their class, and by package too where two classes share a name."""

    def __init__(self) -> None:
        self._owners: dict[str, type[Any]] = {}

    def __call__(self, schema: Any) -> str:
        """Return the component's name of a schema class or instance."""
        owner = schema if isinstance(schema, type) else type(schema)
        name = owner.__name__
        if self._owners.setdefault(name, owner) is owner:
            return name
        package = owner.__module__.split(".")[-2].capitalize()
        self._owners.setdefault(package + name, owner)
        return package + name


class ProblemApi(Api):
    """flask-smorest, answering in our shape and keeping HTTP's own headers (`Allow`, `Retry-After`)."""

    ERROR_SCHEMA = ProblemOut

    def __init__(self, app: Flask) -> None:
        plugin = MarshmallowPlugin(schema_name_resolver=ComponentNames())
        super().__init__(app, spec_kwargs={"marshmallow_plugin": plugin})

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Rewrite the framework's errors as ours."""
        if error.response is not None:
            return current_app.make_response(error.response)  # a redirect, already whole
        status = error.code or 500
        if status == HTTPStatus.NOT_MODIFIED:
            return current_app.response_class(status=status)
        data: dict[str, Any] = getattr(error, "data", None) or {}
        errors = _flat(data.get("messages") or data.get("errors") or {}) if data else None
        message = MESSAGES.get(
            status, MESSAGES[400] if status < HTTPStatus.INTERNAL_SERVER_ERROR else MESSAGES[500]
        )
        response = problem(f"http.{status}", message, status, errors=errors)
        for name, value in error.get_headers():
            if name not in {"Content-Type", "Content-Length"}:
                response.headers[name] = value
        return response


def problem(code: str, message: str, status: int, *, errors: dict[str, list[str]] | None = None) -> Response:
    """Build the one shape."""
    body: dict[str, Any] = {"code": code, "message": message, "request_id": g.get("request_id", "")}
    if errors:
        body["errors"] = errors
    return current_app.response_class(
        current_app.json.dumps(body), status=status, mimetype="application/json"
    )


def refuse(error: DomainError) -> Response:
    """Answer a domain error with its stable code and its message."""
    status = next((code for kind, code in STATUS if isinstance(error, kind)), HTTPStatus.CONFLICT)
    errors = error.errors if isinstance(error, InvalidInput) else None
    response = problem(error.code, error.message, status, errors=errors)
    if (seconds := getattr(error, "retry_after", None)) is not None:
        response.headers["Retry-After"] = str(seconds)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def unexpected(error: Exception) -> Response:
    """Answer anything else: what the database meant, or a generic 500, logged by kind and place only."""
    if (known := database.meaning(error)) is not None:
        _log.warning("request.database", code=known.code, kind=type(error).__name__)
        return refuse(known)
    place = [
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    _log.error("request.failed", kind=type(error).__qualname__, place=place[-6:])
    got_request_exception.send(current_app._get_current_object(), exception=error)  # type: ignore[attr-defined] # noqa: SLF001 the documented way to the real object
    return problem("internal", MESSAGES[500], 500)


def install(app: Flask) -> None:
    """Register the handlers that flask-smorest does not."""
    app.register_error_handler(DomainError, refuse)
    app.register_error_handler(Exception, unexpected)


def _flat(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Flatten marshmallow's messages to `path.to.field: [texts]`; the location (json, query) is left out."""
    if isinstance(messages, dict):
        found: dict[str, list[str]] = {}
        for key, value in messages.items():
            inner = (
                path
                if not path and key in {"json", "query", "form", "files", "headers"}
                else f"{path}.{key}".lstrip(".")
            )
            found.update(_flat(value, inner))
        return found
    texts = messages if isinstance(messages, list) else [messages]
    return {path or "_": [in_chinese(str(text)) for text in texts]}
