"""What the supervisor starts: programs of ours and the embedded servers, behind one face."""

from __future__ import annotations

import signal
import subprocess
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Protocol

from launcher.logs import LineLog
from launcher.processes import dies_with_parent, end_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from launcher.embedded import EmbeddedServer


class Part(Protocol):
    """Something that runs until it is stopped, in a process group of its own."""

    @property
    def name(self) -> str:
        """The short name: log file, messages."""

    @property
    def address(self) -> str:
        """Where to reach it, for people; empty where nobody does."""

    @property
    def pgid(self) -> int | None:
        """The process group while it runs."""

    @property
    def stop_signal(self) -> signal.Signals:
        """What asks it to stop."""

    def start(self) -> None:
        """Start it; returns at once for programs, when it answers for servers."""

    def ready(self) -> bool:
        """Whether it does its work now."""

    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""

    def stop(self, *, grace: float) -> None:
        """Stop it and everything in its group."""

    def last_words(self) -> str:
        """Return the log line that most likely says why it ended."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command that the supervisor runs, as data.

    It is ready when it lives, `probe` says so and its output has shown `ready_text`.
    """

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)  # holds secrets
    folder: Path
    address: str = ""
    probe: Callable[[], bool] | None = None
    ready_text: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    stdin: bytes | None = field(default=None, repr=False)

    def with_environment(self, environment: Mapping[str, str]) -> Program:
        """Return the same command with other environment variables."""
        return replace(self, environment=environment)


class ProgramPart:
    """A running `Program`: its group, its output copied to a file of JSON lines."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.log = LineLog(log)
        self._copier: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The program's name."""
        return self.program.name

    @property
    def address(self) -> str:
        """Where to reach it."""
        return self.program.address

    @property
    def pgid(self) -> int | None:
        """The process group, which is the first process's id."""
        return self.process.pid if self.process is not None else None

    @property
    def stop_signal(self) -> signal.Signals:
        """What asks it to stop."""
        return self.program.stop_signal

    def start(self) -> None:
        """Start it in a group of its own, tied to our life; standard input is fed from the program's data."""
        self.log.recent.clear()
        stdin = subprocess.DEVNULL if self.program.stdin is None else subprocess.PIPE
        self.process = subprocess.Popen(  # noqa: S603 — no shell, our own arguments
            self.program.arguments,
            cwd=self.program.folder,
            env=dict(self.program.environment),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=dies_with_parent(self.stop_signal),  # noqa: PLW1509 — only prctl and getppid are called
        )
        if self.process.stdout is not None:
            self._copier = threading.Thread(target=self.log.follow, args=(self.process.stdout,), daemon=True)
            self._copier.start()
        if self.process.stdin is not None and self.program.stdin is not None:
            _feed(self.process.stdin, self.program.stdin)

    def ready(self) -> bool:
        """Whether it lives, has said the awaited text and answers its probe."""
        if self.exit_code() is not None:
            return False
        if self.program.ready_text and not any(
            self.program.ready_text in line for line in list(self.log.recent)
        ):
            return False
        return self.program.probe is None or self.program.probe()

    def exit_code(self) -> int | None:
        """How the first process ended; None while it runs."""
        return self.process.poll() if self.process is not None else 0

    def wait(self, seconds: float) -> int:
        """Wait for its end and for the last of its output."""
        if self.process is None:
            return 0
        code = self.process.wait(seconds)
        if self._copier is not None:
            self._copier.join(1)
        return code

    def stop(self, *, grace: float) -> None:
        """Stop the whole group, kindly first."""
        if self.process is not None:
            end_groups({self.process.pid: self.stop_signal}, grace=grace)
            self.process.wait(5)
            if self._copier is not None:
                self._copier.join(1)

    def last_words(self) -> str:
        """Return the most telling of the last lines."""
        if self._copier is not None:
            self._copier.join(0.5)
        return self.log.last_words()


class ServerPart:
    """An embedded server seen as a part; it answers as soon as `start` returns."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server

    @property
    def name(self) -> str:
        """The server's short name."""
        return self.server.name.lower()

    @property
    def address(self) -> str:
        """Host and port, without the password."""
        return f"127.0.0.1:{self.server.port}"

    @property
    def pgid(self) -> int | None:
        """The process group while it runs."""
        return self.server.process.pid if self.server.process is not None else None

    @property
    def stop_signal(self) -> signal.Signals:
        """What asks it to stop."""
        return self.server.stop_signal

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.server.start()

    def ready(self) -> bool:
        """Whether it still runs; `start` waited for the first answer."""
        return self.exit_code() is None

    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self.server.process.poll() if self.server.process is not None else 0

    def stop(self, *, grace: float) -> None:
        """Stop it; its own patience (20 s, for the checkpoint) is used where it is longer than `grace`."""
        del grace
        self.server.stop()

    def last_words(self) -> str:
        """Return the last line of its log."""
        lines = self.server.last_words().strip().splitlines()
        return lines[-1] if lines else ""


def answers_http(url: str, *, status: int | None = None) -> Callable[[], bool]:
    """Make a probe that is true when `url` answers, with any status or with this one."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def probe() -> bool:
        try:
            with opener.open(url, timeout=2) as reply:
                return status is None or reply.status == status
        except urllib.error.HTTPError as error:
            return status is None or error.code == status
        except OSError:
            return False

    return probe


def _feed(pipe: IO[bytes], content: bytes) -> None:
    try:
        with pipe:
            pipe.write(content)
    except BrokenPipeError:
        return  # it ended before reading; its exit code and log say why
