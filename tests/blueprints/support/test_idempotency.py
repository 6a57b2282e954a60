from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from app.audit.models import AuditEntry
from app.foundation import database, idempotency
from app.foundation.models import StoredReply
from app.foundation.transaction import atomic


def _effects(subject):
    return database.session.scalar(select(func.count()).where(AuditEntry.subject_id == subject))


def _post(client, words, key="k-1"):
    return client.post("/once", json={"text": words}, headers={"Idempotency-Key": key})


def test_the_same_key_and_body_give_the_same_answer_and_one_effect(sign_in):
    client = sign_in.resident().client
    first, second = _post(client, "hello"), _post(client, "hello")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data == second.data
    assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")
    assert _effects("hello") == 1


def test_the_same_key_with_another_body_is_refused(sign_in):
    client = sign_in.resident().client
    _post(client, "one")
    response = _post(client, "two")
    assert (response.status_code, response.json["code"]) == (422, "idempotency.key_reused")
    assert _effects("two") == 0


def test_a_key_belongs_to_one_person(sign_in):
    assert _post(sign_in.resident().client, "mine").status_code == 201
    other = _post(sign_in.resident().client, "theirs")
    assert (other.status_code, other.json["text"]) == (201, "theirs")


def test_a_required_key_must_be_there_and_readable(sign_in):
    client = sign_in.resident().client
    missing = client.post("/once", json={"text": "a"})
    assert (missing.status_code, missing.json["code"]) == (400, "idempotency.key_required")
    for key in ("", "k" * 256, "键"):
        assert _post(client, "a", key.encode().decode("latin-1")).json["code"] == "idempotency.key_unreadable"


def test_a_refusal_is_not_kept(sign_in):
    client = sign_in.resident().client
    assert _post(client, "refuse").status_code == 409
    assert _post(client, "now it works").status_code == 201


def test_the_stored_answer_is_sealed(sign_in):
    _post(sign_in.resident().client, "somebody's words")
    assert b"somebody" not in database.session.scalar(select(StoredReply.sealed))


def test_of_many_at_once_one_makes_the_effect(sign_in, committed, together):
    client = sign_in.resident().client
    answers = together(lambda _: _post(client, "slow"), times=8)
    codes = [answer.status_code for answer in answers]
    assert codes.count(201) == 1
    busy = [answer for answer in answers if answer.status_code == 409]
    assert len(busy) == 7
    assert {(a.json["code"], a.headers["Retry-After"]) for a in busy} == {("idempotency.in_progress", "1")}
    assert _post(client, "slow").headers["Idempotent-Replayed"] == "true"
    assert _effects("slow") == 1


def test_an_answer_stored_while_the_second_request_was_already_asking_is_found(
    two_connections, until_somebody_waits
):
    first, second = two_connections
    first.exec_driver_sql("SELECT pg_advisory_xact_lock(1)")
    first.exec_driver_sql(
        "INSERT INTO http_idempotency (id, principal, key, route, body_hash, status, sealed)"
        " VALUES (gen_random_uuid(), 'resident:1', 'k-1', 'POST /once', sha256(''), 201, '')"
    )
    asks = (  # begins, waits for the first to commit, and only then comes to the lock of the key
        "SELECT found.free, found.status, (SELECT count(*) FROM http_idempotency) AS as_of_its_beginning"
        " FROM http_idempotency_earlier(2, 'resident:1' || pg_advisory_xact_lock(1)::text, 'k-1') AS found"
    )
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lambda: second.exec_driver_sql(asks).one())
        until_somebody_waits()
        first.commit()
        assert tuple(asked.result(10)) == (True, 201, 0)


@pytest.mark.parametrize(("days", "left"), [(2, 1), (4, 0)])
def test_an_answer_is_forgotten_after_three_days(sign_in, session, days, left):
    _post(sign_in.resident().client, "old")
    with atomic():
        session.execute(
            text("UPDATE http_idempotency SET created_at = now() - make_interval(days => :d)"), {"d": days}
        )
        idempotency.purge()
    assert session.scalar(select(func.count()).select_from(StoredReply)) == left
