"""Opening WeChat's pushes: its published examples, our own forgeries, and the sandbox's real deliveries."""

import base64
import contextlib
import hashlib
import http.server
import os
import queue
import threading
import urllib.parse

import orjson
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from app.gateways.wechat import callbacks
from app.gateways.wechat.callbacks import CallbackKeys, CallbackRefused, Refusal
from tests.app.gateways.conftest import AES_KEY, LONG_TERM, ONE_TIME, OPENID, PUSH_TOKEN, seed_of, settings_of

APP_ID = "wxba5fad812f8e6fb9"
ZERO_KEY = "A" * 43
OTHER_KEY = "B" * 42 + "E"
PUBLISHED = CallbackKeys(APP_ID, "AAAAA", (callbacks.aes_key(ZERO_KEY),))
ENCRYPT = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6Js"
    "XUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8Ea"
    "jAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
QUERY = {
    "msg_signature": "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
    "timestamp": "1714112445",
    "nonce": "415670741",
}
JSON_BODY = orjson.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": ENCRYPT})
XML_BODY = (
    f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{ENCRYPT}]]></Encrypt></xml>".encode()
)


def _refusal(keys, raw, **query):
    with pytest.raises(CallbackRefused) as caught:
        callbacks.open_callback(keys, raw, **(QUERY | query))
    assert caught.value.__cause__ is None
    return caught.value.reason


def _sealed(message, *, key=ZERO_KEY, app_id=APP_ID, length=None, pad=None):
    """Encrypt as the published scheme says, or slightly wrong; return body and query."""
    secret = base64.b64decode(key + "=")
    frame = os.urandom(16) + (length or len(message)).to_bytes(4, "big") + message + app_id.encode()
    count = 32 - len(frame) % 32
    frame += pad if pad is not None else bytes([count]) * count
    sealer = Cipher(algorithms.AES(secret), modes.CBC(secret[:16])).encryptor()
    return _signed(base64.b64encode(sealer.update(frame) + sealer.finalize()).decode())


def _signed(encrypted):
    parts = sorted(["AAAAA", "1", "2", encrypted])
    signature = hashlib.sha1("".join(parts).encode()).hexdigest()  # noqa: S324 WeChat's scheme
    return orjson.dumps({"Encrypt": encrypted}), {"msg_signature": signature, "timestamp": "1", "nonce": "2"}


def _opened(message, **how):
    body, query = _sealed(message, **how)
    return callbacks.open_callback(PUBLISHED, body, **query)


def test_the_published_url_verification_is_answered_with_its_echo():
    query = {"timestamp": "1714036504", "nonce": "1514711492", "echostr": "4375120948345356249"}
    signature = "f464b24fc39322e44b38aa78f5edd27bd1441696"
    assert callbacks.verify_url(PUBLISHED, signature=signature, **query) == "4375120948345356249"
    with pytest.raises(CallbackRefused):
        callbacks.verify_url(PUBLISHED, signature=signature.replace("f", "e"), **query)


def test_the_published_plain_signature_is_the_same_scheme():
    signature = "899cf89e464efb63f54ddac96b0a0a235f53aa78"
    query = {"timestamp": "1714037059", "nonce": "486452656", "echostr": "x"}
    assert callbacks.verify_url(PUBLISHED, signature=signature, **query) == "x"


@pytest.mark.parametrize("raw", [JSON_BODY, XML_BODY, b"\xef\xbb\xbf" + JSON_BODY, b"\n " + XML_BODY])
def test_the_published_push_is_opened_in_json_and_xml(raw):
    callback = callbacks.open_callback(PUBLISHED, raw, **QUERY)
    assert (callback.event, callback.openid) == ("debug_demo", "o9AgO5Kd5ggOC-bXrbNODIiE3bGY")
    assert callback.message["debug_str"] == "hello world"
    assert callback.created_at.isoformat() == "2024-04-26T06:20:45+00:00"


