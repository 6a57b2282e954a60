"""Every errcode that this stand-in knows can be met, and each in the right place."""

import pytest

from sandbox.wechat.control import phone
from sandbox.wechat.crypto import session_signature
from sandbox.wechat.documents import BadDocument
from sandbox.wechat.errcodes import Errcode
from sandbox.wechat.quotas import Limit

OPENID, FOREIGNER = "oElder", "oForeigner"
SEND, FACE = "/cgi-bin/message/subscribe/send", "/cityservice/face/identify"
CERT = {"cert_type": "IDENTITY_CARD", "cert_name": "张三", "cert_no": "310101199801011234"}
ONLY_BY_FAULT = {
    Errcode.SYSTEM_ERROR,
    Errcode.REQUIRE_HTTPS,
    Errcode.UNAUTHORIZED,
    Errcode.FORBIDDEN,
    Errcode.USER_LIMITED,
}


def used_code(client):
    code = client.login_code()
    client.login(code)
    return client.login(code)


def expired_token(client):
    token = client.token()
    client.advance(7201)
    return client.send(token=token)


def two_sends_at_once(client):
    client.subscribe()
    client.world._in_flight[OPENID] += 1
    return client.send()


def cleared_eleven_times(client):
    replies = [
        client.post("/cgi-bin/clear_quota", {"appid": client.appid}, access_token=client.token())
        for _ in range(11)
    ]
    assert [reply["errcode"] for reply in replies[:10]] == [0] * 10
    return replies[10]


def session_check(client, *, days=0, **changes):
    client.login()
    query = {"openid": OPENID, "sig_method": "hmac_sha256", "signature": "0" * 64}
    if days:
        query["signature"] = session_signature(client.world.users[OPENID].session_key)
        client.advance(days * 86_400 + 1)
    return client.get("/wxa/checksession", access_token=client.token(), **(query | changes))


def start_face(client, sequence="seq-00001", **changes):
    body = {"openid": OPENID, "out_seq_no": sequence, "cert_info": CERT} | changes
    return client.post(f"{FACE}/getverifyid", body, access_token=client.token())


def query_face(client, **changes):
    verify_id = start_face(client)["verify_id"]
    body = {
        "verify_id": verify_id,
        "out_seq_no": "seq-00001",
        "openid": OPENID,
        "cert_hash": "0" * 64,
    } | changes
    return client.post(f"{FACE}/queryverifyinfo", body, access_token=client.token())


def repeated_sequence(client):
    start_face(client)
    return start_face(client)


def text_of_a_visitor(client, **changes):
    client.login()
    return client.check_text(**changes)


def second_in_a_minute(client):
    client.world.apps[client.appid].limits["/cgi-bin/getcallbackip"] = Limit(minute=1)
    token = client.token()
    client.alive(token)
    return client.get("/cgi-bin/getcallbackip", access_token=token)


def frozen(client):
    client.world.apps[client.appid].frozen = True
    return client.plain()


def elsewhere(client):
    client.world.apps[client.appid].ip_whitelist = frozenset({"10.0.0.1"})
    return client.plain()


def quota(client, path):
    return client.post("/cgi-bin/openapi/quota/get", {"cgi_path": path}, access_token=client.token())


def subscribed(client, **changes):
    client.subscribe()
    return client.send(**changes)


def forced_too_often(client):
    for _ in range(20):
        client.stable(force_refresh=True)
        client.advance(31)
    return client.stable(force_refresh=True)


