"""Pushes: encrypted, signed, retried, repeated, and spoiled when a fault says so."""

import json
import re

import pytest

from sandbox.wechat import crypto

APPID, AES_KEY, PREVIOUS_KEY = "wxba5fad812f8e6fb9", "A" * 43, "B" * 43
OPENID, ONE_TIME = "oElder", "template-once"
POPUP = "subscribe_msg_popup_event"


def opened(received, *, key=AES_KEY):
    """The plain JSON message of a secure push, after checking its signature as a careful server does."""
    encrypted = json.loads(received.body)["Encrypt"]
    query = received.query
    expected = crypto.signature_of("AAAAA", query["timestamp"], query["nonce"], encrypted)
    assert query["msg_signature"] == expected
    assert query["encrypt_type"] == "aes"
    plain = crypto.decrypt_push(encrypted, encoding_aes_key=key)
    assert plain.appid == APPID
    return json.loads(plain.message)


def spoil(stand_in, event=POPUP, **push):
    stand_in.control("POST", "faults", {"match": {"event": event}, "effect": {"push": push}})


def popup(stand_in, *, attempts=0):
    return stand_in.ended(stand_in.subscribe()["push"], attempts=attempts)


def test_the_console_verifies_a_callback_url(stand_in):
    reply = stand_in.control("POST", "push/verify_url", {})
    (received,) = stand_in.receiver.received

    assert reply["ok"]
    assert received.method == "GET"
    query = received.query
    assert query["signature"] == crypto.signature_of("AAAAA", query["timestamp"], query["nonce"])


@pytest.mark.parametrize("script", [(200, "success", 0), (500, "", 0)])
def test_the_console_refuses_a_url_that_does_not_echo(stand_in, script):
    stand_in.receiver.script = [script]

    assert not stand_in.control("POST", "push/verify_url", {})["ok"]


def test_a_prompt_answered_is_pushed_at_once_encrypted_and_signed(stand_in):
    push = popup(stand_in)
    message = opened(stand_in.receiver.received[0])

    assert push["state"] == "delivered"
    assert [attempt["status"] for attempt in push["attempts"]] == [200]
    assert message["ToUserName"] == "gh_97417a04a28d"
    assert (message["FromUserName"], message["MsgType"], message["Event"]) == (OPENID, "event", POPUP)
    assert message["List"] == {
        "TemplateId": ONE_TIME,
        "SubscribeStatusString": "accept",
        "PopupScene": "0",
    }


def test_several_answers_travel_as_an_array(stand_in):
    choices = {"template-always": "accept", "template-banned": "reject"}
    number = stand_in.control("POST", "subscribe", {"openid": OPENID, "choices": choices})["push"]
    stand_in.ended(number)

    statuses = [item["SubscribeStatusString"] for item in opened(stand_in.receiver.received[0])["List"]]
    assert statuses == ["accept", "reject"]


def test_a_send_is_confirmed_within_two_seconds_with_the_same_id(stand_in):
    popup(stand_in)
    msgid = stand_in.send()["msgid"]
    (sent,) = stand_in.control("GET", "pushes?event=subscribe_msg_sent_event")
    assert sent["state"] == "planned"
    stand_in.control("POST", "clock", {"advance": 2})
    sent = stand_in.ended(sent["id"])

    message = opened(stand_in.receiver.received[-1])
    assert message["List"] == {
        "TemplateId": ONE_TIME,
        "MsgID": str(msgid),
        "ErrorCode": "0",
        "ErrorStatus": "success",
    }
    (noted,) = stand_in.control("GET", f"inbox/{OPENID}")["messages"]
    assert noted["msgid"] == str(msgid)
    assert 0.2 <= sent["due"] - noted["at"] <= 2


def test_a_confirmation_comes_by_itself_when_real_time_passes(stand_in):
    popup(stand_in)
    stand_in.send()
    (sent,) = stand_in.control("GET", "pushes?event=subscribe_msg_sent_event")

    assert stand_in.ended(sent["id"])["state"] == "delivered"


