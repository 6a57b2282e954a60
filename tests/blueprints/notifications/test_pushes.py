"""Operations look up what somebody was told, and have what nobody knows tried once more."""

import pytest
from sqlalchemy import text

from app.foundation import database
from app.identity.types import Role
from tests.app.notifications.conftest import addressee, post, sent  # noqa: F401 fixtures

SENT = "subscribe_msg_sent_event"


@pytest.fixture(autouse=True)
def daytime(clock):
    """Nobody is pushed at night."""
    return clock


@pytest.fixture
def operations(sign_in):
    """An officer of operations, just logged in."""
    return sign_in.officer(Role.OPERATOR).client


@pytest.fixture
def unknown(post, addressee):  # noqa: F811 the fixtures
    """`unknown(accepts=1)`: somebody whose push got lost on its way back; arrived or not."""

    def make(*, accepts=1, arrived=True):
        person = addressee(accepts=accepts)
        post.spoil(phase="after_commit" if arrived else "before", reset=True, count=1)
        post.tell(person)
        post.deliver()
        assert post.row(person).state == "unknown"
        return person

    return make


def looked_up(client, **query):
    reply = client.get("/api/v1/staff/pushes", query_string=query)
    assert reply.status_code == 200, reply.json
    return reply.json["items"]


def resend(client, row, reason="电话回访说没有收到"):
    return client.post(f"/api/v1/staff/pushes/{row.id}/resending", json={"reason": reason})


def test_an_unknown_push_that_never_arrived_arrives_when_it_is_sent_again(post, unknown, operations):  # noqa: F811
    person = unknown(arrived=False)
    assert [one["state"] for one in looked_up(operations, state="unknown")] == ["unknown"]
    reply = resend(operations, post.row(person))
    assert (reply.status_code, reply.json["state"]) == (200, "queued")
    post.deliver()
    row = post.row(person)
    assert (row.state, row.purse, len(post.phone(person))) == ("accepted", "earlier", 1)
    kept = database.session.execute(
        text("SELECT details FROM audit_entry WHERE action = 'push.resent'")
    ).scalar_one()
    assert kept == {"reason": "电话回访说没有收到"}


def test_one_that_had_arrived_is_refused_by_wechat_and_seen_once(post, unknown, operations):  # noqa: F811
    person = unknown()
    resend(operations, post.row(person))
    post.deliver()
    assert (post.row(person).state, len(post.phone(person))) == ("refused", 1)


def test_a_push_is_sent_again_by_hand_once_only(post, unknown, operations):  # noqa: F811
    person = unknown(arrived=False)
    post.spoil(phase="before", reset=True, count=1)
    assert resend(operations, post.row(person)).status_code == 200
    post.deliver()
    assert post.row(person).state == "unknown"
    again = resend(operations, post.row(person))
    assert (again.status_code, again.json["code"]) == (409, "push.resent_before")


def test_what_wechat_has_told_meanwhile_is_not_sent_again(post, unknown, operations):  # noqa: F811
    person = unknown()
    row = post.row(person)
    (message,) = post.phone(person)
    post.event(person, SENT, sent(message["msgid"]))
    refused = resend(operations, row)
    assert (refused.status_code, refused.json["code"]) == (409, "push.not_unknown")
    assert post.row(person).state == "delivered"


def test_wechats_word_that_comes_before_the_second_try_ends_it(post, unknown, operations):  # noqa: F811
    person = unknown()
    (message,) = post.phone(person)
    resend(operations, post.row(person))
    post.event(person, SENT, sent(message["msgid"]))
    post.deliver()
    assert (post.row(person).state, post.calls(person)) == ("delivered", 1)


def test_two_officers_at_once_send_it_again_once(together, post, unknown, sign_in):  # noqa: F811
    row = post.row(unknown(arrived=False))
    both = [sign_in.officer(Role.OPERATOR).client for _ in range(2)]
    replies = together(lambda number: resend(both[number], row), times=2)
    assert sorted(reply.status_code for reply in replies) == [200, 409]


def test_only_operations_look_and_only_with_a_reason(post, unknown, operations, sign_in):  # noqa: F811
    row = post.row(unknown())
    for role in (Role.CASE_OFFICER, Role.POLICY_APPROVER, Role.AUDITOR):
        other = sign_in.officer(role).client
        assert other.get("/api/v1/staff/pushes").status_code == 403
        assert resend(other, row).status_code == 403
    assert resend(operations, row, reason="").status_code == 422
    assert (
        operations.post(
            f"/api/v1/staff/pushes/{'0' * 8}-0000-0000-0000-{'0' * 12}/resending", json={"reason": "找不到"}
        ).status_code
        == 404
    )