SCENES = {
    Errcode.OK: subscribed,
    Errcode.INVALID_CREDENTIAL: lambda c: c.send(token="99_" + "x" * 133),
    Errcode.INVALID_GRANT_TYPE: lambda c: c.plain(grant_type="password"),
    Errcode.INVALID_OPENID: lambda c: c.send(touser=FOREIGNER),
    Errcode.INVALID_APPID: lambda c: c.plain(appid="wxunknown"),
    Errcode.INVALID_ACCESS_TOKEN: lambda c: c.send(token="not a token"),
    Errcode.INVALID_CODE: lambda c: c.login("0" * 32),
    Errcode.INVALID_CHARSET: lambda c: c.post(SEND, "{'touser':'张'}".encode("gbk"), access_token=c.token()),
    Errcode.INVALID_TEMPLATE_ID: lambda c: c.send(template_id="nobody's"),
    Errcode.INVALID_URL: lambda c: c.get("/cgi-bin/nothing"),
    Errcode.INVALID_APPSECRET: lambda c: c.plain(secret="wrong"),
    Errcode.BAD_SCENE: lambda c: text_of_a_visitor(c, scene=9),
    Errcode.CODE_USED: used_code,
    Errcode.IP_NOT_WHITELISTED: elsewhere,
    Errcode.CODE_BLOCKED: lambda c: c.login(c.login_code("oRisky")),
    Errcode.SECRET_FROZEN: frozen,
    Errcode.TOKEN_MISSING: lambda c: c.send(token=""),
    Errcode.APPID_MISSING: lambda c: c.login(appid=""),
    Errcode.APPSECRET_MISSING: lambda c: c.login(secret=""),
    Errcode.CODE_MISSING: lambda c: c.login(""),
    Errcode.INVALID_PAGE: lambda c: c.send(page="pages/unreleased"),
    Errcode.TOKEN_EXPIRED: expired_token,
    Errcode.REQUIRE_GET: lambda c: c.post("/cgi-bin/token", {}),
    Errcode.REQUIRE_POST: lambda c: c.get(SEND),
    Errcode.REFUSED_BY_USER: lambda c: c.send(),
    Errcode.APPID_OPENID_MISMATCH: lambda c: c.check_text(openid=FOREIGNER),
    Errcode.MESSAGES_BANNED: lambda c: c.send(template_id="template-banned"),
    Errcode.CONCURRENT_OPENID: two_sends_at_once,
    Errcode.USE_POST: lambda c: c.get("/wxa/msg_sec_check"),
    Errcode.EMPTY_POST: lambda c: c.post(SEND, b""),
    Errcode.CONTENT_TOO_LONG: lambda c: text_of_a_visitor(c, content="津" * 2501),
    Errcode.DAILY_QUOTA: forced_too_often,
    Errcode.MINUTE_QUOTA: second_in_a_minute,
    Errcode.SENSITIVE_WORDS: lambda c: subscribed(
        c, data={"thing1": {"value": "违禁词"}, "time2": {"value": "15:01"}}
    ),
    Errcode.DATA_FORMAT: lambda c: c.post(SEND, b"touser=o&template_id=t"),
    Errcode.INVALID_ARGUMENT: lambda c: subscribed(
        c, data={"thing1": {"value": ""}, "time2": {"value": "15:01"}}
    ),
    Errcode.CLEAR_LIMIT: cleared_eleven_times,
    Errcode.ACCESS_RECORD_EXPIRED: lambda c: c.check_text(),
    Errcode.PATH_NOT_FOUND: lambda c: quota(c, "/cgi-bin/nothing"),
    Errcode.PATH_NOT_PERMITTED: lambda c: quota(c, "/sns/jscode2session"),
    Errcode.INVALID_IDENTIFY_ID: lambda c: query_face(c, verify_id="unknown"),
    Errcode.CERT_MISMATCH: query_face,
    Errcode.SEQUENCE_REPEATED: repeated_sequence,
    Errcode.SESSION_KEY_EXPIRED: lambda c: session_check(c, days=3),
    Errcode.INVALID_SIG_METHOD: lambda c: session_check(c, sig_method="md5"),
    Errcode.INVALID_SIGNATURE: session_check,
}


def test_every_errcode_has_a_scene():
    assert set(SCENES) | ONLY_BY_FAULT == set(Errcode)


@pytest.mark.parametrize("errcode", sorted(SCENES), ids=lambda code: code.name.lower())
def test_an_errcode_is_met_in_its_scene(client, errcode):
    reply = SCENES[errcode](client)

    assert reply["errcode"] == errcode
    if errcode:
        text, _, rid = reply["errmsg"].partition(" rid: ")
        assert text
        moment, *rest = rid.split("-")
        assert abs(int(moment, 16) - client.world.clock.now()) < 2
        assert [len(part) for part in rest] == [8, 8]


@pytest.mark.parametrize(
    ("ask", "errcode"),
    [
        (lambda c: c.get("/cgi-bin/nothing"), 40066),
        (lambda c: c.get(SEND, access_token="bad"), 43002),
        (lambda c: c.post(SEND, b"", access_token="bad"), 44002),
        (lambda c: c.post(SEND, b"[]", access_token="bad"), 47001),
        (lambda c: c.send(token="bad", touser="nobody"), 40014),
        (lambda c: c.send(touser="nobody", template_id="nobody's"), 40003),
        (lambda c: c.send(template_id="nobody's", page="nowhere"), 40037),
        (lambda c: c.send(page="nowhere", data={}), 41030),
        (lambda c: c.send(data={}), 47003),
    ],
)
def test_checks_come_in_the_documented_order(client, ask, errcode):
    assert ask(client)["errcode"] == errcode


def test_a_login_by_post_misses_its_appid(client):
    assert client.post("/sns/jscode2session", b"appid=wx&secret=s")["errcode"] == 41002


def test_an_unlisted_address_is_named_in_the_refusal(make_client):
    reply = make_client(ip_whitelist=["10.0.0.1"]).plain()

    assert reply["errcode"] == 40164
    assert reply["errmsg"].startswith("invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist")


def test_a_token_does_not_clear_the_quota_of_another_app(client):
    reply = client.post("/cgi-bin/clear_quota", {"appid": "wx4f4bc4dec97d474b"}, access_token=client.token())

    assert reply["errcode"] == 40013


def test_the_quota_report_counts_and_clears(client):
    client.subscribe()
    client.send()
    client.send()
    assert quota(client, SEND)["quota"] == {"daily_limit": 10_000_000, "used": 2, "remain": 9_999_998}
    client.post("/cgi-bin/clear_quota", {"appid": client.appid}, access_token=client.token())
    assert quota(client, SEND)["quota"]["used"] == 0


def test_wechat_pay_triples_the_daily_sends(make_client):
    assert quota(make_client(pay_enabled=True), SEND)["quota"]["daily_limit"] == 30_000_000


def test_refused_sends_count_against_the_quota_until_midnight(make_client):
    client = make_client(limits={SEND: {"daily": 1}})
    assert client.send()["errcode"] == 43101
    assert client.send()["errcode"] == 45009
    client.advance(86_400)
    assert client.send()["errcode"] == 43101


def test_an_unknown_user_of_the_phone_is_an_error_of_the_test(client):
    with pytest.raises(BadDocument, match="no user"):
        phone.login_code(client.world, {"openid": "nobody"})
