"""One transaction per unit of work; what leaves the process waits for the commit."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

import structlog

from app.foundation.database import session

Effect: TypeAlias = Callable[[], object]
_pending: ContextVar[list[Effect] | None] = ContextVar("pending_effects", default=None)
_seen: ContextVar[dict[Hashable, Any] | None] = ContextVar("seen_in_work", default=None)
_log = structlog.get_logger(__name__)


@contextmanager
def atomic() -> Iterator[None]:
    """Commit on success, roll back on error, then run what `on_commit` collected.

    Nested use joins the outer unit of work.
    """
    if _pending.get() is not None:
        yield
        return
    effects: list[Effect] = []
    token, seen = _pending.set(effects), _seen.set({})
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _pending.reset(token)
        _seen.reset(seen)
    for effect in effects:
        _run(effect)


def on_commit(effect: Effect) -> None:
    """Run `effect` once the current unit of work is durable; pass ids, never rows."""
    pending = _pending.get()
    if pending is None:
        raise RuntimeError("on_commit() needs an enclosing atomic()")
    pending.append(effect)


def seen_here() -> dict[Hashable, Any]:
    """Return what this unit of work has read and means to read once; nothing outlives it.

    Whoever writes what stands here writes it here too. Outside of a unit of work nothing is kept.
    """
    seen = _seen.get()
    return {} if seen is None else seen


def _run(effect: Effect) -> None:
    """Run one effect; its failure cannot undo the commit, so it is logged and swept up later."""
    try:
        effect()
    except Exception as error:  # noqa: BLE001 the work is durable; the sweep will ring again
        _log.warning("effect.failed", kind=type(error).__name__)
