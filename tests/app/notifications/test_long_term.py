"""A policy's push and the two ways of subscribing to it: a long-term yes first, neither touches the other."""

import pytest

from app.foundation.transaction import atomic
from app.notifications import circuits, subscriptions
from tests.app.notifications.conftest import answer, sent

ONCE, ALWAYS = "policy_match", "policy_match_long_term"
POPUP, CHANGE, SENT = "subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event"


@pytest.fixture
def subscriber(addressee, wechat):
    """`subscriber(bought=1)`: somebody with a long-term yes and so many credits, on both sides."""

    def make(*, bought=0):
        person = addressee(accepts=bought)
        wechat.post("subscribe", openid=person.openid, choices={subscriptions.template_id(ALWAYS): "accept"})
        with atomic():
            subscriptions.accepted(person.id, ALWAYS)
        return person

    return make


def test_who_said_yes_for_good_is_told_by_that_template_as_often_as_there_is_news(post, subscriber):
    person = subscriber(bought=1)
    for key in ("e1", "e2"):
        post.tell(person, key)
        post.deliver()
    shown = post.phone(person)
    assert [message["template_id"] for message in shown] == [subscriptions.template_id(ALWAYS)] * 2
    assert [set(message["data"]) for message in shown] == [{"thing1", "thing2", "thing3"}] * 2
    assert (post.ledger(person), post.ledger(person, ALWAYS)) == ((1, 0, 0, False), (0, 0, 0, True))
    assert {(row.template, row.sent_as, row.purse) for row in post.rows(person)} == {
        (ONCE, ALWAYS, "standing")
    }


def test_without_a_long_term_yes_a_credit_pays_and_the_own_template_goes(post, addressee):
    person = addressee(accepts=1)
    post.tell(person)
    post.deliver()
    (message,) = post.phone(person)
    assert message["template_id"] == subscriptions.template_id(ONCE)
    assert (post.row(person).sent_as, post.ledger(person)) == (None, (0, 0, 0, False))


def test_43101_on_a_long_term_send_ends_that_and_the_credit_pays_instead(post, subscriber, clock):
    person = subscriber(bought=1)
    post.spoil(errcode=43101, count=1)
    post.tell(person)
    post.deliver()
    assert (post.ledger(person, ALWAYS), post.ledger(person)) == ((0, 0, 0, False), (1, 0, 0, False))
    clock.advance(seconds=3)
    post.deliver()
    row = post.row(person)
    assert (row.state, row.sent_as, row.purse) == ("accepted", None, "credit")
    assert [message["template_id"] for message in post.phone(person)] == [subscriptions.template_id(ONCE)]
    assert post.ledger(person) == (0, 0, 0, False)


def test_43101_on_a_credit_leaves_the_long_term_yes_that_came_meanwhile(post, addressee):
    person = addressee(accepts=2)
    post.spoil(errcode=43101, count=1)
    post.tell(person)
    post.event(person, POPUP, answer(template=ALWAYS, PopupScene="0"))
    with atomic():
        subscriptions.declined(person.id, ALWAYS)
    post.deliver()
    assert (post.row(person).state, post.ledger(person)) == ("refused", (0, 0, 0, False))
    post.event(person, POPUP, answer(template=ALWAYS, PopupScene="0"), created=2)
    assert post.ledger(person, ALWAYS) == (0, 0, 0, True)


@pytest.mark.parametrize(
    ("switched_off", "left"),
    [(ALWAYS, ((1, 0, 0, False), (0, 0, 0, False))), (ONCE, ((0, 0, 0, False), (0, 0, 0, True)))],
)
def test_switching_one_of_them_off_leaves_the_other(post, subscriber, switched_off, left):
    person = subscriber(bought=1)
    post.event(person, CHANGE, answer("reject", switched_off))
    assert (post.ledger(person), post.ledger(person, ALWAYS)) == left


def test_a_busy_long_term_send_costs_no_credit(post, subscriber, clock):
    person = subscriber(bought=1)
    post.spoil(errcode=-1, count=1)
    post.tell(person)
    post.deliver()
    clock.advance(minutes=1)
    post.deliver()
    assert post.row(person).state == "accepted"
    assert post.ledger(person) == (1, 0, 0, False)


def test_a_banned_long_term_template_stops_itself_and_credits_pay_meanwhile(post, subscriber, clock):
    with_credit, without = subscriber(bought=1), subscriber()
    with atomic():
        circuits.trip(ALWAYS, until=circuits.next_day(), reason="banned")
    for person in (with_credit, without):
        post.tell(person)
    post.deliver()
    assert (post.row(with_credit).state, post.row(with_credit).sent_as) == ("accepted", None)
    assert (post.row(without).state, post.row(without).reason) == ("held", "template_stopped")
    clock.advance(days=1)
    post.deliver()
    assert (post.row(without).state, post.row(without).sent_as) == ("accepted", ALWAYS)


def test_wechats_event_about_a_long_term_send_finds_the_push_that_it_carried(post, subscriber):
    person = subscriber()
    post.spoil(phase="after_commit", reset=True)
    post.tell(person)
    post.deliver()
    assert post.row(person).state == "unknown"
    (message,) = post.phone(person)
    post.event(person, SENT, sent(message["msgid"], template=ALWAYS))
    assert (post.row(person).state, post.row(person).msgid) == ("delivered", message["msgid"])
