"""F1: push workers die by kill -9 every few tens of milliseconds; nobody is told twice, nothing is lost."""

from collections import Counter

import pytest
from sqlalchemy import func, insert, select, text

from app.foundation import database
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.gateways.wechat import port
from app.identity.models import Account
from app.notifications import delivery, service, subscriptions
from app.notifications.models import Delivery, Subscription
from app.notifications.service import Notice
from app.residents import consents
from app.residents.types import Purpose
from tests.app.notifications.conftest import SEND
from tests.support.awake import keep_awake

PEOPLE, EACH = 400, 2
OPEN = ("queued", "held")


@pytest.fixture
def people(committed, wechat):
    """Residents with two credits each, here and in the sandbox, and two messages waiting; openid by id."""
    port.wechat().templates.list()
    wechat.post("faults", effect={"push": {"lost": True}})  # nobody listens to events here
    found = {new_id(): f"o{new_id().hex}" for _ in range(PEOPLE)}
    wechat.post("users", users=[{"openid": openid} for openid in found.values()])
    template = subscriptions.template_id("policy_match")
    for openid in found.values():
        for _ in range(EACH):
            wechat.post("subscribe", openid=openid, choices={template: "accept"})
    with atomic():
        rows = [{"id": person, "openid": openid} for person, openid in found.items()]
        database.session.execute(insert(Account), rows)
        keep_awake(*found)
        for person in found:
            consents.grant(person, Purpose.PUSH)
            for number in range(EACH):
                subscriptions.accepted(person, "policy_match")
                service.notify(person, _notice(number))
    return found


def _notice(number):
    return Notice(
        template="policy_match",
        event_key=f"e{number}",
        title="您可以享受高龄补贴",
        body="点开看看",
        values={
            "thing1": f"高龄补贴{number}",
            "thing2": "每年600元",
            "thing3": "年满80周岁",
            "time4": "2026年11月23日 09:30",
        },
        page_params={"policy_id": "cq-yuzhong-elder"},
    )


def _waiting():
    database.session.remove()
    free = select(Delivery.id).where(Delivery.state.in_(OPEN))
    busy = select(Delivery.resident_id).where(Delivery.state == "sending")
    # the second message of somebody whose first is with a dead worker waits until that one's lease is over
    return database.session.scalar(
        select(func.count()).select_from(free.where(Delivery.resident_id.not_in(busy)).subquery())
    )


def test_nobody_is_told_twice_and_nothing_is_lost_while_push_workers_are_killed(people, herd, wechat):
    wechat.post("faults", match={"path": SEND}, effect={"latency": {"uniform": [0.02, 0.15]}})
    killed = herd("pushes", kills=30, pauses=(0.03, 0.1)).until(lambda: _waiting() == 0)
    assert killed >= 5
    with atomic():
        database.session.execute(text("UPDATE notification_delivery SET leased_until = '2000-01-01'"))
        delivery.settle_abandoned()
    wechat.delete("faults")
    delivery.deliver_due(concurrency=8)

    rows = database.session.scalars(select(Delivery).execution_options(populate_existing=True)).all()
    shown = {person: _phone(wechat, openid) for person, openid in people.items()}
    assert len(rows) == PEOPLE * EACH
    assert {row.state for row in rows} <= {"accepted", "unknown"}
    for row in rows:
        on_phone = shown[row.resident_id][row.values["thing1"]]
        assert on_phone == 1 if row.state == "accepted" else on_phone <= 1
    unknown = [row for row in rows if row.state == "unknown"]
    assert unknown, "a worker died between its call and its booking at least once"
    assert sum(sum(phone.values()) for phone in shown.values()) >= len(rows) - len(unknown)
    assert {row.attempts for row in rows} == {1}
    _ledger_is_even()


def _phone(wechat, openid):
    return Counter(message["data"]["thing1"] for message in wechat.get(f"inbox/{openid}")["messages"])


def _ledger_is_even():
    """What was not spent on a push that may have left is still there."""
    spent = dict(
        database.session.execute(
            select(Delivery.resident_id, func.count())
            .where(Delivery.state.in_(("accepted", "unknown")))
            .group_by(Delivery.resident_id)
        ).all()
    )
    for row in database.session.scalars(select(Subscription)):
        assert row.credits == EACH - spent[row.resident_id]
