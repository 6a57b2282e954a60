from datetime import timedelta

import pytest
from sqlalchemy import text

from app.foundation import database
from app.foundation.leases import claim
from app.foundation.transaction import atomic
from app.notifications.models import WeChatEvent

LEASE = timedelta(seconds=30)


@pytest.fixture
def rows(committed):
    with atomic():
        for number in range(20):
            database.session.add(WeChatEvent(dedupe_key=f"e{number}", event="x", payload={}))
    return 20


def _claim(limit):
    with atomic():
        return claim(WeChatEvent, WeChatEvent.state == "received", limit=limit, lease=LEASE)


def _run_out():
    with atomic():
        database.session.execute(
            text("UPDATE notification_wechat_event SET leased_until = now() - interval '1 s'")
        )


def test_a_row_is_claimed_by_one_of_many_at_once(rows, together):
    claimed = [row for batch in together(lambda _: _claim(5), times=8) for row in batch]
    assert len(claimed) == len({row_id for row_id, _ in claimed}) == rows


def test_a_claimed_row_is_left_alone_until_its_lease_runs_out(rows):
    first = _claim(rows)
    assert _claim(rows) == []
    _run_out()
    second = _claim(rows)
    assert dict(second).keys() == dict(first).keys()


def test_who_claims_again_gets_a_new_fencing_number(rows):
    assert {number for _, number in _claim(rows)} == {1}
    _run_out()
    assert {number for _, number in _claim(rows)} == {2}


def test_a_row_that_somebody_locks_is_passed_over(rows, two_connections):
    first, _ = two_connections
    first.execute(text("SELECT id FROM notification_wechat_event LIMIT 15 FOR UPDATE"))
    assert len(_claim(rows)) == 5
