"""WeChat's callback over HTTP: what is WeChat's is stored once and answered at once, nothing else is."""

from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from app.foundation import database
from app.gateways.wechat import callbacks
from app.gateways.wechat.callbacks import LARGEST_BODY, CallbackKeys
from app.identity import queries as identity
from app.notifications import subscriptions, wechat_events
from launcher.processes import free_port
from tests.app.gateways.test_wechat_callbacks import BOMB, EXTERNAL, JSON_BODY, OTHER_KEY, QUERY, XML_BODY
from tests.blueprints.notifications.conftest import PATH

PUBLISHED = CallbackKeys("wxba5fad812f8e6fb9", "AAAAA", (callbacks.aes_key("A" * 43),))


@pytest.fixture
def keys(application):
    """`keys(CallbackKeys(…))` lets the application use others for this test."""
    usual = application.extensions["wechat_callback"]
    yield lambda others: application.extensions.update(wechat_callback=others)
    application.extensions["wechat_callback"] = usual


def event(name="debug_demo", **fields):
    return {
        "ToUserName": "gh_test",
        "FromUserName": "oSomebody",
        "CreateTime": 1781000000,
        "MsgType": "event",
        "Event": name,
        **fields,
    }


def test_the_published_url_verification_is_echoed_and_a_forged_one_is_not(client, keys):
    keys(PUBLISHED)
    query = {
        "signature": "f464b24fc39322e44b38aa78f5edd27bd1441696",
        "timestamp": "1714036504",
        "nonce": "1514711492",
        "echostr": "4375120948345356249",
    }
    reply = client.get(PATH, query_string=query)
    assert (reply.status_code, reply.text, reply.mimetype) == (200, "4375120948345356249", "text/plain")
    for name in query.keys() - {"echostr"}:
        assert client.get(PATH, query_string=query | {name: "1"}).status_code == 403
        assert client.get(PATH, query_string={k: v for k, v in query.items() if k != name}).status_code == 403


@pytest.mark.parametrize("body", [JSON_BODY, XML_BODY], ids=["json", "xml"])
def test_the_published_push_is_taken_in_json_and_xml(client, keys, payloads, body):
    keys(PUBLISHED)
    reply = client.post(PATH, query_string=QUERY, data=body)
    assert (reply.status_code, reply.text) == (200, "success")
    assert payloads()[0]["debug_str"] == "hello world"


def test_the_published_push_in_both_formats_is_one_event(client, keys, stored):
    keys(PUBLISHED)
    for body in (JSON_BODY, XML_BODY):
        assert client.post(PATH, query_string=QUERY, data=body).text == "success"
    assert stored() == 1


def test_a_push_repeated_a_thousand_times_is_one_row_and_one_effect(pusher, stored, sign_in):
    person = sign_in.resident()
    openid = identity.openid(person.id)
    item = {
        "TemplateId": subscriptions.template_id("policy_match"),
        "SubscribeStatusString": "accept",
        "PopupScene": "0",
    }
    message = event("subscribe_msg_popup_event", List=item) | {"FromUserName": openid}
    encrypted = pusher.sealed(message)
    query, body = pusher.query(encrypted), b'{"Encrypt":"%s"}' % encrypted.encode()
    for _ in range(500):
        assert pusher.raw(body, query).text == "success"
    assert wechat_events.apply_due() == 1
    for _ in range(490):
        assert pusher.raw(body, query).text == "success"
    for _ in range(10):  # a retry is encrypted anew
        assert pusher.push(message).text == "success"
    assert wechat_events.apply_due() == 0
    assert stored() == 1
    prompts = person.client.get("/api/v1/me/subscriptions/prompts?moment=after_match").json["items"]
    assert [prompt["has_credit"] for prompt in prompts if prompt["key"] == "policy_match"] == [True]


@pytest.mark.parametrize("field", ["msg_signature", "timestamp", "nonce"])
@pytest.mark.parametrize("value", ["0", "", "签名", "a" * 40])
def test_a_push_that_is_not_signed_for_its_body_is_refused_and_not_stored(pusher, stored, field, value):
    reply = pusher.push(event(), query={field: value})
    assert (reply.status_code, reply.json["code"], stored()) == (403, "wechat.refused", 0)


def test_a_signature_that_leaves_out_the_body_opens_nothing(pusher, stored):
    encrypted = pusher.sealed(event())
    query = pusher.query(encrypted)
    stolen = query | {"msg_signature": query["signature"]}
    assert pusher.raw(b'{"Encrypt":"%s"}' % encrypted.encode(), stolen).status_code == 403
    assert stored() == 0


def test_a_push_in_plain_text_is_refused_whatever_its_signature(pusher, stored):
    body = b'{"MsgType":"event","Event":"user_authorization_cancellation","OpenID":"oSomebody"}'
    assert pusher.raw(body, pusher.query("")).status_code == 403
    assert stored() == 0


def test_a_push_for_another_app_or_by_another_key_is_refused(pusher, stored):
    assert pusher.push(event(), app_id="wx0000000000000000").status_code == 403
    assert pusher.push(event(), key=OTHER_KEY).status_code == 403
    assert stored() == 0


