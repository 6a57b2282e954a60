"""WeChat's events as a worker applies them: once, in any order, to the message they are about."""

import pytest
from sqlalchemy import func, select, text, update

from app.foundation import database
from app.foundation.transaction import atomic
from app.identity import queries as identity
from app.identity.models import Account
from app.notifications import delivery, outcomes, wechat_events
from app.notifications.models import Delivery, WeChatEvent
from app.notifications.outcomes import Outcome
from app.notifications.types import DeliveryState
from app.residents import consents
from app.residents.types import Purpose
from tests.app.notifications.conftest import answer, sent

SENT, POPUP = "subscribe_msg_sent_event", "subscribe_msg_popup_event"


@pytest.fixture
def events():
    def read():
        rows = database.session.scalars(
            select(WeChatEvent).order_by(WeChatEvent.id).execution_options(populate_existing=True)
        )
        return list(rows)

    return read


@pytest.fixture
def put(post, addressee):
    """`put(person, "key", state=…, msgid=…)`: a delivery that has got so far."""

    def make(person, key, *, state, msgid=None, sent_at):
        message = post.tell(person, key)
        with atomic():
            database.session.execute(
                update(Delivery)
                .where(Delivery.message_id == message)
                .values(state=state, msgid=msgid, sent_at=sent_at, attempts=1)
            )
        return message

    return make


def _states(post, person):
    return [(row.state, row.msgid) for row in post.rows(person)]


def test_a_delivered_push_is_shown_as_delivered(post, addressee, put, clock):
    person = addressee()
    put(person, "a", state="accepted", msgid="9007199254740993", sent_at=clock.now)
    post.event(person, SENT, sent("9007199254740993"))
    assert _states(post, person) == [("delivered", "9007199254740993")]
    item = person.client.get("/api/v1/me/messages").json["items"][0]
    assert item["delivery"]["label"] == "已送达"


@pytest.mark.parametrize("item", [{"ErrorCode": "20003"}, {"ErrorCode": None}])
def test_a_push_that_wechat_could_not_deliver_is_not_called_delivered(post, addressee, put, clock, item):
    person = addressee()
    put(person, "a", state="accepted", msgid="1", sent_at=clock.now)
    post.event(person, SENT, sent("1") | item)
    assert _states(post, person) == [("rejected", "1")]


def test_a_final_state_never_changes_again(post, addressee, put, clock):
    person = addressee()
    put(person, "a", state="accepted", msgid="1", sent_at=clock.now)
    post.event(person, SENT, sent("1"))
    post.event(person, SENT, sent("1", code="20003"), created=2, apply=True, MsgId="another")
    assert _states(post, person) == [("delivered", "1")]


def test_an_event_of_a_message_we_do_not_know_waits_and_finds_it_later(post, addressee, put, events, clock):
    person = addressee()
    post.event(person, SENT, sent("5"))
    assert events()[0].state == "parked"
    put(person, "a", state="accepted", msgid="5", sent_at=clock.now)
    wechat_events.apply_due()
    assert _states(post, person) == [("accepted", "5")]
    clock.advance(seconds=5)
    wechat_events.apply_due()
    assert _states(post, person) == [("delivered", "5")]
    assert events()[0].state == "applied"


def test_an_event_that_nothing_ever_fits_is_given_up_after_a_day(post, addressee, events, clock):
    post.event(addressee(), SENT, sent("5"))
    looks = 0
    while events()[0].state == "parked":
        clock.set(events()[0].not_before)
        looks += wechat_events.apply_due()
    assert events()[0].state == "dead"
    assert looks <= wechat_events.MAX_ATTEMPTS
    assert clock.now - events()[0].created_at > wechat_events.PARKED_FOR


def test_an_event_that_comes_before_our_own_booking_waits_for_it(post, addressee, events, clock):
    person = addressee(accepts=1)
    post.tell(person)
    with atomic():
        (attempt,), _ = delivery._prepare(10)
    post.event(person, SENT, sent("8"))
    assert (events()[0].state, _states(post, person)) == ("parked", [("sending", None)])
    with atomic():
        outcomes.book(attempt.delivery_id, attempt.number, Outcome(DeliveryState.ACCEPTED, msgid="8"))
    clock.advance(seconds=5)
    wechat_events.apply_due()
    assert _states(post, person) == [("delivered", "8")]


def test_an_event_without_a_known_number_goes_to_the_unknown_push_nearest_in_time(
    post, addressee, put, clock
):
    person = addressee()
    put(person, "old", state="unknown", sent_at=clock.now)
    clock.advance(hours=3)
    put(person, "new", state="unknown", sent_at=clock.now)
    post.event(person, SENT, sent("6"), created=int(clock.now.timestamp()) + 2)
    assert _states(post, person) == [("unknown", None), ("delivered", "6")]


def test_an_event_never_settles_an_older_unknown_push_while_a_newer_one_is_on_its_way(
    post, addressee, put, clock
):
    person = addressee(accepts=1)
    put(person, "old", state="unknown", sent_at=clock.now)
    post.tell(person, "new")
    with atomic():
        delivery._prepare(10)
    post.event(person, SENT, sent("6"))
    assert _states(post, person) == [("unknown", None), ("sending", None)]


def test_wechats_answer_takes_back_what_was_guessed_for_another_message(post, addressee, put, clock):
    person = addressee(accepts=1)
    put(person, "old", state="unknown", sent_at=clock.now)
    post.tell(person, "new")
    with atomic():
        (attempt,), _ = delivery._prepare(10)
        database.session.execute(text("UPDATE notification_delivery SET leased_until = '2000-01-01'"))
        delivery.settle_abandoned()
        database.session.execute(
            update(Delivery)
            .where(Delivery.id == attempt.delivery_id)
            .values(sent_at=clock.now.replace(hour=0))
        )
    post.event(person, SENT, sent("6"), created=int(clock.now.timestamp()))
    assert _states(post, person) == [("delivered", "6"), ("unknown", None)]
    with atomic():
        outcomes.book(attempt.delivery_id, attempt.number, Outcome(DeliveryState.ACCEPTED, msgid="6"))
    assert _states(post, person) == [("unknown", None), ("delivered", "6")]


