"""`Idempotency-Key`: the same key and body give the same answer (`Idempotent-Replayed: true`), once done."""

import hashlib
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Response, current_app, make_response, request

from app.foundation import idempotency
from app.foundation.idempotency import Asked, Reply
from app.foundation.transaction import atomic
from blueprints.support.access import principal_key
from blueprints.support.blueprint import document_header
from blueprints.support.requests import BadRequest

V = TypeVar("V", bound=Callable[..., Any])
HEADER, LONGEST = "Idempotency-Key", 255
PATTERN = r"^[!-~](?:[ -~]{0,253}[!-~])?$"
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")


class KeyRequired(BadRequest):
    """A write that must name its key did not."""

    code = "idempotency.key_required"
    message = "请更新小程序后再提交"


class KeyUnreadable(BadRequest):
    """The key is empty, longer than 255 characters or not printable ASCII."""

    code = "idempotency.key_unreadable"
    message = "请更新小程序后再提交"


def idempotent(*, required: bool) -> Callable[[V], Callable[..., Response]]:
    """Do the view's effect once per principal and key. Stands above `@blp.arguments` and `@blp.response`."""

    def decorate(view: V) -> Callable[..., Response]:
        @wraps(view)
        def once(*args: Any, **kwargs: Any) -> Response:
            key = request.headers.get(HEADER)
            if key is None:
                if required:
                    raise KeyRequired
                return make_response(view(*args, **kwargs))
            asked = Asked(principal_key(), _readable(key), _route(), _fingerprint())
            with atomic():
                if (stored := idempotency.earlier(asked)) is not None:
                    return _replay(stored)
                response = make_response(view(*args, **kwargs))
                if response.status_code < HTTPStatus.BAD_REQUEST:
                    idempotency.keep(asked, _kept(response))
                return response

        document_header(
            once, HEADER, "one per intent, ≤ 255 printable characters", required=required, pattern=PATTERN
        )
        return once

    return decorate


def _readable(key: str) -> str:
    if not 0 < len(key) <= LONGEST or not (key.isascii() and key.isprintable()):
        raise KeyUnreadable
    return key


def _route() -> str:
    return f"{request.method} {request.url_rule}"


def _fingerprint() -> bytes:
    """Hash what was asked: path, query, body; of a multipart body its parts, since its boundary changes."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\0".encode())
    if request.mimetype != "multipart/form-data":
        digest.update(request.get_data(cache=True))
        return digest.digest()
    for name, value in sorted(request.form.items(multi=True)):
        digest.update(f"{len(name)}:{name}{len(value)}:{value}".encode())
    for name, upload in sorted(request.files.items(multi=True), key=lambda part: part[0]):
        content = hashlib.file_digest(upload.stream, "sha256").digest()  # type: ignore[arg-type] # werkzeug types it as IO[bytes]
        upload.stream.seek(0)
        digest.update(f"{len(name)}:{name}{upload.filename!r}".encode() + content)
    return digest.digest()


def _kept(response: Response) -> Reply:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return Reply(response.status_code, response.get_data(as_text=True), headers)


def _replay(stored: Reply) -> Response:
    response = current_app.response_class(stored.body, status=stored.status, headers=dict(stored.headers))
    response.headers["Idempotent-Replayed"] = "true"
    return response
