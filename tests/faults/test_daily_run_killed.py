"""A day's run whose process dies by kill -9, or whose database restarts: nobody lost, nobody told twice."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text

from app import wiring
from app.eligibility import daily_runs, loading, matching
from app.eligibility.models import DailyRun, Match, News
from app.foundation import database
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.identity.models import Account
from app.notifications.models import Delivery, Message
from app.residents import consents, facts
from app.residents.facts import Said
from app.residents.subjects import own_subject
from app.residents.types import Purpose
from launcher.embedded import Postgres
from launcher.processes import free_port
from tests.app.eligibility.knowing import AS_OF
from tests.faults.conftest import environment
from tests.support import servers
from tests.support.sources import ROOT

PEOPLE = 60
REGIONS = ("500103", "340100", "120104")
SIGKILLED = -9
PATIENCE = 150
"""Seconds, on a machine that others use too."""


@pytest.fixture
def silent(monkeypatch):
    """Facts and consents arrive without anybody being matched: the day is to find them all."""
    for event in ("consent_changed", "facts_changed"):
        monkeypatch.setattr(f"app.residents.events.{event}._subscribers", [])


def people():
    """Old people in three partitions, and the policies of the release."""
    found = [new_id() for _ in range(PEOPLE)]
    with atomic():
        loading.load_policies()
        database.session.execute(insert(Account), [{"id": one, "openid": f"o{one.hex}"} for one in found])
        for number, one in enumerate(found):
            consents.grant(one, Purpose.MATCHING)
            known = {
                "birth_date": "1940-03-07",
                "hukou_region": REGIONS[number % 3],
                "dibao": number % 2 == 0,
            }
            stated = {name: Said(value, "测试部门", AS_OF) for name, value in known.items()}
            facts.replace_registry(own_subject(one), stated, answered=["测试部门"])
    return found


class Day:
    """Today's run on a database, and the processes that work on it."""

    def __init__(self, settings, folder):
        self.settings = settings.model_copy(update={"snapshot_folder": folder})
        daily_runs.use(self.settings)

    def open(self):
        with atomic():
            assert daily_runs.open_now() == 2

    def process(self, place="", *, largest_file=None):
        """Start the process; it ends by itself, or at the place. The disk takes no larger file than that."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.daily_child", *([place] if place else [])],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "PYTHONDONTWRITEBYTECODE": "1",  # Python 3.11 would keep what a full disk cut short
                **environment(self.settings),
            },
            stdout=subprocess.DEVNULL,
            preexec_fn=largest_file and partial(resource.setrlimit, resource.RLIMIT_FSIZE, largest_file),  # noqa: PLW1509 only setrlimit is called
        )

    def row(self, scope="person"):
        database.session.remove()
        return database.session.scalar(select(DailyRun).where(DailyRun.scope == scope))

    def release(self):
        """The lease of the dead process ends."""
        with atomic():
            database.session.execute(text("UPDATE eligibility_daily_run SET leased_until = '2000-01-01'"))


def is_whole(found, row):
    """Everybody's matches are what matching them finds, and each was told once of each."""
    assert (row.state, row.counts["subjects"]) == ("finished", PEOPLE)
    per_person = select(Match.resident_id, func.count()).where(Match.outcome == "eligible")
    eligible = dict(database.session.execute(per_person.group_by(Match.resident_id)).all())
    assert set(eligible) == set(found)
    assert sum(eligible.values()) == row.counts["new"]
    kept = {name: row.counts[name] for name in row.counts if name in {"queued", "implements", "requires"}}
    assert sum(kept.values()) == row.counts["new"]
    for table in (Message, Delivery):
        assert database.session.scalar(select(func.count()).select_from(table)) == row.counts["queued"]
    assert database.session.scalar(select(func.count()).select_from(News)) == row.counts["new"]
    keys = database.session.execute(select(Message.resident_id, Message.event_key)).all()
    assert max(Counter(keys).values()) == 1
    with atomic():
        assert [matching.match_resident(one) for one in found] == [[]] * PEOPLE


@pytest.fixture
def day(committed, silent, settings, tmp_path):
    yield Day(committed, tmp_path / "snapshots")
    daily_runs.use(settings)


