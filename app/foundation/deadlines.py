"""A request has eight seconds: after that no new statement is started on its behalf."""

import time
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, event

from app.foundation.errors import Unavailable

REQUEST_SECONDS = 8.0
_until: ContextVar[float | None] = ContextVar("deadline", default=None)


class DeadlinePassed(Unavailable):
    """The request took longer than it may."""

    code = "request.deadline_passed"
    message = "系统处理超时，请稍后再试"


def start(seconds: float = REQUEST_SECONDS) -> None:
    """Give the running request (or task) `seconds` from now."""
    _until.set(time.monotonic() + seconds)


def clear() -> None:
    """Lift the deadline."""
    _until.set(None)


def guard(engine: Engine) -> None:
    """Let `engine` refuse statements of a request whose time is over."""
    event.listen(engine, "before_cursor_execute", _refuse_late)


def _refuse_late(*_: Any) -> None:
    until = _until.get()
    if until is not None and time.monotonic() > until:
        _until.set(None)  # the rollback that follows must pass
        raise DeadlinePassed
