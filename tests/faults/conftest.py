"""Processes of the product's own that tests may kill."""

import json
import os
import signal
import subprocess
import sys
import time
from enum import Enum

import pytest
from pydantic import SecretStr

from launcher.processes import dies_with_parent
from tests.app.eligibility.conftest import publish as publish
from tests.support.sources import ROOT

SKIPPED = {"metrics_networks"}
"""Settings whose defaults are right here."""


def environment(settings):
    """The environment in which a process reads these settings."""
    found = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if value is None or name in SKIPPED:
            continue
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        elif isinstance(value, dict):
            value = json.dumps(value)
        found[name.upper()] = str(value.value if isinstance(value, Enum) else value)
    return found


class Herd:
    """Workers of one kind that are killed with -9 at random and replaced at once."""

    def __init__(self, settings, work, *, workers, kills, pauses, more):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.herd", work, *map(str, (workers, kills, *pauses))],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment(settings), **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509 only prctl and getppid are called
        )

    def until(self, done, *, seconds=45):
        """Let them work and die until `done()`; returns how many were killed."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, "the work was not done in time"
            assert self._process.poll() is None, "the herd is gone"
            time.sleep(0.05)
        return self.stop()

    def stop(self):
        """Kill them all."""
        self._process.stdin.close()
        killed = self._process.stdout.read()
        self._process.wait(10)
        self._process.stdout.close()
        return int(killed.split()[-1]) if killed else 0  # behind what the product has logged

    def running(self):
        return self._process.poll() is None


@pytest.fixture
def herd(committed):
    """`herd("pushes", workers=3)` starts workers on the committed copy and kills them one by one."""
    herds = []

    def start(work, *, workers=3, kills=40, pauses=(0.05, 0.15), settings=committed, **more):
        herds.append(Herd(settings, work, workers=workers, kills=kills, pauses=pauses, more=more))
        return herds[-1]

    yield start
    for one in herds:
        if one.running():
            one.stop()
