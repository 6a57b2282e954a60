"""The credit ledger: what WeChat says counts, what a phone says is a hint, and nothing is below nought."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.foundation.transaction import atomic
from app.notifications import subscriptions
from app.notifications.types import Choice, Purse
from tests.app.notifications.conftest import answer

POPUP, CHANGE = "subscribe_msg_popup_event", "subscribe_msg_change_event"
KEY = "policy_match"


@pytest.fixture
def report():
    def tell(person, choice=Choice.ACCEPT, template=KEY):
        with atomic():
            subscriptions.report(person.id, {subscriptions.template_id(template): choice})

    return tell


@pytest.fixture
def take():
    def one(person, template=KEY):
        with atomic():
            payment = subscriptions.take_many([(person.id, template)]).get(person.id)
        return None if payment is None else payment.purse

    return one


def test_every_accept_that_wechat_tells_is_worth_one_push(post, addressee):
    person = addressee()
    post.event(person, POPUP, answer(PopupScene="0"))
    post.event(person, POPUP, answer(PopupScene="0"), created=1_781_000_001)
    assert post.ledger(person) == (2, 0, 0, False)


def test_the_same_event_again_is_worth_nothing_more(post, addressee):
    person = addressee()
    assert post.event(person, POPUP, answer(PopupScene="0")) is True
    assert post.event(person, POPUP, answer(PopupScene="0")) is False
    assert post.ledger(person) == (1, 0, 0, False)


def test_a_phones_own_report_is_worth_one_provisional_push_however_often_it_is_made(post, addressee, report):
    person = addressee()
    for _ in range(5):
        report(person)
    assert post.ledger(person) == (0, 1, 0, False)


def test_wechats_event_turns_the_reported_push_into_a_real_one(post, addressee, report):
    person = addressee()
    report(person)
    post.event(person, POPUP, answer(PopupScene="0"))
    assert post.ledger(person) == (1, 0, 0, False)


def test_a_report_after_the_event_adds_nothing_even_where_the_credit_is_spent(post, addressee, report, take):
    person = addressee()
    post.event(person, POPUP, answer(PopupScene="0"))
    assert take(person) is Purse.CREDIT
    report(person)
    assert post.ledger(person) == (0, 0, 0, False)


def test_an_event_for_what_was_spent_before_it_came_adds_nothing(post, addressee, report, take):
    person = addressee()
    report(person)
    assert take(person) is Purse.PROVISIONAL
    post.event(person, POPUP, answer(PopupScene="0"))
    assert post.ledger(person) == (0, 0, 0, False)


def test_an_event_a_day_later_is_about_another_tap(post, addressee, report, take, clock):
    person = addressee()
    report(person)
    take(person)
    clock.advance(days=2)
    post.event(person, POPUP, answer(PopupScene="0"))
    assert post.ledger(person) == (1, 0, 0, False)


@pytest.mark.parametrize("choice", [Choice.REJECT, Choice.BAN, Choice.FILTER])
def test_a_report_of_anything_but_accept_is_worth_nothing(addressee, report, choice, session):
    person = addressee()
    report(person, choice)
    with atomic():
        assert subscriptions.take_many([(person.id, KEY)]).get(person.id) is None


def test_a_long_term_yes_pays_for_any_number_until_it_is_switched_off(post, addressee, take):
    person, template = addressee(), "policy_match_long_term"
    post.event(person, POPUP, answer(template=template, PopupScene="0"))
    assert [take(person, template) for _ in range(3)] == [Purse.STANDING] * 3
    post.event(person, CHANGE, answer("reject", template))
    assert post.ledger(person, template) == (0, 0, 0, False)
    assert take(person, template) is None


def test_switching_a_template_off_loses_every_credit_and_a_no_to_the_prompt_loses_none(post, addressee):
    person = addressee()
    post.event(person, POPUP, answer(PopupScene="0"))
    post.event(person, POPUP, answer("reject", PopupScene="0"), created=2)
    assert post.ledger(person) == (1, 0, 0, False)
    post.event(person, CHANGE, answer("reject"), created=3)
    assert post.ledger(person) == (0, 0, 0, False)


def test_an_accept_in_the_settings_buys_no_push(post, addressee, session):
    person = addressee()
    post.event(person, CHANGE, answer("accept"))
    with atomic():
        assert subscriptions.take_many([(person.id, KEY)]).get(person.id) is None


def test_what_was_given_out_comes_back_as_what_it_was(post, addressee, report, take, clock):
    person = addressee()
    report(person)
    purse = take(person)
    with atomic():
        subscriptions.give_back(person.id, KEY, purse, taken_at=clock.now)
    assert post.ledger(person) == (0, 1, 0, False)


def test_nothing_comes_back_after_the_person_switched_the_template_off(post, addressee, take, clock):
    person = addressee()
    post.event(person, POPUP, answer(PopupScene="0"))
    purse, taken_at = take(person), clock.now
    clock.advance(seconds=1)
    post.event(person, CHANGE, answer("reject"))
    with atomic():
        subscriptions.give_back(person.id, KEY, purse, taken_at=taken_at)
    assert post.ledger(person) == (0, 0, 0, False)


def test_the_report_of_a_template_that_is_not_ours_is_refused(addressee):
    reply = addressee().client.post("/api/v1/me/subscriptions", json={"results": {"tmplStranger": "accept"}})
    assert reply.status_code == 422
    assert list(reply.json["errors"]) == ["results.tmplStranger"]


STEPS = st.lists(st.sampled_from(["accept", "report", "take", "return", "decline", "empty"]), max_size=25)


@given(STEPS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_no_more_is_spent_than_was_answered_and_nothing_is_below_nought(
    post, addressee, steps
):
    person, taken, spent, answered = addressee(), [], 0, 0
    with atomic():
        subscriptions.locked(person.id, KEY)
        for step in steps:
            match step:
                case "accept":
                    subscriptions.accepted(person.id, KEY)
                    answered += 1
                case "report":
                    subscriptions.report(person.id, {subscriptions.template_id(KEY): Choice.ACCEPT})
                    answered += 1
                case "decline":
                    subscriptions.declined(person.id, KEY)
                case "empty":
                    subscriptions.exhausted(person.id, KEY)
                case "take":
                    paid = subscriptions.take_many([(person.id, KEY)]).get(person.id)
                    taken += [paid.purse] if paid else []
                    spent += paid is not None
                case _ if taken:
                    subscriptions.give_back(person.id, KEY, taken.pop(), taken_at=None)
                    spent -= 1
    credits_left, provisional, advanced, _ = post.ledger(person)
    assert min(credits_left, provisional, advanced) >= 0
    assert provisional <= 1
    assert spent <= answered


def test_ten_messages_at_once_and_three_credits_are_three_pushes(post, addressee, together):
    person = addressee(accepts=3)
    for number in range(10):
        post.tell(person, f"e{number}")
    for _ in range(10):
        together(lambda _: post.deliver(4), times=4)
    states = [row.state for row in post.rows(person)]
    assert (states.count("accepted"), states.count("suppressed")) == (3, 7)
    assert len(post.phone(person)) == post.calls(person) == 3
    assert post.ledger(person) == (0, 0, 0, False)
