"""消息 over HTTP: one's own inbox, page by page, and what to ask the phone for."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.foundation import database
from app.foundation.transaction import atomic
from app.notifications import prompts, service, subscriptions
from app.notifications.models import Delivery, Subscription
from app.notifications.service import Notice
from app.notifications.types import STATE_LABELS, DeliveryState

VALUES = {
    "thing1": "高龄补贴",
    "thing2": "每年600元",
    "thing3": "年满80周岁",
    "time4": "2026年11月23日 09:30",
}


@pytest.fixture
def tell():
    """`tell(person, 3)`: three messages; returns their ids, oldest first."""

    def make(person, count=1, *, start=0):
        with atomic():
            return [
                service.notify(
                    person.id,
                    Notice(
                        template="policy_match",
                        event_key=f"e{start + number}",
                        title=f"第{start + number}条",
                        body="点开看看",
                        values=VALUES,
                        page_params={"policy_id": "cq-yuzhong-elder"},
                    ),
                )
                for number in range(count)
            ]

    return make


def inbox(person, **query):
    reply = person.client.get("/api/v1/me/messages", query_string=query)
    assert reply.status_code == 200
    return reply.json


def test_the_inbox_is_read_page_by_page_newest_first_with_nothing_twice_or_lost(sign_in, tell):
    person = sign_in.resident()
    tell(person, 7)
    titles, cursor = [], {}
    while True:
        page = inbox(person, page_size=3, **cursor)
        titles += [item["title"] for item in page["items"]]
        tell(person, 1, start=100 + len(titles))  # what comes meanwhile shifts no page
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert titles == [f"第{number}条" for number in reversed(range(7))]


def test_a_cursor_of_one_list_is_refused_by_another(sign_in, tell):
    person = sign_in.resident()
    tell(person, 2)
    cursor = {"cursor": inbox(person, page_size=1)["next_cursor"]}
    reply = person.client.get("/api/v1/applications", query_string=cursor)
    assert (reply.status_code, list(reply.json["errors"])) == (422, ["cursor"])
    assert len(inbox(person, **cursor)["items"]) == 1


def test_nobody_sees_or_marks_anothers_messages(sign_in, tell):
    owner, other = sign_in.resident(), sign_in.resident()
    (message,) = tell(owner)
    assert inbox(other)["items"] == []
    assert other.client.post(f"/api/v1/me/messages/{message}/read").status_code == 404
    assert inbox(owner)["items"][0]["read_at"] is None
    assert owner.client.post(f"/api/v1/me/messages/{message}/read").status_code == 204
    first = inbox(owner)["items"][0]["read_at"]
    assert first is not None
    assert owner.client.post(f"/api/v1/me/messages/{message}/read").status_code == 204
    assert inbox(owner)["items"][0]["read_at"] == first


@pytest.mark.parametrize("state", list(DeliveryState))
def test_every_state_has_plain_words(sign_in, tell, state):
    person = sign_in.resident()
    tell(person)
    with atomic():
        database.session.execute(update(Delivery).values(state=state, reason="no_credit"))
    shown = inbox(person)["items"][0]["delivery"]
    assert (shown["state"], shown["label"]) == (state, STATE_LABELS[state])
    assert (shown["note"] == "您没有剩余的订阅次数") is (state is DeliveryState.SUPPRESSED)


def test_a_moment_asks_for_three_at_most_and_tells_what_is_left(sign_in):
    person = sign_in.resident()
    items = person.client.get("/api/v1/me/subscriptions/prompts?moment=after_match").json["items"]
    assert [item["key"] for item in items] == ["policy_match", "deadline_reminder"]
    assert [item["has_credit"] for item in items] == [False, False]
    results = {items[0]["template_id"]: "accept", items[1]["template_id"]: "reject"}
    assert person.client.post("/api/v1/me/subscriptions", json={"results": results}).status_code == 204
    after = person.client.get("/api/v1/me/subscriptions/prompts?moment=after_match").json["items"]
    assert [item["has_credit"] for item in after] == [True, False]


def test_an_unknown_moment_asks_for_nothing(sign_in):
    reply = sign_in.resident().client.get("/api/v1/me/subscriptions/prompts?moment=whenever")
    assert (reply.status_code, reply.json["code"]) == (409, "notification.unknown_moment")


@pytest.mark.parametrize("results", [{}, {"x": "perhaps"}, {str(n): "accept" for n in range(6)}])
def test_a_report_of_another_shape_is_refused(sign_in, results):
    reply = sign_in.resident().client.post("/api/v1/me/subscriptions", json={"results": results})
    assert reply.status_code == 422


def test_a_deployment_without_template_ids_asks_for_nothing(sign_in, settings):
    person = sign_in.resident()
    subscriptions.use(settings.model_copy(update={"wechat_templates": {}}))
    try:
        assert prompts.for_moment(person.id, "after_match") == []
    finally:
        subscriptions.use(settings)


@pytest.mark.parametrize("count", [1, 50])
def test_a_page_of_messages_costs_the_same_however_many_there_are(sign_in, tell, query_budget, count):
    person = sign_in.resident()
    tell(person, count)
    inbox(person)
    with query_budget(1):
        assert len(inbox(person, page_size=50)["items"]) == count


@pytest.fixture
def keys(sign_in):
    """`keys(person, moment)`: which templates are asked for."""

    def ask(person, moment="after_match"):
        reply = person.client.get(f"/api/v1/me/subscriptions/prompts?moment={moment}")
        return [item["key"] for item in reply.json["items"]]

    return ask


def test_nobody_is_asked_for_what_they_have_plenty_of(sign_in, keys):
    person = sign_in.resident()
    for expected in (["policy_match"], []):
        with atomic():
            subscriptions.accepted(person.id, "policy_match")
            subscriptions.accepted(person.id, "deadline_reminder")
        assert keys(person) == expected
    with atomic():
        subscriptions.exhausted(person.id, "policy_match")
    assert keys(person) == ["policy_match"]


def test_who_has_just_said_no_is_left_alone_for_a_week_except_where_they_came_to_be_asked(
    sign_in, keys, clock
):
    person = sign_in.resident()
    with atomic():
        subscriptions.declined(person.id, "policy_match")
        subscriptions.declined(person.id, "policy_match_long_term")
    assert keys(person) == ["deadline_reminder"]
    assert keys(person, "in_settings") == ["policy_match_long_term", "renewal_reminder"]
    clock.advance(hours=23)
    assert keys(person) == ["deadline_reminder"]
    with atomic():
        database.session.execute(update(Subscription).values(declined_at=clock.now - timedelta(days=7)))
    assert keys(person) == ["policy_match", "deadline_reminder"]


def test_a_standing_yes_is_not_asked_for_again(sign_in, keys):
    person = sign_in.resident()
    with atomic():
        subscriptions.accepted(person.id, "policy_match_long_term")
    assert keys(person, "in_settings") == ["renewal_reminder"]


def test_who_said_yes_for_good_is_not_asked_for_single_pushes_of_the_same(sign_in, keys):
    person = sign_in.resident()
    with atomic():
        subscriptions.accepted(person.id, "policy_match_long_term")
    assert keys(person) == ["deadline_reminder"]
    with atomic():
        subscriptions.exhausted(person.id, "policy_match_long_term")
    assert keys(person) == ["policy_match", "deadline_reminder"]