def test_the_previous_key_is_taken_while_keys_change(pusher, stored, keys, application):
    usual = application.extensions["wechat_callback"]
    keys(replace(usual, aes_keys=(callbacks.aes_key(OTHER_KEY), *usual.aes_keys)))
    assert pusher.push(event()).text == "success"
    assert pusher.push(event(), key=OTHER_KEY).text == "success"
    assert stored() == 1


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 1 << 20, (1 << 20) + 1])
def test_an_oversized_body_is_refused_unread(pusher, stored, size):
    reply = pusher.raw(b"{" + b" " * (size - 1), pusher.query(""))
    assert (reply.status_code in {403, 413}, stored()) == (True, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"Encrypt": NaN}',
        b'{"Encrypt": 5}',
        b'{"Encrypt": {"a": 1}}',
        b"<xml>",
        BOMB.encode(),
        EXTERNAL.encode(),
        b"<xml>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</xml>",
        b'{"a":' * 20000,
    ],
)
def test_a_body_that_is_none_of_wechats_is_refused(pusher, stored, body):
    assert (pusher.raw(body, pusher.query("")).status_code, stored()) == (403, 0)


@pytest.mark.parametrize(
    "message",
    [
        b"no json",
        b"[1]",
        b'{"a":' * 30 + b"1" + b"}" * 30,
        b'{"Event":"debug_demo","text":"\\u0000"}',
        b'{"Event":"debug_demo","text":"\\ud800"}',
        b'{"Event":"\\u0000"}',
    ],
)
def test_a_well_sealed_message_that_cannot_be_kept_is_no_failure_of_ours(pusher, stored, message):
    assert 400 <= pusher.push(message).status_code < 500
    assert stored() == 0


@pytest.mark.parametrize(
    "message",
    [
        {"Event": "debug_demo"},
        {"Event": 5, "FromUserName": ["x"], "CreateTime": {"a": 1}},
        {"Event": "subscribe_msg_sent_event", "List": "none"},
        {"Event": "subscribe_msg_sent_event", "List": [1, None, {"MsgID": {"a": 1}}]},
        {"Event": "subscribe_msg_popup_event", "List": {"TemplateId": [], "SubscribeStatusString": {}}},
        {"Event": "user_authorization_cancellation", "OpenID": None},
        {"MsgType": "text", "Content": "你好", "MsgId": 9007199254740993},
        {"Event": "subscribe_msg_sent_event", "CreateTime": "9" * 40, "List": {"MsgID": 1}},
    ],
)
def test_strange_shapes_are_taken_and_settled(pusher, stored, message):
    assert pusher.push(message).text == "success"
    assert wechat_events.apply_due() == 1
    assert wechat_events.apply_due() == 0
    assert stored() == 1


ITEM = {"TemplateId": "T", "SubscribeStatusString": "accept", "PopupScene": "0"}
XML_ITEM = (
    "<List><TemplateId>T</TemplateId><SubscribeStatusString>accept</SubscribeStatusString>"
    "<PopupScene>0</PopupScene></List>"
)


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"List": ITEM}, 1),
        ({"List": [ITEM, ITEM]}, 2),
        ({"SubscribeMsgPopupEvent": {"List": [ITEM, ITEM]}}, 2),
        ({"SubscribeMsgPopupEvent": [ITEM]}, 1),
        ({"SubscribeMsgPopupEvent": ITEM}, 1),
    ],
)
def test_a_list_is_read_as_object_as_array_and_in_its_wrapper(pusher, payloads, fields, count):
    assert pusher.push(event("subscribe_msg_popup_event", **fields)).text == "success"
    assert payloads()[0]["items"] == [ITEM] * count


@pytest.mark.parametrize("count", [1, 2])
def test_a_list_in_xml_is_read_the_same(pusher, payloads, count):
    inner = (
        "<xml><FromUserName>o</FromUserName><CreateTime>1781000000</CreateTime>"
        "<Event>subscribe_msg_popup_event</Event>"
        f"<SubscribeMsgPopupEvent>{XML_ITEM * count}</SubscribeMsgPopupEvent></xml>"
    )
    assert pusher.push(inner.encode(), xml=True).text == "success"
    assert payloads()[0]["items"] == [ITEM] * count


def test_wechat_is_asked_to_repeat_while_the_database_is_away(pusher, session):
    usual = dict(database.session_factory.kw)
    nowhere = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    database.session.remove()
    database.session_factory.configure(bind=nowhere)
    try:
        reply = pusher.push(event())
    finally:
        database.session.remove()
        database.session_factory.configure(**usual)
        nowhere.dispose()
    assert (reply.status_code, reply.text == "success") == (503, False)
    assert pusher.push(event()).text == "success"


def test_an_event_is_stored_and_answered_with_one_statement_and_applied_elsewhere(pusher, query_budget):
    pusher.push(event())
    with query_budget(1):
        pusher.push(event(CreateTime=1))
