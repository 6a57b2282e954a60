import threading
import time

import pytest
from sqlalchemy import func, select, text

from app import scheduler, wiring
from app.foundation import cache, database, queue
from app.foundation.models import StoredReply
from app.foundation.transaction import atomic
from app.scheduler import Leadership
from tests.faults.conftest import environment


@pytest.fixture
def contenders(committed):
    made = [Leadership(database.engine()), Leadership(database.engine())]
    yield made
    for leadership in made:
        leadership.release()


def test_only_one_of_two_schedulers_leads(contenders):
    first, second = contenders
    assert (first.held(), second.held(), first.held()) == (True, False, True)


def test_another_leads_once_the_leader_is_gone(contenders):
    first, second = contenders
    assert first.held()
    first.release()
    until = time.monotonic() + 5  # PostgreSQL notices in its own time that a session has ended
    while not second.held() and time.monotonic() < until:
        time.sleep(0.01)
    assert (second.held(), first.held()) == (True, False)


def test_a_leader_that_lost_its_database_session_does_not_believe_it_still_leads(contenders):
    first, second = contenders
    assert first.held()
    with database.engine().begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks JOIN pg_database d ON d.oid = database"
                " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
            )
        )  # of this database alone: beside it other tests run, and hold locks of their own
    assert second.held()
    assert not first.held()


def test_who_does_not_lead_does_nothing(contenders):
    first, second = contenders
    assert first.held()
    done = []
    scheduler.led(second, "job", lambda: done.append("second"))()
    scheduler.led(first, "job", lambda: done.append("first"))()
    assert done == ["first"]


def test_a_job_that_fails_is_tried_again_at_the_next_tick(contenders):
    first, _ = contenders
    tick = scheduler.led(first, "job", lambda: 1 / 0)
    tick()
    tick()


def test_every_bell_is_rung(application, redis):
    scheduler.ring_all()
    waiting = {bell: cache.client().llen(f"dramatiq:{bell.value}") for bell in queue.Bell}
    assert set(waiting.values()) == {1}


def test_every_job_can_be_done_and_has_its_place_in_the_clockwork(
    committed, contenders, monkeypatch, tmp_path
):
    ours = committed.model_copy(update={"snapshot_folder": tmp_path})
    for name, value in environment(ours).items():  # some jobs start a process of their own
        monkeypatch.setenv(name, value)
    for job in wiring.JOBS:
        wiring.run(job)
    planned = {job.id for job in scheduler.build(contenders[0]).get_jobs()}
    assert planned == {"bells", *(job.name for job in wiring.JOBS)}


def test_a_job_commits_what_it_did(committed, sign_in):
    with atomic():
        database.session.add(
            StoredReply(principal="p", key="k", route="r", body_hash=b"0" * 32, status=200, sealed=b"")
        )
        database.session.flush()
        database.session.execute(text("UPDATE http_idempotency SET created_at = now() - interval '4 days'"))
    [purge] = [job for job in wiring.JOBS if job.name == "idempotency.purge"]
    worker = threading.Thread(target=wiring.run, args=(purge,))
    worker.start()
    worker.join()
    assert database.session.scalar(select(func.count()).select_from(StoredReply)) == 0
