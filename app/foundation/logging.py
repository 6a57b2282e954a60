"""JSON log lines with the request's id, and never anybody's personal data.

Callers log ids and kinds only; as a last line of defence values that look like 身份证号, phone numbers or
bearer tokens are blotted out before a line is written.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, BinaryIO

import orjson
import structlog

from config.settings import Settings

_PERSONAL = re.compile(
    r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})\b"  # kept: ids may hold 11 digits
    r"|((?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9}|\d{16,19})(?!\d)|Bearer\s+\S+)",
    re.ASCII,
)
_stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
_SECRET_QUERY = re.compile(r"((?:secret|access_token|js_code|appsecret)=)[^&\s\"']+")


def configure(settings: Settings) -> None:
    """Send structlog and the standard library's loggers through one JSON writer on stdout."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _stamp,
        structlog.processors.format_exc_info,
        blot,
    ]
    renderer = structlog.processors.JSONRenderer(serializer=_dumps)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        logger_factory=structlog.BytesLoggerFactory(_stdout()),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _text],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def announce(event: str) -> None:
    """Write a line that no log level holds back: whoever started this process waits for it."""
    line = _stamp(None, "", {"event": event, "level": "info"})
    stream = _stdout()
    stream.write(_dumps(line) + b"\n")
    stream.flush()


def _stdout() -> BinaryIO:
    """Give the bytes side of standard output; dramatiq's workers replace the text side by a bare pipe."""
    stream = sys.stdout if hasattr(sys.stdout, "buffer") else sys.__stdout__
    if stream is None:
        raise RuntimeError("this process has no standard output to log to")
    return stream.buffer


def blot(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blot out whatever looks like a person's number or a secret in any text of the event."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _SECRET_QUERY.sub(r"\1…", _PERSONAL.sub(_blotted, value))
    return event


def looks_personal(text: str) -> bool:
    """Say whether a text holds something like a person's number or a bearer token."""
    return any(found[1] is not None for found in _PERSONAL.finditer(text))


def _blotted(found: re.Match[str]) -> str:
    return found[0] if found[1] is None else "…"


def _dumps(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=str)


def _text(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    return _dumps(event).decode()
