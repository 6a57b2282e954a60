"""A process that takes a delivery is killed with -9 again and again; what is applied in the end is whole."""

import base64
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import date

import pytest

from app.eligibility import loading, policies
from app.eligibility.outreach import arrivals, matching, taking
from app.eligibility.outreach.taking import Folders
from app.eligibility.population import running
from app.foundation import crypto, database
from app.foundation.transaction import atomic
from app.identity import persons
from app.residents import snapshots
from app.residents.types import SubjectKind
from launcher.processes import dies_with_parent
from tests.faults.conftest import environment
from tests.support.deliveries import delivered
from tests.support.sources import ROOT

PEOPLE, DAY = 80_000, date(2026, 11, 24)
"""Enough for some ten batches."""


def rows(statement):
    with database.engine().connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement).all()]


@pytest.fixture
def folders(committed, tmp_path):
    with atomic():
        loading.load_policies()
    key = crypto.cipher().column_key(persons.INDEX)
    delivered(tmp_path / "delivered", people=PEOPLE, day=DAY, key=base64.b64encode(key).decode())
    return Folders(tmp_path / "delivered", tmp_path / "snapshots" / "deliveries")


def start(settings, tmp_path):
    told = {
        **environment(settings),
        "DELIVERY_FOLDER": str(tmp_path / "delivered"),
        "SNAPSHOT_FOLDER": str(tmp_path / "snapshots"),
        "PATH": "/usr/bin:/bin",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "app.deliveries"],
        cwd=ROOT,
        env=told,
        stdout=subprocess.PIPE,
        preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509 only prctl and getppid are called
    )


def position():
    found = rows("SELECT position, state FROM eligibility_delivery")
    return found[0] if found else (0, "none")


def killed_later(process, beyond, *, seconds=60):
    """Kill the process once more has been applied; says whether it still lived."""
    deadline = time.monotonic() + seconds
    while position()[0] <= beyond and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    alive = process.poll() is None
    process.kill()
    process.wait(10)
    process.stdout.close()
    return alive


def test_a_delivery_whose_process_dies_is_applied_whole_and_once(committed, folders, tmp_path):
    deaths, reached = 0, 0
    for _ in range(3):
        deaths += killed_later(start(committed, tmp_path), reached)
        reached = position()[0]
    assert deaths >= 2, "they were killed in the middle"
    assert position()[1] == "applying"
    last = start(committed, tmp_path)
    said, _ = last.communicate(timeout=60)
    assert (last.returncode, "已处理" in said.decode()) == (0, True)
    ((state, counts, delivery),) = rows("SELECT state, counts, id FROM eligibility_delivery")
    visits = rows("SELECT person_index, policy_id, region_code FROM eligibility_visit")
    begun = list(_changes(folders, delivery))
    expected = {(one.person, one.policy_id, one.region_code) for one in begun if one.kept is None}
    assert (state, counts["raised"]) == ("applied", len(expected))
    assert Counter(visits) == Counter(expected)
    assert rows("SELECT sum(begins) FROM eligibility_delivery_region") == [(len(begun),)]
    kept = "SELECT coalesce(sum(value::int), 0) FROM eligibility_delivery_region, jsonb_each_text(kept)"
    assert rows(kept) == [(len(begun) - len(expected),)], "everybody is accounted for"


def _changes(folders, delivery):
    with atomic():
        book = [policy for policy in policies.all_published() if policy.outreach]
    snapshot = snapshots.opened(folders.deliveries, SubjectKind.PERSON, DAY)
    result = running.opened(folders.result_of(delivery))
    return matching.Matched(snapshot, matching.book_of(book, snapshot), result).changes()


def test_two_processes_at_once_apply_a_delivery_once(committed, folders, tmp_path):
    both = [start(committed, tmp_path) for _ in range(2)]
    said = [one.communicate(timeout=60)[0].decode() for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert any("已处理" in text for text in said)
    assert rows("SELECT state FROM eligibility_delivery") == [("applied",)]
    assert rows("SELECT count(*) = count(DISTINCT (person_index, policy_id)) FROM eligibility_visit") == [
        (True,)
    ]


def test_a_delivery_cannot_be_taken_twice_by_a_process_that_comes_late(committed, folders):
    with taking.alone() as first, taking.alone() as second:
        assert (first, second) == (True, False)
    with taking.alone() as again:
        assert again


@pytest.fixture
def told(committed, tmp_path, monkeypatch):
    """The settings of the test in our own environment: what the scheduler's child inherits."""
    chosen = committed.model_copy(
        update={"delivery_folder": tmp_path / "delivered", "snapshot_folder": tmp_path / "snapshots"}
    )
    for name, value in environment(chosen).items():
        monkeypatch.setenv(name, value)
    arrivals.use(chosen)
    yield chosen
    arrivals.use(committed)


def test_the_scheduler_starts_the_process_once_a_day_has_arrived(told, tmp_path):
    assert arrivals.start_if_due() is False, "there is no folder yet"
    with atomic():
        loading.load_policies()
    delivered(tmp_path / "delivered", people=300, day=DAY)
    assert arrivals.start_if_due() is True
    assert arrivals.start_if_due() is False, "it is under way"
    deadline = time.monotonic() + 60
    while position()[1] != "applied":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    while arrivals.due(tmp_path / "delivered"):
        time.sleep(0.05)
    assert arrivals.start_if_due() is False, "nothing is new"
