"""Load over keep-alive connections: `wrk` where it is installed, else, and for writes, a client of our own.

A lane is what one connection sends, in order: raw requests, so that building them costs nothing meanwhile.
Every run is bounded in time, and a run of writes in number too.
"""

import re
import selectors
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

CONNECTIONS = 8
PROCESSES = 2
MOST_SECONDS = 20.0
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


class LoadFailed(Exception):
    """Something else than the expected answer came back; its text says what."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run showed: requests a second, and the latencies in milliseconds."""

    count: int
    rate: float
    p50: float
    p99: float


@dataclass(slots=True)
class Share:
    """What one process of ours saw; moments in seconds."""

    began: float
    ended: float = 0.0
    latencies: list[float] = field(default_factory=list)
    unexpected: dict[int, int] = field(default_factory=dict)


def has_wrk() -> bool:
    """Say whether wrk is installed."""
    return shutil.which("wrk") is not None


def repeat(port: int, requests: Sequence[bytes], *, seconds: float, status: int = 200) -> Measured:
    """Send the requests over and over for a while, by wrk where there is one."""
    check(port, requests[0], status)
    if has_wrk():
        return _wrk(port, requests, seconds=seconds)
    return _ours(port, [requests] * CONNECTIONS, seconds=seconds, status=status)


def once(port: int, lanes: Sequence[Sequence[bytes]], *, status: int) -> Measured:
    """Send each request of each lane once, one lane per connection."""
    return _summed([drive(port, lanes, None, status)], status)


def check(port: int, request: bytes, status: int) -> None:
    """Send one request and look at its status; wrk itself only notices those of 400 and above."""
    _expect(drive(port, [[request]], None, status), status)


def _wrk(port: int, requests: Sequence[bytes], *, seconds: float) -> Measured:
    """Let wrk send them in turn."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "requests.lua"
        script.write_bytes(_lua(requests))
        command = [
            "wrk",
            *("-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--latency", "--timeout", "5s"),
            *("-s", str(script), f"http://127.0.0.1:{port}/"),
        ]
        told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout  # noqa: S603 wrk, our own arguments
    if re.search(r"Non-2xx|Socket errors", told):
        raise LoadFailed(told.strip())
    count = re.search(r"(\d+) requests in", told)
    rate = re.search(r"Requests/sec: +([\d.]+)", told)
    p50, p99 = (re.search(rf"{percent}% +([\d.]+)(us|ms|s|m)\n", told) for percent in (50, 99))
    if count is None or rate is None or p50 is None or p99 is None:
        raise LoadFailed(told.strip())
    return Measured(
        int(count[1]), float(rate[1]), *(float(found[1]) * _UNITS[found[2]] for found in (p50, p99))
    )


def _lua(requests: Sequence[bytes]) -> bytes:
    """Write wrk's script; a long string of Lua turns CRLF into LF."""
    listed = b",\n".join(b"[==[" + request + b"]==]" for request in requests)
    return (
        b"local requests = {\n" + listed + b"}\n"
        b'for i = 1, #requests do requests[i] = requests[i]:gsub("\\r?\\n", "\\r\\n") end\n'
        b"local n = 0\n"
        b"function request() n = n % #requests + 1; return requests[n] end\n"
    )


def _ours(port: int, lanes: Sequence[Sequence[bytes]], *, seconds: float, status: int) -> Measured:
    """Divide the lanes among processes and put together what they saw."""
    parts = [lanes[number::PROCESSES] for number in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        asked = [pool.submit(drive, port, part, seconds, status) for part in parts]
        return _summed([one.result(timeout=MOST_SECONDS * 2) for one in asked], status)


def _summed(shares: Sequence[Share], status: int) -> Measured:
    for share in shares:
        _expect(share, status)
    latencies = sorted(latency for share in shares for latency in share.latencies)
    took = max(share.ended for share in shares) - min(share.began for share in shares)
    p50, p99 = (latencies[min(len(latencies) - 1, len(latencies) * p // 100)] * 1000 for p in (50, 99))
    return Measured(len(latencies), len(latencies) / took, p50, p99)


def _expect(share: Share, status: int) -> None:
    if share.unexpected or not share.latencies:
        raise LoadFailed(f"expected {status}, got {share.unexpected or 'nothing'}")


def drive(port: int, lanes: Sequence[Sequence[bytes]], seconds: float | None, status: int) -> Share:
    """Send the lanes, one request in flight on each; with `seconds` around and around, else once."""
    connections = [_Connection(port, lane, endless=seconds is not None) for lane in lanes]
    until = time.perf_counter() + (seconds or MOST_SECONDS)
    with selectors.DefaultSelector() as ready:
        for connection in connections:
            ready.register(connection.socket, selectors.EVENT_READ, connection)
        share = Share(time.perf_counter())
        for connection in connections:
            connection.send()
        open_lanes = len(connections)
        while open_lanes and (now := time.perf_counter()) < until:
            for key, _ in ready.select(until - now):
                if not key.data.receive(share, status):
                    ready.unregister(key.fileobj)
                    open_lanes -= 1
        share.ended = time.perf_counter()
    for connection in connections:
        connection.socket.close()
    return share


class _Connection:
    """One keep-alive connection with its lane."""

    def __init__(self, port: int, lane: Sequence[bytes], *, endless: bool) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lane, self._endless = lane, endless
        self._next, self._sent_at, self._got = 0, 0.0, b""

    def send(self) -> bool:
        """Send the next request; False where the lane is at its end."""
        if self._next == len(self._lane):
            if not self._endless:
                return False
            self._next = 0
        self._sent_at = time.perf_counter()
        self.socket.sendall(self._lane[self._next])
        self._next += 1
        return True

    def receive(self, share: Share, status: int) -> bool:
        """Take what came; a whole answer is noted and the next request sent. False at the end of the lane."""
        came = self.socket.recv(1 << 18)
        if not came:
            raise LoadFailed("the server closed a connection")
        self._got += came
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return True
        length = _LENGTH.search(head)
        if len(body) < (int(length[1]) if length else 0):
            return True
        share.latencies.append(time.perf_counter() - self._sent_at)
        code = int(head[9:12])
        if code != status:
            share.unexpected[code] = share.unexpected.get(code, 0) + 1
        self._got = b""
        return self.send()
