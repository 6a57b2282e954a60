"""The whole way of one notice: published by two officers, on the phone, and back as an encrypted event."""

import threading
import time

import pytest
from werkzeug.serving import make_server

from app.eligibility import loading, runs
from app.foundation import database
from app.foundation.transaction import atomic
from app.gateways.wechat import port
from app.identity import queries as identity
from app.identity.types import Role
from app.notifications import delivery, subscriptions, wechat_events
from app.residents import consents
from app.residents.types import Purpose
from config import files
from launcher.demo import wechat_seed
from tests.app.eligibility.knowing import learn
from tests.support.awake import keep_awake
from tests.support.sandboxes import NOTIFICATIONS, PEOPLE

ELDER = {"birth_date": "1944-03-07", "hukou_region": "500103"}
FIELDS = (
    "title",
    "summary",
    "region_code",
    "department",
    "audience",
    "mode",
    "benefit",
    "conditions",
    "source",
)
SENT = "subscribe_msg_sent_event"


@pytest.fixture
def address(committed, application):
    """Our own web server on the committed copy, so that WeChat can really call us."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def wechat_calling(wechat, addresses, address):
    """The WeChat sandbox, pushing its events to our server."""
    url = f"{address}/api/v1/wechat/callback"
    wechat.post(
        "reset",
        **wechat_seed(notifications=NOTIFICATIONS, people=PEOPLE, secret=addresses.secret, push_url=url),
    )
    port.wechat().templates.list()
    return wechat


@pytest.fixture
def elder(sign_in, wechat_calling):
    """`elder(accepts=1)`: qualifies, allows everything, and answered the prompt on the phone so often."""

    def make(*, accepts=0):
        person = sign_in.resident()
        with atomic():
            for purpose in (Purpose.MATCHING, Purpose.PUSH):
                consents.grant(person.id, purpose)
            learn(person.id, **ELDER)
            keep_awake(person.id)
            openid = identity.openid(person.id)
        wechat_calling.post("users", openid=openid)
        for _ in range(accepts):
            choices = {subscriptions.template_id("policy_match"): "accept"}
            wechat_calling.post("subscribe", openid=openid, choices=choices)
        return person, openid

    return make


def _until(done):
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _all_delivered(wechat, event):
    found = wechat.get(f"pushes?event={event}")
    return bool(found) and {push["state"] for push in found} == {"delivered"}


def _publish(sign_in, publish):
    raw = next(loading.plain(raw) for raw in files.read_all("policies") if raw["id"] == "cq-yuzhong-elder")
    body = {key: raw[key] for key in FIELDS} | {"id": "cq-yuzhong-new", "valid_from": "2026-01-01"}
    author, approver = sign_in.officer(Role.POLICY_AUTHOR), sign_in.officer(Role.POLICY_APPROVER)
    assert author.client.post("/api/v1/staff/policies", json=body).status_code == 201
    assert publish(approver.client).json["state"] == "published"


def _shown(person):
    (message,) = person.client.get("/api/v1/me/messages").json["items"]
    return message["delivery"]


@pytest.mark.parametrize(
    "twist",
    [
        {},
        {"duplicate": 3},
        {"duplicate": 1, "fresh_nonce": True},
        {"format": "xml"},
        {"list_shape": "array"},
    ],
)
def test_a_new_policy_reaches_the_phone_and_the_inbox_says_so(sign_in, publish, elder, wechat_calling, twist):
    if twist:
        wechat_calling.post("faults", effect={"push": twist})
    (with_credit, openid), (without, other) = elder(accepts=1), elder()
    _until(lambda: _all_delivered(wechat_calling, "subscribe_msg_popup_event"))
    assert wechat_events.apply_due() == 1
    _publish(sign_in, publish)
    runs.advance_due()
    assert _shown(with_credit)["label"] == _shown(without)["label"] == "待发送"
    delivery.deliver_due(concurrency=4)
    assert _shown(with_credit)["label"] == "微信已受理"
    assert _shown(without)["note"] == "您没有剩余的订阅次数"
    (message,) = wechat_calling.get(f"inbox/{openid}")["messages"]
    assert message["data"]["thing1"] == "重庆市渝中区高龄补贴"
    assert wechat_calling.get(f"inbox/{other}")["messages"] == []
    assert wechat_calling.get(f"journal?path=/cgi-bin/message/subscribe/send&openid={other}") == []
    wechat_calling.post("clock", advance=3)
    _until(lambda: _all_delivered(wechat_calling, SENT))
    assert wechat_events.apply_due() == 1
    assert _shown(with_credit)["label"] == "已送达"
    assert [push["attempts"][0]["reply"] for push in wechat_calling.get("pushes")] == ["success"] * 2
    database.session.remove()


@pytest.mark.parametrize("twist", ["bad_signature", "wrong_appid", "wrong_aes_key", "malformed", "oversized"])
def test_what_is_not_wechats_word_changes_nothing(sign_in, publish, elder, wechat_calling, twist):
    wechat_calling.post("faults", match={"event": SENT}, effect={"push": {twist: True}})
    person, _ = elder(accepts=1)
    _until(lambda: _all_delivered(wechat_calling, "subscribe_msg_popup_event"))
    wechat_events.apply_due()
    _publish(sign_in, publish)
    runs.advance_due()
    delivery.deliver_due(concurrency=4)
    wechat_calling.post("clock", advance=3)
    _until(lambda: wechat_calling.get(f"pushes?event={SENT}")[0]["state"] == "failed")
    statuses = {attempt["status"] for attempt in wechat_calling.get(f"pushes?event={SENT}")[0]["attempts"]}
    assert statuses <= {403, 413}
    assert wechat_events.apply_due() == 0
    assert _shown(person)["label"] == "微信已受理"
