"""A session lives in PostgreSQL; the cache never makes a dead one live."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.foundation import cache, database
from app.foundation.clock import now
from app.foundation.crypto import token_hash
from app.foundation.errors import Unauthenticated
from app.foundation.transaction import atomic
from app.identity import session_cache, sessions
from app.identity.session_cache import Cached

SESSIONS, LOGOUT, ME = "/api/v1/auth/sessions", "/api/v1/auth/logout", "/api/v1/me"

REST = "UPDATE identity_session SET last_seen_at = now() - interval '2 minutes'"
SEEN = "SELECT last_seen_at > now() - interval '1 minute' FROM identity_session"
REFUSING_UPDATES = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'read only'; END $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON identity_session EXECUTE FUNCTION refuse();
"""


def refused(token):
    try:
        sessions.authenticate(token)
    except Unauthenticated:
        return True
    return False


def test_a_logged_out_token_is_refused_at_once_with_a_warm_cache(elder):
    for _ in range(3):
        assert elder.client.get(SESSIONS).status_code == 200
    assert elder.client.post(LOGOUT).status_code == 204
    for _ in range(5):
        assert elder.client.get(SESSIONS).status_code == 401


def test_one_sees_where_one_is_logged_in_and_logs_another_device_out(phone, client):
    elder = phone("yuzhong_elder")
    elder.log_in()
    old = elder.client
    elder.log_in()
    items = elder.client.get(SESSIONS).json["items"]
    assert [item["current"] for item in items].count(True) == 1
    other = next(item for item in items if not item["current"])
    assert other["device"] == "其他设备"
    assert old.get(ME).status_code == 200
    assert elder.client.delete(f"{SESSIONS}/{other['id']}").status_code == 204
    assert old.get(ME).status_code == 401
    assert elder.client.get(ME).status_code == 200


def test_somebody_elses_session_is_not_there(elder, sign_in):
    stranger = sign_in.resident()
    session_id = elder.client.get(SESSIONS).json["items"][0]["id"]
    refused = stranger.client.delete(f"{SESSIONS}/{session_id}")
    absent = stranger.client.delete(f"{SESSIONS}/00000000-0000-7000-8000-000000000000")
    assert (
        (refused.status_code, refused.json["code"])
        == (absent.status_code, absent.json["code"])
        == (404, "not_found")
    )
    assert elder.client.get(SESSIONS).status_code == 200


def test_a_session_at_rest_for_a_day_is_over_and_one_in_use_goes_on(clock, sign_in):
    resting, used = sign_in.resident(), sign_in.resident()
    for _ in range(5):
        clock.advance(hours=5)
        assert used.client.get(ME).status_code == 200
    assert resting.client.get(ME).status_code == 401


def test_no_session_outlives_thirty_days_however_busy(clock, sign_in):
    resident = sign_in.resident()
    for _ in range(59):
        clock.advance(hours=12)
        assert resident.client.get(ME).status_code == 200
    clock.advance(hours=12)
    assert resident.client.get(ME).status_code == 401


def test_without_redis_sessions_are_read_from_postgresql(elder, dead_redis):
    with dead_redis():
        assert elder.client.get(SESSIONS).status_code == 200
        assert elder.client.post(LOGOUT).status_code == 204
        assert elder.client.get(SESSIONS).status_code == 401


def test_a_warm_session_costs_one_look_at_redis_and_none_at_postgresql(elder, query_budget):
    sessions.authenticate(elder.token)
    with query_budget(0):
        sessions.authenticate(elder.token)


@pytest.fixture
def rested(opened):
    """The token of a session that Redis forgot and that was last seen two minutes ago."""
    with atomic():
        database.session.execute(text(REST))
    cache.client().flushdb()
    return opened[0]


def _seen_just_now():
    with database.reading() as connection:
        return connection.scalar(text(SEEN))


def test_a_session_is_read_and_noted_as_seen_in_one_statement(rested, query_budget):
    with query_budget(1):
        sessions.authenticate(rested)
    assert _seen_just_now()


def test_who_holds_the_row_of_a_session_keeps_nobody_waiting(rested, two_connections, query_budget):
    two_connections[0].execute(text("SELECT 1 FROM identity_session FOR UPDATE"))
    with query_budget(1):
        sessions.authenticate(rested)
    assert not _seen_just_now()
    two_connections[0].rollback()
    cache.client().flushdb()
    sessions.authenticate(rested)
    assert _seen_just_now()


def test_a_session_that_cannot_be_noted_as_seen_is_still_let_in(rested, two_connections):
    two_connections[0].execute(text(REFUSING_UPDATES))
    two_connections[0].commit()
    sessions.authenticate(rested)
    assert not _seen_just_now()


def test_an_ended_session_is_not_noted_as_seen(rested):
    with atomic():
        database.session.execute(text("UPDATE identity_session SET revoked_at = now()"))
    assert refused(rested)
    assert not _seen_just_now()


def test_a_request_that_read_the_session_before_it_ended_cannot_bring_it_back(committed, opened):
    token, session_id = opened
    read_at, read = now(), sessions.authenticate(token)
    cache.client().flushdb()
    with atomic():
        sessions.revoke(session_id)
    session_cache.put(token_hash(token), Cached(read, read_at + timedelta(hours=1)), read_at=read_at)
    assert refused(token)


def test_a_record_that_was_read_long_ago_does_not_count_when_the_tombstone_is_gone(committed, opened, clock):
    token, session_id = opened
    read_at, read = now(), sessions.authenticate(token)
    with atomic():
        sessions.revoke(session_id)
    clock.advance(seconds=91)
    cache.client().flushdb()
    session_cache.put(token_hash(token), Cached(read, read_at + timedelta(hours=1)), read_at=read_at)
    assert refused(token)


def test_twenty_requests_race_a_logout_and_nothing_lives_after_it(committed, together, opened):
    token, session_id = opened

    def one(number):
        if number == 10:
            with atomic():
                sessions.revoke(session_id)
            return None
        return sessions.authenticate(token)

    together(one, times=20)
    assert all(refused(token) for _ in range(20))


def test_opening_a_session_keeps_only_the_hash(committed, opened):
    token, _ = opened
    with database.reading() as connection:
        row = connection.exec_driver_sql(
            "SELECT token_hash::text AS hash, s::text AS row FROM identity_session s"
        ).one()
    assert token not in row.row
    assert row.hash == "\\x" + token_hash(token).hex()