def test_the_generic_corporate_example_opens_with_its_own_key():
    key = callbacks.aes_key("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR")
    assert len(key) == 32


def test_another_previous_key_still_opens_a_push_during_a_rotation():
    keys = CallbackKeys(APP_ID, "AAAAA", (callbacks.aes_key(OTHER_KEY), callbacks.aes_key(ZERO_KEY)))
    assert callbacks.open_callback(keys, JSON_BODY, **QUERY).event == "debug_demo"


def test_a_key_that_was_retired_opens_nothing():
    keys = CallbackKeys(APP_ID, "AAAAA", (callbacks.aes_key(OTHER_KEY),))
    assert _refusal(keys, JSON_BODY) is Refusal.UNDECIPHERABLE


def test_a_push_for_another_app_is_refused():
    keys = CallbackKeys("wx0000000000000000", "AAAAA", PUBLISHED.aes_keys)
    assert _refusal(keys, JSON_BODY) is Refusal.FOREIGN_APP


@pytest.mark.parametrize("field", QUERY)
def test_a_push_with_another_signature_time_or_nonce_is_refused(field):
    assert _refusal(PUBLISHED, JSON_BODY, **{field: "1"}) is Refusal.SIGNATURE
    assert _refusal(PUBLISHED, JSON_BODY, **{field: "签名"}) is Refusal.SIGNATURE


def test_the_signature_that_does_not_cover_the_body_opens_nothing():
    plain = "6c5c811b55cc85e0e1b54100749188c20beb3f5d"
    assert _refusal(PUBLISHED, JSON_BODY, msg_signature=plain) is Refusal.SIGNATURE


def test_an_altered_body_is_refused():
    assert _refusal(PUBLISHED, JSON_BODY.replace(b"+qdx", b"+qdy")) is Refusal.SIGNATURE


def test_a_push_in_plain_text_is_refused():
    plain = orjson.dumps({"MsgType": "event", "Event": "user_authorization_cancellation"})
    assert _refusal(PUBLISHED, plain) is Refusal.NOT_ENCRYPTED


def test_a_body_over_64_kib_is_refused_unread():
    assert _refusal(PUBLISHED, b"{" + b" " * callbacks.LARGEST_BODY) is Refusal.TOO_LARGE


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'
EXTERNAL = '<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><Encrypt>x</Encrypt></xml>'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"Encrypt": NaN}',
        b"<xml>",
        b"<xml/>",
        b"<other><Encrypt>x</Encrypt></other>",
        BOMB.encode(),
        BOMB.encode("utf-16"),
        EXTERNAL.encode(),
        b"<xml>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</xml>",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"a":' * 20 + b"1" + b"}" * 20,
    ],
)
def test_what_is_neither_json_nor_xml_of_ours_is_refused(raw):
    assert _refusal(PUBLISHED, raw) in {Refusal.MALFORMED, Refusal.NOT_ENCRYPTED}


@pytest.mark.parametrize(
    ("encrypted", "why"),
    [("!!!", "not base64"), ("QUJD", "not whole blocks"), ("", "empty"), ("A" * 64, "random blocks")],
)
def test_a_well_signed_cipher_that_is_none_is_refused(encrypted, why):
    body, query = _signed(encrypted)
    reason = _refusal(PUBLISHED, body, **query)
    assert reason in {Refusal.UNDECIPHERABLE, Refusal.NOT_ENCRYPTED}, why


@pytest.mark.parametrize("how", [{"length": 10**6}, {"pad": b"\0" * 32}, {"pad": b"\x05\x20" * 16}])
def test_a_frame_that_lies_about_its_length_or_padding_is_refused(how):
    body, query = _sealed(b'{"Event":"x"}' + b" " * (96 - 16 - 4 - 13 - len(APP_ID)), **how)
    assert _refusal(PUBLISHED, body, **query) is Refusal.UNDECIPHERABLE


