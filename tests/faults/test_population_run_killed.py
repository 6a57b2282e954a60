"""A population run dies by -9 in the middle of a partition; started again, it gives the same bytes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.eligibility.population import running
from app.eligibility.population.processes import Processes
from app.eligibility.population.results import ResultFaulty
from app.residents import snapshots
from tests.app.eligibility.population import people as some
from tests.app.eligibility.population.snapshots import PERSON, contents, two_days
from tests.support.below import below
from tests.support.sources import ROOT

PATIENCE = 300


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("population")
    return root, two_days(root)[2]


def started(root, into, placement):
    asked = [sys.executable, "-m", "tests.faults.matching", root, into, placement, root / "last"]
    return subprocess.Popen(asked, cwd=ROOT)


def files(into):
    """What is finished, or else there."""
    return [path for path in into.rglob("*.parquet") if path.is_file()] if into.exists() else []


def until(true):
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.001)  # and leave the processor to whom we wait for


def resumed(root, into, placement=None):
    today, last = snapshots.opened(root, PERSON, some.DAY), running.opened(root / "last")
    return contents(running.run(today, some.book(), into, last=last, placement=placement).folder)


@pytest.mark.parametrize("finished", [1, 3, 9])
def test_a_serial_run_killed_in_the_middle_of_a_partition_goes_on_to_the_same_bytes(made, tmp_path, finished):
    root, whole = made
    into = tmp_path / "result"
    process = started(root, into, "serial")
    until(lambda: len(files(into)) >= finished)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert len(files(into)) < len(whole) - 1, "it was not killed in the middle"
    with pytest.raises(ResultFaulty):
        running.opened(into)
    assert resumed(root, into) == whole


def test_a_process_of_a_pool_that_is_killed_is_replaced(made, tmp_path):
    root, whole = made
    into = tmp_path / "result"
    process = started(root, into, "processes:2")
    until(lambda: files(into))
    workers = [pid for pid, command in below(process.pid) if "forkserver" in command]
    os.kill(workers[-1], signal.SIGKILL)
    assert process.wait(PATIENCE) == 0
    assert contents(into) == whole


def test_a_pool_ends_with_the_process_that_is_killed_and_another_goes_on(made, tmp_path):
    root, whole = made
    into = tmp_path / "result"
    process = started(root, into, "processes:2")
    until(lambda: files(into))
    orphans = [pid for pid, _ in below(process.pid)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(orphans) > 2
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in orphans))
    with pytest.raises(ResultFaulty):
        running.opened(into)
    with Processes(2) as placement:
        assert resumed(root, into, placement) == whole
