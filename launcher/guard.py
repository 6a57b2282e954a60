"""A tiny process that outlives a killed supervisor just long enough to end what it left behind.

It holds the reading end of a pipe. The supervisor writes `+ <process group> <signal>` and `- <process group>`
lines; when the pipe closes, however the supervisor ended, every group still named is ended, and after that
every process that carries the run's mark in its environment (a grandchild that left its group).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Self

from launcher.processes import RUN_MARK, end_groups, kill_marked

_GRACE_SECONDS = 2.5


class Guard:
    """The supervisor's side: start one before any child, name every process group, close it last.

    The guard holds `lock` until it has swept, so that the next run waits; `sign` is the file that says the
    system is up, and goes with it.
    """

    def __init__(self, mark: str, *, lock: IO[str] | None = None, sign: Path | None = None) -> None:
        environment = {key: value for key, value in os.environ.items() if key != RUN_MARK}
        self._process = subprocess.Popen(  # noqa: S603 — our own module
            [sys.executable, "-m", "launcher.guard", mark, *([str(sign)] if sign else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=() if lock is None else (lock.fileno(),),  # held until the sweep is done
            cwd=Path(__file__).parents[1],
            env=environment,
            start_new_session=True,  # neither Ctrl-C nor the end of the terminal reaches it
        )

    def watch(self, pgid: int, sig: signal.Signals) -> None:
        """Remember that the process group `pgid` must end with us, `sig` first."""
        self._tell(f"+ {pgid} {int(sig)}")

    def forget(self, pgid: int) -> None:
        """Drop a group that has ended; its number may belong to somebody else soon."""
        self._tell(f"- {pgid}")

    def close(self) -> None:
        """Let go of the pipe and wait until the guard has swept."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process.wait(_GRACE_SECONDS + 5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tell(self, line: str) -> None:
        pipe = self._process.stdin
        if pipe is not None:
            with contextlib.suppress(
                OSError
            ):  # a guard that was killed leaves PR_SET_PDEATHSIG to do its work
                pipe.write(line.encode() + b"\n")
                pipe.flush()


def stand_guard(mark: str, *signs: str) -> None:
    """Read group names until the pipe closes, then take down the signs and end all that is left."""
    for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, signal.SIG_IGN)
    groups: dict[int, signal.Signals] = {}
    for line in sys.stdin:
        match line.split():
            case ["+", pgid, number]:
                groups[int(pgid)] = signal.Signals(int(number))
            case ["-", pgid]:
                groups.pop(int(pgid), None)
            case _:
                continue  # half a line: the supervisor died while writing it
    for sign in signs:
        Path(sign).unlink(missing_ok=True)
    end_groups(groups, grace=_GRACE_SECONDS)
    kill_marked(mark)


if __name__ == "__main__":
    stand_guard(*sys.argv[1:])
