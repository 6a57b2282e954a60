"""A real launcher in a process of its own, and a look at what it leaves behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DUMMY = Path(__file__).with_name("dummy_run.py")


class LauncherProcess:
    """One `dummy_run.py` with its own session, as a terminal would give it."""

    def __init__(self, var: Path, scenario: str, **environment: str) -> None:
        self.var = var
        self.begin = time.time()
        kept = {
            key: value
            for key, value in os.environ.items()
            if key not in {"DATABASE_URL", "REDIS_URL", "PORT"}
        }
        self.mark = f"LAUNCHER_TEST={var}"
        self.process = subprocess.Popen(
            [sys.executable, str(DUMMY), str(ROOT), str(var), scenario],
            env=kept | environment | {"LAUNCHER_TEST": str(var), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def ready(self) -> dict[str, str]:
        """Wait for var/addresses.json and return it."""
        end, sign = time.monotonic() + 30, self.var / "addresses.json"
        while time.monotonic() < end:
            with contextlib.suppress(FileNotFoundError):
                if sign.stat().st_mtime >= self.begin:
                    return json.loads(sign.read_text())
            if self.process.poll() is not None:
                raise AssertionError(self.process.communicate()[0])
            time.sleep(0.02)
        raise AssertionError("not ready in 30 s")

    def finish(self, seconds: float = 25) -> tuple[int, str]:
        """Wait for the end; return exit code and everything printed."""
        output = self.process.communicate(timeout=seconds)[0]
        return self.process.returncode, output

    def stop(self) -> tuple[int, str]:
        """Ask it to stop as the platform does."""
        self.process.send_signal(signal.SIGTERM)
        return self.finish()

    def left_behind(self) -> list[str]:
        """Command lines of the processes that came from this launcher and still run."""
        return [line for pid, line in self.family().items() if pid != self.process.pid]

    def family(self) -> dict[int, str]:
        """Everything alive that carries our mark, is in our session, or works in our folder."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                stat = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
                ours = int(stat[3]) == self.process.pid or self.mark.encode() in (
                    (folder / "environ").read_bytes().split(b"\0")
                )
                if stat[0] != "Z" and (ours or str((folder / "cwd").readlink()).startswith(str(self.var))):
                    line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    found[int(folder.name)] = line
        return found

    def gone_within(self, seconds: float) -> list[str]:
        """Wait until nothing is left behind; return what still is."""
        end = time.monotonic() + seconds
        while (left := self.left_behind()) and time.monotonic() < end:
            time.sleep(0.05)
        return left


@pytest.fixture
def launched() -> Iterator[Callable[..., LauncherProcess]]:
    """Start launchers that are ended with the test, whatever it does."""
    started: list[LauncherProcess] = []

    def start(var: Path, scenario: str = "whole", **environment: Any) -> LauncherProcess:
        started.append(LauncherProcess(var, scenario, **environment))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        if one.process.stdout is not None:
            one.process.stdout.close()
        one.process.wait(10)
    for one in started:
        one.gone_within(15)
