"""F1 for what is announced ahead: searchers and tellers die by kill -9; everybody is told once."""

import os
import subprocess
import sys
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app import wiring
from app.eligibility import loading
from app.eligibility.models import Announcement, ForesightDay
from app.foundation import clock, database
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.identity.models import Account
from app.notifications.models import Message
from app.residents import consents
from app.residents.types import Purpose
from tests.app.eligibility.knowing import learn
from tests.faults.conftest import environment
from tests.support.sources import ROOT

PEOPLE = 80
REGIONS = ("500103", "340100", "120104", "341000")
POLICY = "cq-yuzhong-elder"


@pytest.fixture
def nearly_80(committed, tmp_path):
    """People who turn 80 within the next fortnight, living in four cities: four partitions."""
    soon = clock.today() + timedelta(days=10)
    born = date(soon.year - 80, soon.month, min(soon.day, 28)).isoformat()
    people = [new_id() for _ in range(PEOPLE)]
    with atomic():
        loading.load_policies()
        database.session.add_all([Account(id=person, openid=f"o{person.hex}") for person in people])
        database.session.flush()
        for number, person in enumerate(people):
            consents.grant(person, Purpose.MATCHING)
            region = REGIONS[number % len(REGIONS)]
            learn(person, birth_date=born, hukou_region="500103", residence_region=region)
    return committed.model_copy(update={"snapshot_folder": tmp_path})


def count(*conditions, table=Announcement):
    database.session.remove()
    return database.session.scalar(select(func.count()).select_from(table).where(*conditions))


def test_everybody_is_told_once_while_searchers_are_killed(nearly_80, herd):
    def over():
        finished = count(ForesightDay.finished_at.is_not(None), table=ForesightDay) == 2
        return finished and count(Announcement.state == "due") == 0

    killed = herd("foresight", workers=2, kills=12, pauses=(0.05, 0.3), settings=nearly_80).until(over)
    assert killed >= 1
    assert count(Announcement.policy_id == POLICY, Announcement.state == "told") == PEOPLE
    assert count(Message.event_key.startswith(f"begins|{POLICY}"), table=Message) == PEOPLE


def run(settings):
    return subprocess.run(
        [sys.executable, "-m", "app.foreseeing"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment(settings)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_schedulers_child_searches_and_tells_once_a_day(nearly_80, monkeypatch):
    for name, value in environment(nearly_80).items():
        monkeypatch.setenv(name, value)
    assert wiring.search_ahead() is True
    assert wiring.foreseeing.wait() == 0
    assert count(Announcement.policy_id == POLICY, Announcement.state == "told") == PEOPLE
    assert list(nearly_80.snapshot_folder.rglob("*.parquet")) == []
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://nobody@localhost:1/nothing")
    assert wiring.search_ahead() is False, "nothing is started: a child would fail"


def test_without_a_folder_for_snapshots_nothing_is_searched_and_it_is_said(committed):
    refused = run(committed)
    assert refused.returncode == 1
    assert "no_snapshot_folder" in refused.stdout + refused.stderr