def test_a_push_refused_is_sent_again_with_a_new_nonce(stand_in):
    stand_in.receiver.script = [(500, "", 0), (200, "no", 0)]
    push = popup(stand_in)

    assert push["state"] == "delivered"
    assert [attempt["status"] for attempt in push["attempts"]] == [500, 200, 200]
    received = stand_in.receiver.received
    assert len({r.query["nonce"] for r in received}) == 3
    assert len({json.dumps(opened(r)) for r in received}) == 1


def test_after_four_attempts_a_push_is_given_up(stand_in):
    stand_in.receiver.script = [(503, "", 0)] * 9
    push = popup(stand_in)

    assert push["state"] == "failed"
    assert len(push["attempts"]) == len(stand_in.receiver.received) == 4


def test_a_slow_answer_counts_as_none(make_stand_in):
    stand_in = make_stand_in(timeout=0.1)
    stand_in.receiver.script = [(200, "success", 0.5)]
    push = popup(stand_in)

    assert push["state"] == "delivered"
    assert [attempt["error"] for attempt in push["attempts"]] == ["timeout", None]


def test_nobody_at_the_callback_url_is_noted(make_stand_in):
    stand_in = make_stand_in(url="http://127.0.0.1:1/callback", max_attempts=3)
    push = popup(stand_in)

    assert push["state"] == "failed"
    assert [attempt["error"] for attempt in push["attempts"]] == ["ClientConnectorError"] * 3


def test_an_xml_account_gets_xml(make_stand_in):
    stand_in = make_stand_in(format="xml")
    popup(stand_in)
    (received,) = stand_in.receiver.received
    encrypted = re.search(rb"<Encrypt><!\[CDATA\[(.+)\]\]></Encrypt>", received.body).group(1).decode()
    message = crypto.decrypt_push(encrypted, encoding_aes_key=AES_KEY).message.decode()

    assert received.content_type == "text/xml"
    assert "<Event><![CDATA[subscribe_msg_popup_event]]></Event>" in message
    assert f"<SubscribeMsgPopupEvent><List><TemplateId><![CDATA[{ONE_TIME}]]></TemplateId>" in message


@pytest.mark.parametrize("mode", ["plaintext", "compatible"])
def test_other_modes_show_the_message(make_stand_in, mode):
    stand_in = make_stand_in(mode=mode)
    popup(stand_in)
    (received,) = stand_in.receiver.received
    body = json.loads(received.body)

    assert body["Event"] == POPUP
    assert ("Encrypt" in body) == ("msg_signature" in received.query) == (mode == "compatible")


def test_a_repeated_push_is_the_same_to_the_byte(stand_in):
    spoil(stand_in, duplicate=2)
    push = popup(stand_in, attempts=3)

    first, *others = stand_in.receiver.received
    assert others == [first, first]
    assert [attempt.get("duplicate") for attempt in push["attempts"]] == [None, True, True]


def test_a_push_repeated_afresh_differs_outside_and_not_inside(stand_in):
    spoil(stand_in, duplicate=1, fresh_nonce=True)
    popup(stand_in, attempts=2)
    first, second = stand_in.receiver.received

    assert first.query["nonce"] != second.query["nonce"]
    assert opened(first) == opened(second)


def test_a_delayed_push_waits_for_the_clock(stand_in):
    spoil(stand_in, delay=600)
    number = stand_in.subscribe()["push"]
    assert stand_in.control("GET", f"pushes?id={number}")[0]["state"] == "planned"
    stand_in.control("POST", "clock", {"advance": 600})

    assert stand_in.ended(number)["state"] == "delivered"


def test_a_lost_push_never_arrives_but_the_consent_counts(stand_in):
    spoil(stand_in, lost=True)

    assert popup(stand_in)["state"] == "lost"
    assert stand_in.receiver.received == []
    assert stand_in.send()["errcode"] == 0


def test_a_bad_signature_is_bad(stand_in):
    spoil(stand_in, bad_signature=True)
    popup(stand_in)
    with pytest.raises(AssertionError):
        opened(stand_in.receiver.received[0])