@pytest.mark.parametrize("place", ["export", "match", "apply"])
def test_a_process_killed_in_the_middle_is_followed_by_one_that_ends_it(day, place):
    found = people()
    day.open()
    assert day.process(place).wait(PATIENCE) == SIGKILLED
    left = day.row()
    assert left.state == {"export": "exporting", "match": "matching", "apply": "applying"}[place]
    if place == "match":
        answers = list((day.settings.snapshot_folder / left.result).rglob("answers/**/*.parquet"))
        assert len(answers) == 2, "the second partition was being compared"
    if place == "apply":
        assert 0 < left.counts["asked"] < PEOPLE
    day.release()
    assert day.process().wait(PATIENCE) == 0
    is_whole(found, day.row())


def test_a_disk_that_takes_no_more_fails_the_day_with_its_reason(day):
    found = people()
    day.open()
    assert day.process(largest_file=(4_000, 4_000)).wait(PATIENCE) == 0
    row = day.row()
    assert (row.state, row.error_code) == ("failed", "daily_run.disk")
    assert "磁盘空间" in row.error
    assert database.session.scalar(select(func.count()).select_from(Match)) == 0
    day.open()
    assert day.process().wait(PATIENCE) == 0
    is_whole(found, day.row())


def test_the_clock_opens_a_day_and_starts_the_process_that_ends_it(day, monkeypatch):
    found = people()
    for name, value in environment(day.settings).items():
        monkeypatch.setenv(name, value)
    jobs = {job.name: job for job in wiring.JOBS}
    day.open()
    for _ in range(2):  # the second tick finds the child at work
        wiring.run(jobs["daily_runs.run"])
    assert wiring.daily.wait() == 0
    is_whole(found, day.row())
    wiring.run(jobs["daily_runs.run"])
    assert wiring.daily.wait() == 0
    assert day.row().tries == 1, "nothing was open"


def test_processes_killed_at_random_lose_nobody_and_tell_nobody_twice(day, herd):
    found = people()
    day.open()
    work = herd(
        "daily", workers=2, kills=12, pauses=(0.2, 0.5), SNAPSHOT_FOLDER=str(day.settings.snapshot_folder)
    )
    work.until(
        lambda: day.row().state == "finished" and day.row("enterprise").state == "finished", seconds=120
    )
    is_whole(found, day.row())


@pytest.fixture
def own_server(application, settings, redis, silent):
    """A PostgreSQL of this test's own, which may restart; yields it and settings for it."""
    root = Path(tempfile.mkdtemp(prefix="zsb-restarts-"))
    server = Postgres(root, port=free_port(), settings=("max_connections=50", "shared_buffers=32MB")).start()
    copied = settings.model_copy(update={"database_url": type(settings.database_url)(server.url)})
    usual, engine = database.engine(), database.open_engine(copied)
    with engine.begin() as connection:
        servers.bring_up_to_date(connection)
    database.session.remove()
    database.bind(engine)
    yield server, copied
    database.session.remove()
    database.bind(usual)
    engine.dispose()
    daily_runs.use(settings)
    server.stop()
    shutil.rmtree(root, ignore_errors=True)


LONG_FACTS = text("""
INSERT INTO resident_fact
    (id, owner_id, subject_kind, subject_id, name, kind, value, source, as_of, fetched_at, since)
SELECT gen_random_uuid(), id, 'person', id, 'left_the_catalogue', 'registry',
    to_jsonb(repeat('x', 200000)), '测试部门', current_date, now(), current_date
FROM identity_account
""")
"""So much that an export cannot lie in the buffers between PostgreSQL and us."""


@pytest.mark.parametrize("place", ["slow-export", "slow-apply"])
def test_a_database_that_restarts_in_the_middle_is_waited_for(own_server, tmp_path, place):
    server, settings = own_server
    day, found = Day(settings, tmp_path / "snapshots"), people()
    with atomic():
        database.session.execute(LONG_FACTS)
    day.open()
    process = day.process(place)

    def middle():
        if place == "slow-export":
            rows = text(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%COPY (%' AND state = 'active'"
            )
            with database.engine().connect() as connection:
                return connection.scalar(rows) > 1 and day.row().state == "exporting"
        return day.row().counts.get("asked", 0) > 0

    until = time.monotonic() + PATIENCE
    while not middle():
        assert time.monotonic() < until
        assert process.poll() is None, "it was too quick"
        time.sleep(0.02)
    before = day.row()
    database.session.remove()
    database.engine().dispose()
    server.stop()
    server.start()
    assert process.wait(PATIENCE) == 0
    after = day.row()
    assert (after.attempts, after.tries) == (before.attempts, before.tries), "the same process went on"
    is_whole(found, after)
