"""Edits say which version they saw: `If-Match: "3"` becomes `version=3`."""

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import request

from blueprints.support.blueprint import document_header
from blueprints.support.requests import BadRequest

P = ParamSpec("P")
R = TypeVar("R")
PATTERN = r'^(?:W/)?"?[0-9]{1,9}"?$'
_VERSION = re.compile(r'(?:W/)?("?)([0-9]{1,9})\1')


class PreconditionRequired(BadRequest):
    """An edit without `If-Match`."""

    code = "precondition.required"
    message = "请刷新页面后再修改"


class PreconditionUnreadable(BadRequest):
    """An `If-Match` that is not a version of ours."""

    code = "precondition.unreadable"
    message = "请刷新页面后再修改"


def if_match(view: Callable[P, R]) -> Callable[P, R]:
    """Hand the view `version=`, the number in `If-Match` (quotes, `W/` allowed); above `@blp.arguments`."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        kwargs["version"] = _version(request.headers.get("If-Match"))
        return view(*args, **kwargs)

    document_header(checked, "If-Match", "the version this edit is based on", required=True, pattern=PATTERN)
    return checked


def _version(header: str | None) -> int:
    if header is None:
        raise PreconditionRequired
    match = _VERSION.fullmatch(header.strip())
    if match is None:
        raise PreconditionUnreadable
    return int(match[2])
