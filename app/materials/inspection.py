"""Lets a process of its own look at a file: bounded in memory, time and number, else killed."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import structlog

from app.materials.errors import InspectionBusy
from app.materials.kinds import kind_of
from app.materials.parsing.refusals import Reason, Refused
from app.materials.types import PICTURES, Kind

SEATS, WAIT_SECONDS, SECONDS = 2, 2.0, 6.0
"""So many at once in one process of ours; so long is waited for a seat, so long for the answer."""
LARGEST_HEAD: Final = 4096
_ROOT: Final = Path(__file__).resolve().parents[2]
_PARSERS: Final[Mapping[Kind, str]] = {
    **dict.fromkeys(PICTURES, "pictures"),
    Kind.PDF: "documents",
    Kind.OFD: "containers",
}
_seats = threading.BoundedSemaphore(SEATS)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inspected:
    """What may be kept of a file."""

    content: bytes
    kind: Kind
    pages: int


def inspect(content: bytes, *, watermark: str = "") -> Inspected:
    """Return what may be kept of `content`: pictures encoded anew, documents as they are.

    With a watermark, a copy that carries it. Raises Refused with the reason, InspectionBusy.
    """
    kind = kind_of(content)
    if not _seats.acquire(timeout=WAIT_SECONDS):
        raise InspectionBusy
    try:
        head, kept = _ask(_PARSERS[kind], content, watermark)
    finally:
        _seats.release()
    if "refused" in head:
        raise Refused(Reason(head["refused"]))
    return Inspected(kept, Kind(head["kind"]), int(head["pages"]))


def _ask(parser: str, content: bytes, watermark: str) -> tuple[Mapping[str, Any], bytes]:
    """Run the parser over two files in memory: no pipe fills up, and the system bounds what is written."""
    begun = time.monotonic()
    with ExitStack() as held:
        given, answer = (
            held.enter_context(os.fdopen(os.memfd_create(name), "w+b")) for name in ("in", "out")
        )
        given.write(content)
        given.seek(0)
        process = subprocess.Popen(  # noqa: S603 our own interpreter and module, no shell
            [sys.executable, "-m", f"app.materials.parsing.{parser}", *([watermark] if watermark else [])],
            stdin=given,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        answer.seek(0)
        head, _, kept = answer.read().partition(b"\n")
    said = (
        _head(head)
        if process.returncode == 0
        else {"refused": Reason.DEMANDING, "killed": process.returncode}
    )
    _log.info("materials.inspected", parser=parser, seconds=round(time.monotonic() - begun, 3), **said)
    return said, kept


def _head(line: bytes) -> dict[str, Any]:
    """Return what the parser said; one that was taken over may say anything, and is not believed."""
    try:
        said = orjson.loads(line[:LARGEST_HEAD])
        known = {
            name: said[name] for name in ("refused", "kind", "pages", "error", "peak_kib") if name in said
        }
        if "refused" in known:
            Reason(known["refused"])
        else:
            known = {
                "kind": Kind(known["kind"]).value,
                "pages": int(known["pages"]),
                "peak_kib": known.get("peak_kib"),
            }
    except (ValueError, TypeError, KeyError):
        return {"refused": Reason.DAMAGED.value}
    return known
