"""One file of JSON lines per part under var/log, bounded in size."""

from __future__ import annotations

import contextlib
import json
import re
from collections import deque
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_KEPT_BYTES = 20_000_000
_TELLING = re.compile(r"^\S*(Error|Exception)\b|FATAL|错误|失败|\berror:")


class LineLog:
    """Lines of one part: JSON lines as they are, everything else wrapped; remembers the last ones."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recent: deque[str] = deque(maxlen=200)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        self._size = self._file.tell()

    def follow(self, source: IO[bytes]) -> None:
        """Copy `source` line by line until it closes; a full disk loses lines but never blocks the writer."""
        with source:
            for line in iter(lambda: source.readline(1_000_000), b""):
                self.add(line.rstrip(b"\r\n").decode(errors="replace"))

    def add(self, line: str, **fields: object) -> None:
        """Append one line of a part, or an event of our own with `fields`."""
        if not line.strip():
            return
        self.recent.append(line)
        if fields or not (line.startswith("{") and line.endswith("}")):
            record = {
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "event": line,
            } | fields
            line = json.dumps(record, ensure_ascii=False)
        encoded = line.encode() + b"\n"
        with contextlib.suppress(OSError, ValueError):
            self._rotate_before(len(encoded))
            self._file.write(encoded)
            self._file.flush()

    def last_words(self) -> str:
        """Return the line that most likely says why the part ended."""
        telling = [line for line in self.recent if _TELLING.search(line)]
        return (telling or list(self.recent) or ["没有任何输出 (no output)"])[-1].strip()[:400]

    def close(self) -> None:
        """Close the file; later lines are dropped."""
        with contextlib.suppress(OSError):
            self._file.close()

    def _rotate_before(self, more: int) -> None:
        self._size += more
        if self._size > _KEPT_BYTES:
            self._file.close()
            self.path.replace(self.path.with_name(f"{self.path.name}.1"))
            self._file = self.path.open("ab")
            self._size = more
