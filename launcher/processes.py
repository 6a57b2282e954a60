"""Child processes that die with their parent, whatever kills it, and the groups they live in."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RUN_MARK = "LAUNCHER_RUN"
"""Environment variable that every process of one run carries, grandchildren included."""

_PR_SET_PDEATHSIG = 1
_LOWEST_PORT, _PORTS = 20_000, 12_000  # below the ports that outgoing connections borrow, so they stay free
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(sig: signal.Signals) -> Callable[[], None]:
    """Make a `preexec_fn` after which the kernel sends `sig` to the child when the starting thread ends.

    The tie is to the *thread* that forks, so children are started from the main thread. A parent that died
    between fork and prctl would never be noticed: hence the look at the parent's id afterwards.
    """
    parent = os.getpid()

    def tie() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, sig)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return tie


def die_with_parent(sig: signal.Signals) -> None:
    """Ask the kernel to send ourselves `sig` when our own parent dies."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, sig)


def port_is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now (TIME_WAIT leftovers do not count)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Pick a port of 127.0.0.1 that nobody listens on, at random so that two pickers rarely meet."""
    for _ in range(200):
        port = _LOWEST_PORT + secrets.randbelow(_PORTS)
        if port_is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def group_lives(pgid: int) -> bool:
    """Whether any process of the group still runs; zombies do not count where /proc can tell."""
    try:
        os.killpg(pgid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    stats = list(_stats())
    return not stats or any(group == pgid and state != "Z" for _, state, group in stats)


def end_groups(groups: dict[int, signal.Signals], *, grace: float) -> None:
    """Send each process group its signal, give all of them `grace` seconds together, then SIGKILL."""
    for pgid, sig in groups.items():
        _signal_group(pgid, sig)
    end = time.monotonic() + grace
    left = set(groups)
    while left and time.monotonic() < end:
        left = {pgid for pgid in left if group_lives(pgid)}
        if left:
            time.sleep(0.02)
    for pgid in left:
        _signal_group(pgid, signal.SIGKILL)


def kill_marked(mark: str) -> None:
    """Kill every other process that carries RUN_MARK=`mark`, whatever its group (Linux only)."""
    wanted = f"{RUN_MARK}={mark}".encode()
    for pid, state, _ in list(_stats()):
        with contextlib.suppress(OSError):
            if state != "Z" and pid != os.getpid():
                environment = Path(f"/proc/{pid}/environ").read_bytes()
                if wanted in environment.split(b"\0"):
                    os.kill(pid, signal.SIGKILL)


def _signal_group(pgid: int, sig: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pgid, sig)


def _stats() -> Iterator[tuple[int, str, int]]:
    """Process id, state letter and process group of everything in /proc."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            text = entry.read_text(errors="replace")
            state, _, group = text[text.rindex(")") + 2 :].split()[:3]
            yield int(entry.parent.name), state, int(group)