@pytest.mark.parametrize(
    "message",
    [b'{"a":' * 20 + b"1" + b"}" * 20, b"<xml>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</xml>"],
    ids=["json", "xml"],
)
def test_a_message_nested_beyond_all_need_is_refused(message):
    body, query = _sealed(message)
    assert _refusal(PUBLISHED, body, **query) is Refusal.MALFORMED


@given(st.binary(max_size=300), st.binary(max_size=60))
def test_no_body_whatever_raises_anything_else(raw, cipher):
    for body, query in (
        (raw, QUERY),
        _signed(base64.b64encode(cipher).decode()),
        _sealed(raw),
    ):
        with contextlib.suppress(CallbackRefused):
            callbacks.open_callback(PUBLISHED, body, **query)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=30), max_size=5))
def test_every_message_comes_back_whatever_its_length(message):
    opened = _opened(orjson.dumps(message)).message
    wrapped = any(name == "List" or name.lower().startswith("subscribemsg") for name in message)
    assert wrapped or opened == {"items": []} | message | {"items": opened["items"]}


ITEM = {"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": "0"}
TWO = [ITEM, ITEM | {"TemplateId": "T2"}]


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        ({"List": ITEM}, [ITEM]),
        ({"List": TWO}, TWO),
        ({"SubscribeMsgPopupEvent": {"List": TWO}}, TWO),
        ({"SubscribeMsgPopupEvent": {"List": ITEM}}, [ITEM]),
        ({"SubscribeMsgChangeEvent": ITEM}, [ITEM]),
        ({"SubscribeMsgChangeEvent": TWO}, TWO),
        ({"SubscribeMsgPopupEvent": None}, []),
        ({"List": []}, []),
        ({"List": "x"}, []),
        ({}, []),
    ],
)
def test_the_list_is_found_in_every_shape_it_comes_in(carried, expected):
    callback = _opened(orjson.dumps({"Event": "subscribe_msg_popup_event", **carried}))
    assert callback.message == {"Event": "subscribe_msg_popup_event", "items": expected}


def test_a_list_in_xml_is_found():
    xml = (
        "<xml><Event><![CDATA[subscribe_msg_popup_event]]></Event><SubscribeMsgPopupEvent>"
        "<List><TemplateId>T1</TemplateId></List><List><TemplateId>T2</TemplateId></List>"
        "</SubscribeMsgPopupEvent></xml>"
    )
    items = _opened(xml.encode()).message["items"]
    assert items == [{"TemplateId": "T1"}, {"TemplateId": "T2"}]


def _key(**message):
    return callbacks.dedupe_key({"FromUserName": "o1", "CreateTime": 1, **message})


def test_a_sent_event_is_known_by_its_message_id_alone():
    sent = {"Event": "subscribe_msg_sent_event"}
    one = {"MsgID": "1864323726461255680", "ErrorCode": "0"}
    assert _key(**sent, List=one) == _key(**sent, List=[one], CreateTime=2)
    assert _key(**sent, List=one) != _key(**sent, List=one | {"MsgID": "1864323726461255681"})


def test_a_media_check_is_known_by_its_trace_and_a_message_by_its_id():
    assert _key(Event="wxa_media_check", trace_id="a") == _key(
        Event="wxa_media_check", trace_id="a", CreateTime=2
    )
    assert _key(MsgId=7, Content="a") == _key(MsgId=7, Content="b")


def test_other_events_are_told_apart_by_who_when_and_what():
    popup = {"Event": "subscribe_msg_popup_event", "List": ITEM}
    assert _key(**popup) == _key(List=ITEM, Event="subscribe_msg_popup_event")
    different = [_key(**popup), _key(**popup, CreateTime=2), _key(**popup, FromUserName="o2")]
    different.append(_key(Event="subscribe_msg_popup_event", List=TWO))
    assert len(set(different)) == 4


