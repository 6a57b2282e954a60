"""The journal tells what was asked, and never a secret."""

import json

from sandbox.wechat.control import phone

OPENID, SECRET = "oElder", "ab12cd34ef56ab12cd34ef56ab12cd34"


def test_the_journal_holds_no_secret_and_no_personal_data(stand_in):
    secrets = [SECRET, "13812345678", "张三", "310101199801011234"]
    token = stand_in.token()
    code = stand_in.control("POST", "login_code", {"openid": OPENID})["code"]
    query = f"appid=wxba5fad812f8e6fb9&secret={SECRET}&grant_type=authorization_code&js_code={code}"
    session = stand_in.api("GET", f"/sns/jscode2session?{query}")
    plain = stand_in.api(
        "GET", f"/cgi-bin/token?appid=wxba5fad812f8e6fb9&secret={SECRET}&grant_type=client_credential"
    )
    number = stand_in.control("POST", "phone_code", {"openid": OPENID})["code"]
    stand_in.api("POST", f"/wxa/business/getuserphonenumber?access_token={token}", {"code": number})
    cert = {"cert_type": "IDENTITY_CARD", "cert_name": "张三", "cert_no": "310101199801011234"}
    face = {"openid": OPENID, "out_seq_no": "seq-00001", "cert_info": cert}
    stand_in.api("POST", f"/cityservice/face/identify/getverifyid?access_token={token}", face)
    stand_in.raw("POST", "/cgi-bin/stable_token", f"appid=wx&secret={SECRET}".encode())
    secrets += [token, code, session["session_key"], plain["access_token"], number]

    entries = stand_in.control("GET", "journal")
    assert len(entries) == 6
    written = json.dumps(entries, ensure_ascii=False)
    assert [secret for secret in secrets if secret in written] == []


def test_the_same_secret_has_the_same_fingerprint(client):
    token = client.token()
    client.alive(token)
    client.alive(token)
    client.alive("x" * 40)
    prints = [e["query"]["access_token"] for e in client.world.journal.entries(path="/cgi-bin/getcallbackip")]

    assert prints[0] == prints[1] != prints[2]


def test_the_journal_can_be_read_for_one_user_or_one_path(stand_in):
    stand_in.subscribe()
    token = stand_in.token()
    stand_in.send(token)
    stand_in.send(token, touser="oStranger")

    (entry,) = stand_in.control("GET", "journal?openid=oElder")
    assert (entry["method"], entry["errcode"], entry["appid"]) == ("POST", 0, "wxba5fad812f8e6fb9")
    sends = stand_in.control("GET", "journal?path=/cgi-bin/message/subscribe/send")
    assert [entry["errcode"] for entry in sends] == [0, 43101]


def test_escaped_characters_are_accepted_and_flagged(client):
    body = json.dumps({"touser": "张"}).encode()
    client.post("/cgi-bin/message/subscribe/send", body, access_token=client.token())

    assert client.world.journal.entries()[-1]["flags"] == ["escaped_unicode"]


def test_a_login_is_noted_under_its_user(client):
    client.login()
    code = phone.login_code(client.world, {"openid": OPENID})["code"]
    client.advance(301)
    client.login(code)

    assert [entry["errcode"] for entry in client.world.journal.entries(openid=OPENID)] == [0, 40029]