def test_an_event_is_nothing_to_another_person_or_template(post, addressee, put, clock):
    person, other = addressee(), addressee()
    put(person, "a", state="unknown", sent_at=clock.now)
    post.event(other, SENT, sent("6"))
    post.event(person, SENT, sent("7", template="case_progress"))
    assert _states(post, person) == [("unknown", None)]


def test_several_items_of_one_event_all_count(post, addressee, put, clock):
    person = addressee()
    for msgid in ("1", "2"):
        put(person, msgid, state="accepted", msgid=msgid, sent_at=clock.now)
    post.event(person, SENT, sent("1"), sent("2", code="20003"))
    assert [row.state for row in post.rows(person)] == ["delivered", "rejected"]


def test_what_wechat_never_confirmed_is_called_unconfirmed_and_may_still_be_confirmed(
    post, addressee, put, clock
):
    person = addressee()
    put(person, "a", state="accepted", msgid="1", sent_at=clock.now)
    clock.advance(hours=71)
    with atomic():
        assert wechat_events.give_up_waiting() == 0
    clock.advance(hours=2)
    with atomic():
        assert wechat_events.give_up_waiting() == 1
    assert post.row(person).state == "unconfirmed"
    post.event(person, SENT, sent("1"))
    assert post.row(person).state == "delivered"


def test_one_event_that_cannot_be_applied_holds_up_no_other(post, addressee, events, monkeypatch, clock):
    person, other = addressee(), addressee()
    usual = identity.resident_by_openid

    def unlucky(openid):
        if openid == person.openid:
            raise RuntimeError("no")
        return usual(openid)

    post.event(person, POPUP, answer(PopupScene="0"), apply=False)
    post.event(other, POPUP, answer(PopupScene="0"), apply=False)
    monkeypatch.setattr(identity, "resident_by_openid", unlucky)
    wechat_events.apply_due()
    assert [row.state for row in events()] == ["parked", "applied"]
    monkeypatch.undo()
    clock.advance(seconds=5)
    wechat_events.apply_due()
    assert post.ledger(person) == post.ledger(other) == (1, 0, 0, False)


def test_an_event_held_by_a_worker_that_died_is_applied_by_another_once(post, addressee, events):
    from app.foundation.leases import claim

    person = addressee()
    post.event(person, POPUP, answer(PopupScene="0"), apply=False)
    with atomic():
        ((event_id, number),) = claim(
            WeChatEvent, WeChatEvent.state == "received", limit=9, lease=wechat_events.LEASE
        )
    assert wechat_events.apply_due() == 0
    with atomic():
        database.session.execute(text("UPDATE notification_wechat_event SET leased_until = '2000-01-01'"))
    assert wechat_events.apply_due() == 1
    assert wechat_events._held(event_id, number) is None
    assert post.ledger(person) == (1, 0, 0, False)


def test_leaving_the_mini_program_begins_to_close_the_account_and_stops_everything(post, addressee, events):
    person = addressee()
    post.event(person, "user_authorization_cancellation", OpenID=person.openid, AppID="wx")
    assert events()[0].state == "applied"
    with atomic():
        assert identity.account(person.id).state == "closing"
        assert not consents.granted(person.id, Purpose.PUSH)
    assert person.client.get("/api/v1/me/messages").status_code == 401
    post.event(person, "user_authorization_cancellation", OpenID=person.openid, AppID="wx", created=2)
    assert events()[1].state == "ignored"


def test_a_withdrawn_phone_number_is_forgotten(post, addressee, events):
    person = addressee()
    with atomic():
        database.session.execute(
            update(Account)
            .where(Account.id == person.id)
            .values(phone=b"sealed", phone_index=b"index", assurance="phone")
        )
    post.event(person, "user_authorization_revoke", OpenID=person.openid, RevokeInfo="8")
    row = database.session.get(Account, person.id, populate_existing=True)
    assert (row.phone, row.phone_index, row.assurance) == (None, None, "wechat")
    post.event(person, "user_authorization_revoke", OpenID=person.openid, RevokeInfo="13", created=2)
    assert [found.state for found in events()] == ["applied", "ignored"]


@pytest.mark.parametrize("name", ["debug_demo", "user_info_modified", "wxa_media_check", ""])
def test_an_event_we_have_no_use_for_is_settled_and_done(post, addressee, events, name):
    post.event(addressee(), name)
    assert events()[0].state == "ignored"


def test_settled_events_are_forgotten_after_a_month_and_waiting_ones_are_not(post, addressee, events, clock):
    person = addressee()
    post.event(person, "debug_demo")
    post.event(person, SENT, sent("1"))
    clock.advance(days=31)
    with atomic():
        assert wechat_events.purge() == 1
    assert [row.event for row in events()] == [SENT]


def test_an_erased_resident_leaves_no_message_no_push_and_no_credit(post, addressee, session):
    from app.residents import events as residents

    person = addressee(accepts=1)
    post.tell(person)
    with atomic():
        residents.erased.send(person.id)
    for table in ("notification_message", "notification_delivery", "notification_subscription"):
        rows = select(func.count()).select_from(database.Base.metadata.tables[table])
        assert session.scalar(rows.where(text("resident_id = :who")), {"who": person.id}) == 0
