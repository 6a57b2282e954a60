r"""ClamAV's daemon by its INSTREAM command (clamd(8)), over TCP or a Unix socket.

`zINSTREAM\0`, chunks of four bytes of length (network order) and content, a chunk of length zero; answered
by `stream: OK\0`, `stream: <signature> FOUND\0` or `… ERROR\0`.
"""

import re
import socket
import struct
import time
from typing import Final
from urllib.parse import urlsplit

from app.gateways.scanner.port import ScannerDown, Verdict
from config.settings import Settings

CONNECT_SECONDS, SECONDS, CHUNK, LONGEST = 2.0, 10.0, 1 << 16, 4096
_FOUND: Final = re.compile(r"stream: (?P<signature>[^\0]{1,200}) FOUND")


class Clamd:
    """One clamd; a connection per question, since clamd closes it after its answer."""

    def __init__(self, address: str) -> None:
        """Point at `tcp://host:port` or `unix:///path`; nothing is opened yet."""
        self._parts = urlsplit(address)
        if self._parts.scheme not in {"tcp", "unix"}:
            raise ValueError("clamd is at tcp://host:port or unix:///path")

    def scan(self, content: bytes) -> Verdict:
        """Send `content` and read the verdict, in ten seconds altogether."""
        try:
            with self._connected() as sock:
                said = _ask(sock, content, until=time.monotonic() + SECONDS)
        except OSError as error:
            raise ScannerDown(type(error).__name__) from None
        if said == "stream: OK":
            return Verdict(None)
        if (found := _FOUND.fullmatch(said)) is not None:
            return Verdict(found["signature"])
        raise ScannerDown("no_verdict")

    def _connected(self) -> socket.socket:
        if self._parts.scheme == "tcp":
            place = (self._parts.hostname or "", self._parts.port or 3310)
            return socket.create_connection(place, timeout=CONNECT_SECONDS)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(CONNECT_SECONDS)
        try:
            sock.connect(self._parts.path)
        except OSError:
            sock.close()
            raise
        return sock


def build(settings: Settings) -> Clamd:
    """Build the process's scanner; opens no connection yet."""
    return Clamd(settings.clamd_address)


def _ask(sock: socket.socket, content: bytes, *, until: float) -> str:
    sock.settimeout(SECONDS)
    try:
        sock.sendall(b"zINSTREAM\0")
        for begin in range(0, len(content), CHUNK):
            piece = content[begin : begin + CHUNK]
            sock.sendall(struct.pack("!L", len(piece)) + piece)
        sock.sendall(struct.pack("!L", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has seen enough (its own size limit): what it said can still be read
    said = b""
    while not said.endswith(b"\0") and len(said) < LONGEST:
        sock.settimeout(max(0.01, until - time.monotonic()))
        more = sock.recv(LONGEST)
        if not more:
            break
        said += more
    return said.rstrip(b"\0\n").decode("ascii", "replace")