def test_a_push_for_another_app_names_it_inside(stand_in):
    spoil(stand_in, wrong_appid=True)
    popup(stand_in)
    encrypted = json.loads(stand_in.receiver.received[0].body)["Encrypt"]

    assert crypto.decrypt_push(encrypted, encoding_aes_key=AES_KEY).appid == "wx0000000000000000"


def test_a_push_under_the_previous_key_opens_only_with_it(stand_in):
    spoil(stand_in, previous_aes_key=True)
    popup(stand_in)
    (received,) = stand_in.receiver.received

    assert opened(received, key=PREVIOUS_KEY)["Event"] == POPUP
    with pytest.raises(crypto.BadCiphertext):
        opened(received)


def test_a_push_under_a_foreign_key_opens_with_none(stand_in):
    spoil(stand_in, wrong_aes_key=True)
    popup(stand_in)
    for key in (AES_KEY, PREVIOUS_KEY):
        with pytest.raises(crypto.BadCiphertext):
            opened(stand_in.receiver.received[0], key=key)


@pytest.mark.parametrize(
    ("shape", "path"),
    [
        ("object", ("List",)),
        ("array", ("List", 0)),
        ("wrapper", ("SubscribeMsgPopupEvent",)),
        ("wrapped_list", ("SubscribeMsgPopupEvent", "List")),
    ],
)
def test_the_list_takes_every_shape_seen_in_the_wild(stand_in, shape, path):
    spoil(stand_in, list_shape=shape, create_time_as_text=True, msg_type="Event")
    popup(stand_in)
    message = item = opened(stand_in.receiver.received[0])
    for step in path:
        item = item[step]

    assert item["TemplateId"] == ONE_TIME
    assert message["MsgType"] == "Event"
    assert message["CreateTime"].isdigit()


def test_a_skewed_clock_shows_in_the_timestamp(stand_in):
    spoil(stand_in, clock_skew=-3600)
    push = popup(stand_in)

    assert abs(int(stand_in.receiver.received[0].query["timestamp"]) - (push["created"] - 3600)) < 5


def test_a_malformed_push_is_no_json_and_an_oversized_one_is_big(stand_in):
    spoil(stand_in, malformed=True)
    popup(stand_in)
    with pytest.raises(json.JSONDecodeError):
        json.loads(stand_in.receiver.received[0].body)
    stand_in.control("DELETE", "faults")
    spoil(stand_in, oversized=True)
    popup(stand_in)
    assert len(stand_in.receiver.received[1].body) > 1_000_000


@pytest.mark.parametrize(
    ("path", "document", "event", "fields"),
    [
        ("manage_reject", {"template_id": ONE_TIME}, "subscribe_msg_change_event", {}),
        ("revoke", {"RevokeInfo": "8"}, "user_authorization_revoke", {"OpenID": OPENID, "RevokeInfo": "8"}),
        ("cancellation", {}, "user_authorization_cancellation", {"OpenID": OPENID, "AppID": APPID}),
        ("info_modified", {}, "user_info_modified", {"OpenID": OPENID}),
    ],
)
def test_what_people_do_is_pushed(stand_in, path, document, event, fields):
    number = stand_in.control("POST", path, {"openid": OPENID} | document)["push"]
    assert stand_in.ended(number)["state"] == "delivered"
    message = opened(stand_in.receiver.received[0])

    assert message["Event"] == event
    assert message.items() >= fields.items()


def test_any_event_can_be_pushed(stand_in):
    document = {"event": "debug_demo", "openid": OPENID, "fields": {"debug_str": "你好 ]]> <b>"}}
    stand_in.ended(stand_in.control("POST", "push/send", document)["push"])

    assert opened(stand_in.receiver.received[0])["debug_str"] == "你好 ]]> <b>"


def test_an_app_without_a_callback_url_pushes_nothing(stand_in):
    document = {"openid": "oForeigner"}
    number = stand_in.control("POST", "cancellation", document)["push"]

    assert stand_in.control("GET", f"pushes?id={number}")[0]["state"] == "no_target"
