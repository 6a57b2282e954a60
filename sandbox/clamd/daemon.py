"""clamd's protocol (clamd(8)): `PING`, `VERSION`, `INSTREAM`, ended by NUL or newline; one a connection."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

SIGNATURE: Final = "Eicar-Test-Signature"
_EICAR: Final = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""In two halves, or scanners would find this file."""
LARGEST_STREAM: Final = 25 << 20
"""clamd's usual StreamMaxLength."""
_LONGEST_COMMAND, _JOURNAL = 64, 1000


class Effect(Enum):
    """What can be made to go wrong."""

    RESET = "reset"
    SILENT = "silent"
    ERROR = "error"
    GARBAGE = "garbage"


@dataclass(slots=True)
class Fault:
    """Something that goes wrong, `times` more times; None is for ever."""

    effect: Effect
    times: int | None


@dataclass(slots=True)
class Daemon:
    """What the daemon remembers: its faults, and what it was asked."""

    faults: list[Fault] = field(default_factory=list)
    journal: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_JOURNAL))

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        try:
            await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # who asked went away
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command, end = await _command(reader)
        fault = self._fault() if command == "INSTREAM" else None
        if fault is Effect.RESET:
            writer.transport.abort()
            return
        said = await self._said(command, reader)
        match fault:
            case Effect.SILENT:
                await asyncio.sleep(3600)
            case Effect.ERROR:
                said = "Can't allocate memory ERROR"
            case Effect.GARBAGE:
                said = "\u00ff" * 8
            case _:
                pass
        writer.write(said.encode("latin-1") + end)
        await writer.drain()

    async def _said(self, command: str, reader: asyncio.StreamReader) -> str:
        match command:
            case "PING":
                return "PONG"
            case "VERSION":
                return "ClamAV 1.4.6/sandbox"
            case "INSTREAM":
                return await self._instream(reader)
            case _:
                return "UNKNOWN COMMAND"

    async def _instream(self, reader: asyncio.StreamReader) -> str:
        content = bytearray()
        while size := struct.unpack("!L", await reader.readexactly(4))[0]:
            if len(content) + size > LARGEST_STREAM:
                return "INSTREAM size limit exceeded. ERROR"
            content += await reader.readexactly(size)
        found = _EICAR in content
        self.journal.append({"bytes": len(content), "found": SIGNATURE if found else None})
        return f"stream: {SIGNATURE} FOUND" if found else "stream: OK"

    def _fault(self) -> Effect | None:
        if not self.faults:
            return None
        first = self.faults[0]
        if first.times is not None:
            first.times -= 1
            if first.times <= 0:
                del self.faults[0]
        return first.effect


async def _command(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    kind = await reader.readexactly(1)
    end = b"\0" if kind == b"z" else b"\n"
    said = await reader.readuntil(end)
    return said[:_LONGEST_COMMAND].rstrip(end).decode("latin-1"), end
