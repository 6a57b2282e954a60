"""Starts parts in order, restarts those that die, stops all of them together."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import threading
import time
from collections import deque
from typing import IO, TYPE_CHECKING, Self

from launcher.errors import LaunchError
from launcher.guard import Guard
from launcher.logs import LineLog
from launcher.parts import ProgramPart, ServerPart
from launcher.processes import RUN_MARK, end_groups, kill_marked
from launcher.terminal import complain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from launcher.parts import Part, Program

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEATHS, _WITHIN_SECONDS = 5, 60.0
_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.1, 5.0
_STOP_GRACE_SECONDS = 6.0
_POLL_SECONDS = 0.1


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP: not an error, and not to be caught as one."""


class Supervisor:
    """Owns the parts of one run; used from the main thread, as the kernel ties children to the thread."""

    def __init__(self, logs: Path, *, lock: IO[str] | None = None, sign: Path | None = None) -> None:
        self._pid = os.getpid()
        self.mark = secrets.token_hex(8)
        self.logs = logs
        self._events = LineLog(logs / "supervisor.log")
        self._guard = Guard(self.mark, lock=lock, sign=sign)
        self._parts: list[Part] = []
        self._deaths: dict[str, deque[float]] = {}
        self._restart_at: dict[str, float] = {}
        self._holding = 0
        self._stop_wanted = False
        self._handlers = {sig: signal.signal(sig, self._on_signal) for sig in _STOP_SIGNALS}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def program(self, program: Program) -> ProgramPart:
        """Make a part of a program, with its log beside the others."""
        return ProgramPart(self._with_mark(program), self.logs / f"{program.name}.log")

    def start(self, part: Part) -> None:
        """Start a part and remember it, so that it is watched and stopped."""
        self._parts.append(part)
        self._begin(part)

    def wait_ready(self, part: Part, *, seconds: float) -> None:
        """Wait until a started part does its work; `LaunchError` when it ends or takes too long."""
        end = time.monotonic() + seconds
        while not part.ready():
            if part.exit_code() is not None:
                raise LaunchError(
                    f"{part.name} 没有启动：{part.last_words()}",
                    f"{part.name} did not start, see {self.logs / part.name}.log",
                )
            if time.monotonic() > end:
                raise LaunchError(
                    f"{part.name} 在 {seconds:.0f} 秒内没有就绪：{part.last_words()}",
                    f"{part.name} was not ready in {seconds:.0f} s, see {self.logs / part.name}.log",
                )
            time.sleep(0.03)

    def run(self, *programs: Program, seconds: float) -> None:
        """Run commands side by side to their ends; `LaunchError` when one fails."""
        parts = [self.program(program) for program in programs]
        try:
            for part in parts:
                self._begin(part)
            for part in parts:
                self._succeed(part, seconds=seconds)
        finally:
            for part in parts:
                self._end(part)
                part.log.close()

    def _succeed(self, part: ProgramPart, *, seconds: float) -> None:
        program = part.program
        try:
            code = part.wait(seconds)
        except subprocess.TimeoutExpired:
            raise LaunchError(
                f"{program.name} 超过 {seconds:.0f} 秒没有结束", f"{program.name} took too long"
            ) from None
        if code != 0:
            raise LaunchError(
                f"{program.name} 失败（退出码 {code}）：{part.last_words()}",
                f"{program.name} failed, see {self.logs / program.name}.log",
            )

    def run_in_terminal(self, program: Program) -> int:
        """Run a command whose output belongs to the terminal; return its exit code."""
        marked = self._with_mark(program)
        with self._uninterrupted():
            process = subprocess.Popen(  # noqa: S603 — no shell, our own arguments
                marked.arguments, cwd=marked.folder, env=dict(marked.environment), process_group=0
            )
            self._guard.watch(process.pid, signal.SIGTERM)
        try:
            return process.wait()
        finally:
            end_groups({process.pid: signal.SIGTERM}, grace=2)
            process.wait(5)
            self._guard.forget(process.pid)

    def watch(self) -> None:
        """Restart what dies, until a stop is requested or one part dies five times in a minute."""
        while True:
            for part in self._parts:
                if part.exit_code() is not None:
                    self._bury_or_revive(part)
            time.sleep(_POLL_SECONDS)

    def restarts(self, name: str) -> int:
        """How often the part of this name died during the last minute."""
        return len(self._deaths.get(name, ()))

    def stop(self) -> None:
        """Stop everything, programs before the servers they use; then let the guard go."""
        for sig in _STOP_SIGNALS:
            signal.signal(sig, signal.SIG_IGN)
        programs = [part for part in reversed(self._parts) if not isinstance(part, ServerPart)]
        groups = {part.pgid: part.stop_signal for part in programs if part.pgid is not None}
        end_groups(groups, grace=_STOP_GRACE_SECONDS)
        kill_marked(self.mark)
        for part in [*programs, *(part for part in reversed(self._parts) if isinstance(part, ServerPart))]:
            self._end(part)
        self._parts.clear()
        self._guard.close()
        self._events.close()
        for sig, handler in self._handlers.items():
            signal.signal(sig, handler)

    def _begin(self, part: Part) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("parts are started from the main thread: the kernel ties them to it")
        if isinstance(part, ServerPart):
            part.start()  # takes a while; it cleans up after itself when interrupted
        with self._uninterrupted():
            if not isinstance(part, ServerPart):
                part.start()
            if part.pgid is not None:
                self._guard.watch(part.pgid, part.stop_signal)

    def _end(self, part: Part) -> None:
        pgid = part.pgid
        part.stop(grace=_STOP_GRACE_SECONDS)
        if pgid is not None:
            self._guard.forget(pgid)

    def _bury_or_revive(self, part: Part) -> None:
        now = time.monotonic()
        if part.name not in self._restart_at:
            deaths = self._deaths.setdefault(part.name, deque())
            deaths.append(now)
            while deaths[0] < now - _WITHIN_SECONDS:
                deaths.popleft()
            words = part.last_words()
            if len(deaths) >= _DEATHS:
                raise LaunchError(
                    f"{part.name} 一分钟内退出了 {len(deaths)} 次，全部停止；最后的日志：{words}",
                    f"{part.name} died {len(deaths)} times in a minute, everything is stopped",
                )
            pause = min(_FIRST_BACKOFF * 2 ** (len(deaths) - 1), _LONGEST_BACKOFF)
            self._restart_at[part.name] = now + pause
            self._events.add(
                "part died", part=part.name, exit_code=part.exit_code(), deaths=len(deaths), last_words=words
            )
            complain(f"  {part.name} 意外退出，{pause:.2g} 秒后重启 (died, restarting): {words}")
        elif now >= self._restart_at[part.name]:
            del self._restart_at[part.name]
            self._end(part)  # what its first process left behind in its group
            self._begin(part)
            self._events.add("part restarted", part=part.name)

    def _with_mark(self, program: Program) -> Program:
        return program.with_environment({**program.environment, RUN_MARK: self.mark})

    @contextlib.contextmanager
    def _uninterrupted(self) -> Iterator[None]:
        """Hold back a stop request for a moment, so that no child is started without being remembered."""
        self._holding += 1
        try:
            yield
        finally:
            self._holding -= 1
        if self._stop_wanted and not self._holding:
            raise StopRequested

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del frame
        if os.getpid() == self._pid:
            self._stop_wanted = True
            self._events.add("stop requested", signal=signal.Signals(number).name)
            if not self._holding:
                raise StopRequested
