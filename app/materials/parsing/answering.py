"""The dialogue with the process that asked: content in, one line of JSON and the content to keep out."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final

from app.materials.parsing.confinement import confine
from app.materials.parsing.refusals import Reason, Refused

LONGEST_WATERMARK: Final = 60
_PEAK: Final = re.compile(rb"VmHWM:\s*(\d+) kB")
"""What this process itself held at most; getrusage counts the one that it was forked from."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What may be kept: the content (of a picture, another than came in), its kind and its pages."""

    content: bytes
    kind: str
    pages: int = 1


def answer(work: Callable[[bytes, str], Kept], *, memory: int) -> None:
    """Do `work` on standard input, with the watermark of the command line; whatever it meets is said.

    A kill by the bounds is the one thing that cannot be said: the process that asked sees it.
    """
    watermark = sys.argv[1][:LONGEST_WATERMARK] if len(sys.argv) > 1 else ""
    with open("/proc/self/status", "rb", buffering=0) as status:  # noqa: PTH123 a handle from before the bounds
        confine(memory)
        _work(work, watermark, status)


def _work(work: Callable[[bytes, str], Kept], watermark: str, status: IO[bytes]) -> None:
    try:
        kept = work(sys.stdin.buffer.read(), watermark)
    except Refused as refused:
        _say({"refused": refused.reason.value}, status)
    except MemoryError:
        _say({"refused": Reason.DEMANDING.value}, status)
    except Exception as error:  # noqa: BLE001 a parser may raise anything at all on hostile content
        _say({"refused": Reason.DAMAGED.value, "error": type(error).__name__}, status)
    else:
        _say({"kind": kept.kind, "pages": kept.pages}, status, kept.content)


def _say(head: dict[str, object], status: IO[bytes], content: bytes = b"") -> None:
    peak = _PEAK.search(status.read())
    told = {**head, "peak_kib": int(peak[1]) if peak else 0}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + content)
    sys.stdout.buffer.flush()
