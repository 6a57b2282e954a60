"""The push worker against the WeChat sandbox: every outcome is booked as what can be proved."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text, update

from app.foundation import database
from app.foundation.transaction import atomic
from app.gateways.wechat import live, port
from app.identity.models import Account
from app.notifications import circuits, delivery, outcomes, subscriptions
from app.notifications.models import Delivery
from app.notifications.outcomes import MAX_BUSY_ATTEMPTS, Outcome
from app.notifications.types import DeliveryState, Lane
from app.residents import consents
from app.residents.types import Purpose
from launcher.processes import free_port
from tests.app.notifications.conftest import sent

SENT = "subscribe_msg_sent_event"


@pytest.fixture
def push(post, addressee):
    """`push()`: somebody with a credit, told once, delivered once; returns person and row."""

    def make(**person):
        someone = addressee(**{"accepts": 1, **person})
        post.tell(someone)
        post.deliver()
        return someone, post.row(someone)

    return make


def test_a_push_lies_on_the_phone_with_its_values_and_its_page(post, push):
    person, row = push()
    (message,) = post.phone(person)
    assert message["data"]["thing1"] == "重庆市渝中区高龄补贴"
    assert message["page"] == "pages/matches/detail?policy_id=cq-yuzhong-elder"
    assert (row.state, row.msgid) == ("accepted", message["msgid"])
    assert post.ledger(person) == (0, 0, 0, False)


def test_the_same_news_twice_is_one_message_and_one_push(post, addressee):
    person = addressee(accepts=2)
    assert post.tell(person) is not None
    assert post.tell(person) is None
    post.deliver()
    assert len(post.phone(person)) == 1


@pytest.mark.parametrize(
    ("person", "reason"), [({"accepts": 0}, "no_credit"), ({"consent": False}, "no_consent")]
)
def test_where_nothing_may_be_sent_nothing_is_sent_and_the_reason_stands(post, push, person, reason):
    _, row = push(**person)
    assert (row.state, row.reason) == ("suppressed", reason)
    assert post.calls() == 0


def test_a_consent_withdrawn_after_the_message_was_queued_stops_its_push_and_costs_no_credit(post, addressee):
    person = addressee(accepts=1)
    post.tell(person)
    with atomic():
        consents.withdraw(person.id, Purpose.PUSH)
    post.deliver()
    assert (post.row(person).reason, post.calls()) == ("no_consent", 0)
    assert post.ledger(person) == (1, 0, 0, False)


def test_a_template_that_this_deployment_lacks_is_told_in_the_inbox_only(post, push, settings):
    subscriptions.use(settings.model_copy(update={"wechat_templates": {}}))
    try:
        _, row = push(accepts=0)
    finally:
        subscriptions.use(settings)
    assert (row.reason, post.calls()) == ("no_template", 0)


def test_somebody_without_wechat_is_told_in_the_inbox_only(post, addressee):
    person = addressee(accepts=1)
    post.tell(person)
    with atomic():
        database.session.execute(
            update(Account).where(Account.id == person.id).values(openid=None, state="erased")
        )
    post.deliver()
    assert (post.row(person).reason, post.calls()) == ("no_wechat", 0)


def test_what_could_not_leave_in_time_expires_unsent(post, addressee, clock):
    person = addressee(accepts=1)
    post.tell(person, lifetime=timedelta(hours=1))
    clock.advance(hours=2)
    post.deliver()
    assert (post.row(person).state, post.calls()) == ("expired", 0)


def test_an_urgent_push_overtakes_a_campaign(post, addressee, wechat):
    people = [addressee(accepts=1, template="policy_match_long_term") for _ in range(4)]
    for person, lane in zip(people, (Lane.BULK, Lane.BULK, Lane.NORMAL, Lane.URGENT), strict=True):
        post.tell(person, lane=lane, template="policy_match_long_term")
    post.deliver()
    journal = wechat.get("journal?path=/cgi-bin/message/subscribe/send")
    asked = [entry["openid"] for entry in journal]
    assert asked[:2] == [people[3].openid, people[2].openid]


def test_what_has_no_way_to_be_told_together_leaves_one_after_the_other(post, addressee):
    person = addressee(accepts=2, template="deadline_reminder")
    for key in ("e1", "e2"):
        post.tell(person, key, template="deadline_reminder", lane=Lane.BULK)
    post.deliver()
    assert [row.state for row in post.rows(person)] == ["accepted"] * 2
    assert len(post.phone(person)) == 2


def test_busy_is_tried_again_later_and_later_and_then_given_up_with_the_credit_given_back(post, push, clock):
    post.spoil(errcode=-1)
    person, row = push()
    assert (row.state, row.reason) == ("queued", "Busy")
    post.deliver()
    assert post.calls() == 1
    waits = []
    while (row := post.row(person)).state == "queued":
        waits.append((row.not_before - clock.now).total_seconds())
        clock.set(row.not_before)
        post.deliver()
    assert (row.state, post.calls()) == ("dead", MAX_BUSY_ATTEMPTS)
    assert waits[0] < waits[4] < waits[-1] <= 300
    assert sum(waits) > 600
    assert post.ledger(person) == (1, 0, 0, False)


def test_busy_for_a_while_is_delivered_in_the_end(post, push, clock):
    post.spoil(errcode=-1, count=2)
    person, _ = push()
    for _ in range(2):
        clock.advance(minutes=5)
        post.deliver()
    assert post.row(person).state == "accepted"
    assert len(post.phone(person)) == 1


def test_the_used_up_quota_of_a_day_stops_all_sending_until_midnight_in_shanghai(post, addressee, clock):
    people = [addressee(accepts=1) for _ in range(5)]
    for person in people:
        post.tell(person)
    post.spoil(errcode=45009, count=1)
    post.deliver()
    assert post.calls() == 1
    clock.set(datetime(2026, 6, 15, 15, 59, 59, tzinfo=UTC))
    post.deliver()
    assert post.calls() == 1
    clock.set(datetime(2026, 6, 15, 16, 0, 0, tzinfo=UTC))
    post.deliver()
    assert (circuits.stopped(), post.calls()) == ({}, 1)  # nobody is woken because a quota is fresh again
    clock.set(datetime(2026, 6, 16, 0, 0, 0, tzinfo=UTC))
    post.deliver()
    assert {row.state for row in post.rows()} == {"accepted"}
    assert [post.ledger(person) for person in people] == [(0, 0, 0, False)] * 5


def test_the_used_up_quota_of_a_minute_stops_sending_until_the_next(post, push, clock):
    clock.advance(seconds=20)
    post.spoil(errcode=45011, count=1)
    person, _ = push()
    clock.advance(seconds=39)
    post.deliver()
    assert post.calls() == 1
    clock.advance(seconds=1)
    post.deliver()
    assert (post.row(person).state, post.calls()) == ("accepted", 2)


def test_a_shorter_stop_never_ends_a_longer_one(session, clock):
    with atomic():
        circuits.trip(circuits.SENDING, until=circuits.next_day(), reason="daily_quota")
        circuits.trip(circuits.SENDING, until=circuits.next_minute(), reason="minute_quota")
        assert circuits.stopped()[circuits.SENDING] == circuits.next_day()


def test_a_banned_template_is_held_while_others_go_and_tried_again_after_an_hour(post, addressee, clock):
    first, second = addressee(accepts=1), addressee(accepts=1)
    other = addressee(accepts=1, template="policy_match_long_term")
    post.tell(first)
    post.tell(second)
    post.tell(other, template="policy_match_long_term")
    post.spoil(errcode=43107, count=1)
    post.deliver()
    states = [post.row(person).state for person in (first, second, other)]
    assert states == ["held", "accepted", "accepted"]  # both left in one batch before the answer was known
    third = addressee(accepts=1)
    post.tell(third)
    post.deliver()
    assert (post.row(third).state, post.calls(third)) == ("held", 0)
    assert post.ledger(first) == post.ledger(third) == (1, 0, 0, False)
    clock.advance(hours=1)
    post.deliver()
    assert [post.row(person).state for person in (first, third)] == ["accepted", "accepted"]


def test_a_second_push_to_a_busy_phone_waits_its_turn(post, push, clock):
    post.spoil(errcode=43108, count=1)
    person, row = push()
    assert (row.state, row.reason) == ("queued", "Concurrent")
    clock.advance(seconds=3)
    post.deliver()
    assert post.row(person).state == "accepted"


@pytest.mark.parametrize("errcode", [47003, 40037, 41030, 45168, 99999])
def test_what_wechat_will_never_take_fails_once_and_costs_no_credit(post, push, errcode):
    post.spoil(errcode=errcode)
    person, row = push()
    post.deliver()
    assert (row.state, row.errcode, post.calls()) == ("failed", errcode, 1)
    assert post.ledger(person) == (1, 0, 0, False)


def test_43101_says_that_no_credit_was_left_whatever_we_believed(post, push):
    post.spoil(errcode=43101)
    person, row = push(accepts=3)
    post.deliver()
    assert (row.state, post.calls()) == ("refused", 1)
    assert post.ledger(person) == (0, 0, 0, False)


def test_a_misconfigured_account_stops_sending_for_minutes_and_loses_nothing(post, push, clock):
    post.spoil(errcode=48001, count=1)
    person, _ = push()
    post.deliver()
    assert post.calls() == 1
    clock.advance(minutes=5)
    post.deliver()
    assert post.row(person).state == "accepted"


@pytest.mark.parametrize("damage", ["reset", "truncated", "empty", "html"])
def test_an_answer_lost_on_its_way_is_unknown_and_never_sent_again_by_itself(post, push, clock, damage):
    post.spoil(phase="after_commit", **{damage: True})
    person, row = push(accepts=2)
    clock.advance(days=1)
    post.deliver()
    assert (row.state, row.msgid) == ("unknown", None)
    assert post.calls() == len(post.phone(person)) == 1
    assert post.ledger(person) == (1, 0, 0, False)


def test_wechats_event_tells_what_became_of_an_unknown_push(post, push):
    post.spoil(phase="after_commit", reset=True)
    person, _ = push()
    (message,) = post.phone(person)
    post.event(person, SENT, sent(message["msgid"]))
    row = post.row(person)
    assert (row.state, row.msgid) == ("delivered", message["msgid"])


def test_a_push_that_met_no_wechat_at_all_waits_with_its_credit(post, push, settings, redis, clock):
    nowhere = {"wechat_api_base": f"http://127.0.0.1:{free_port()}", "wechat_app_id": "wxnobody"}
    usual = port.wechat()
    port.use(live.build(settings.model_copy(update=nowhere)))
    try:
        person, row = push()
    finally:
        port.use(usual)
    assert (row.state, row.reason, row.sent_at) == ("queued", "NotSent", None)
    assert post.ledger(person) == (1, 0, 0, False)
    clock.advance(seconds=3)
    post.deliver()
    assert post.row(person).state == "accepted"
    assert len(post.phone(person)) == 1


class _Broken:
    def send(self, *_args, **_more):
        raise KeyError("a defect of ours")


def test_a_defect_while_calling_is_unknown_too(push):
    usual = port.wechat()
    port.use(port.WeChat(usual.login, usual.phones, _Broken(), usual.templates, usual.faces, usual.content))
    try:
        _, row = push()
    finally:
        port.use(usual)
    assert (row.state, row.reason) == ("unknown", "KeyError")


def test_a_worker_that_died_while_sending_leaves_unknown_not_a_second_push(post, addressee):
    person = addressee(accepts=2)
    post.tell(person)
    with atomic():
        delivery._prepare(10)
    post.deliver()
    assert post.row(person).state == "sending"
    _let_leases_run_out()
    post.deliver()
    row = post.row(person)
    assert (row.state, row.reason, post.calls()) == ("unknown", "lease_expired", 0)


def test_a_late_worker_changes_nothing_but_learns_the_number_of_its_message(post, addressee):
    person = addressee(accepts=2)
    post.tell(person)
    with atomic():
        (attempt,), _ = delivery._prepare(10)
    _let_leases_run_out()
    with atomic():
        delivery.settle_abandoned()
        late = outcomes.book(attempt.delivery_id, attempt.number, Outcome(DeliveryState.QUEUED))
    assert (late, post.row(person).state, post.ledger(person)) == (False, "unknown", (1, 0, 0, False))
    with atomic():
        outcomes.book(attempt.delivery_id, attempt.number, Outcome(DeliveryState.ACCEPTED, msgid="77"))
    assert (post.row(person).state, post.row(person).msgid) == ("unknown", "77")


def test_a_worker_whose_attempt_was_taken_over_changes_nothing_at_all(post, addressee):
    person = addressee(accepts=2)
    post.tell(person)
    with atomic():
        (attempt,), _ = delivery._prepare(10)
        database.session.execute(update(Delivery).values(attempts=2))
        assert outcomes.book(attempt.delivery_id, 1, Outcome(DeliveryState.ACCEPTED, msgid="1")) is False
    row = post.row(person)
    assert (row.state, row.msgid) == ("sending", None)


def test_one_outcome_that_cannot_be_booked_keeps_no_other_from_it(post, addressee, monkeypatch):
    people = [addressee(accepts=1) for _ in range(3)]
    for person in people:
        post.tell(person)
    usual, unlucky = outcomes.book, post.rows()[1].id

    def book(delivery_id, number, outcome):
        if delivery_id == unlucky:
            raise RuntimeError("no")
        return usual(delivery_id, number, outcome)

    def book_together(_finished):
        raise RuntimeError("not together")

    monkeypatch.setattr(outcomes, "book_accepted", book_together)
    monkeypatch.setattr(outcomes, "book", book)
    post.deliver()
    assert [row.state for row in post.rows()] == ["accepted", "sending", "accepted"]


def test_nobody_gets_two_pushes_at_the_same_moment(post, addressee, together, wechat):
    people = [addressee(accepts=5) for _ in range(4)]
    wechat.post("faults", match={"path": "/cgi-bin/message/subscribe/send"}, effect={"latency": 0.02})
    for number in range(5):
        for person in people:
            post.tell(person, f"e{number}")
    for _ in range(6):
        together(lambda _: post.deliver(4), times=3)
    assert {row.state for row in post.rows()} == {"accepted"}
    assert {row.attempts for row in post.rows()} == {1}
    assert post.calls() == 20


def test_a_worker_returns_after_its_turn_and_rings_for_another(addressee, post, monkeypatch):
    rung = []
    monkeypatch.setattr(delivery.queue, "ring", rung.append)
    monkeypatch.setattr(delivery, "TURN_SECONDS", -1.0)
    person = addressee(accepts=1)
    post.tell(person)
    rung.clear()
    assert post.deliver() == 0
    assert rung == ["pushes"]
    assert post.row(person).state == "queued"


def test_no_state_is_known_to_the_database_but_ours(post, addressee):
    from sqlalchemy.exc import IntegrityError

    post.tell(addressee())
    with pytest.raises(IntegrityError), atomic():
        database.session.execute(text("UPDATE notification_delivery SET state = 'lost'"))


def _let_leases_run_out():
    with atomic():
        database.session.execute(
            text("UPDATE notification_delivery SET leased_until = now() - interval '1 second'")
        )