@pytest.mark.parametrize("created", ["1714112445", 1714112445], ids=["text", "number"])
def test_the_time_may_come_as_text(created):
    assert _opened(orjson.dumps({"CreateTime": created})).created_at.year == 2024


@pytest.mark.parametrize("created", [None, "soon", 10**30])
def test_a_time_that_is_none_is_no_reason_to_refuse(created):
    assert _opened(orjson.dumps({"CreateTime": str(created)})).created_at is None


def test_keys_come_from_the_settings_and_wrong_ones_are_noticed_at_the_start():
    settings = settings_of("http://127.0.0.1:1", APP_ID, "redis://", wechat_push_aes_key_previous=ZERO_KEY)
    keys = CallbackKeys.from_settings(settings)
    assert (keys.app_id, keys.token, len(keys.aes_keys)) == (APP_ID, PUSH_TOKEN, 2)
    assert PUSH_TOKEN not in repr(keys)
    for wrong in ("A" * 42, "!" * 43, ""):
        with pytest.raises(ValueError, match="EncodingAESKey"):
            callbacks.aes_key(wrong)


@pytest.fixture
def deliveries(wechat_sandbox, app_id):
    """Have the sandbox push to a listener; `deliveries(format)` starts, then `.get()` yields callbacks."""
    arrived = queue.Queue()
    keys = CallbackKeys(app_id, PUSH_TOKEN, (callbacks.aes_key(OTHER_KEY), callbacks.aes_key(AES_KEY)))

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            named = {name: query[name] for name in QUERY}
            try:
                arrived.put(callbacks.open_callback(keys, raw, **named))
            except CallbackRefused as refusal:
                arrived.put(refusal.reason)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"success")

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def start(form):
        push = {
            "url": f"http://127.0.0.1:{server.server_port}/",
            "token": PUSH_TOKEN,
            "aes_key": AES_KEY,
            "appid_name": "gh_test",
            "format": form,
        }
        wechat_sandbox.post("reset", seed_of(app_id, push=push))
        return arrived

    yield start
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("form", ["json", "xml"])
def test_what_the_sandbox_delivers_is_opened(deliveries, wechat_sandbox, form):
    arrived = deliveries(form)
    for some in ({ONE_TIME: "accept"}, {LONG_TERM: "accept"}):
        wechat_sandbox.post("subscribe", {"openid": OPENID, "choices": some})
        callback = arrived.get(timeout=5)
        assert (callback.event, callback.openid) == ("subscribe_msg_popup_event", OPENID)
        assert [item["TemplateId"] for item in callback.message["items"]] == list(some)


@pytest.mark.parametrize(
    ("twist", "reason"),
    [
        ({"bad_signature": True}, Refusal.SIGNATURE),
        ({"wrong_appid": True}, Refusal.FOREIGN_APP),
        ({"wrong_aes_key": True}, Refusal.UNDECIPHERABLE),
        ({"malformed": True}, None),
        ({"oversized": True}, Refusal.TOO_LARGE),
    ],
)
def test_what_the_sandbox_forges_is_refused(deliveries, wechat_sandbox, twist, reason):
    arrived = deliveries("json")
    wechat_sandbox.post("faults", {"effect": {"push": twist}})
    wechat_sandbox.post("cancellation", {"openid": OPENID})
    refused = arrived.get(timeout=5)
    assert isinstance(refused, Refusal)
    assert reason is None or refused is reason


def test_a_delivery_repeated_with_fresh_signatures_has_one_key(deliveries, wechat_sandbox):
    arrived = deliveries("json")
    wechat_sandbox.post("faults", {"effect": {"push": {"duplicate": 2, "fresh_nonce": True}}})
    wechat_sandbox.post("revoke", {"openid": OPENID, "RevokeInfo": "8"})
    assert len({arrived.get(timeout=5).dedupe_key for _ in range(3)}) == 1
