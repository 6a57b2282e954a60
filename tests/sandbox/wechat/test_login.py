"""Login codes, session keys and phone codes."""

import hashlib
import hmac

import pytest

from sandbox.wechat.control import phone
from sandbox.wechat.crypto import BadCiphertext, decrypt_open_data, raw_data_signature

OPENID = "oElder"


def session_signature(session_key):
    return hmac.new(session_key.encode(), b"", hashlib.sha256).hexdigest()


def check(client, session_key, path="/wxa/checksession", **changes):
    query = {
        "access_token": client.token(),
        "openid": OPENID,
        "signature": session_signature(session_key),
        "sig_method": "hmac_sha256",
    }
    return client.get(path, **(query | changes))


def test_a_login_has_no_errcode_and_names_the_user(client):
    session = client.login()

    assert set(session) == {"openid", "session_key", "unionid"}
    assert session["openid"] == OPENID
    assert len(session["session_key"]) == 24


def test_a_login_code_works_once(client):
    code = client.login_code()

    assert client.login(code)["openid"] == OPENID
    assert client.login(code)["errcode"] == 40163


def test_a_login_code_lives_five_minutes(client):
    code = client.login_code()
    client.advance(301)

    assert client.login(code)["errcode"] == 40029


def test_a_refused_login_does_not_use_up_the_code(client):
    code = client.login_code()
    assert client.login(code, secret="wrong")["errcode"] == 40125

    assert client.login(code)["openid"] == OPENID


def test_a_second_login_replaces_the_session_key(client):
    first, second = client.login()["session_key"], client.login()["session_key"]

    assert check(client, first)["errcode"] == 87009
    assert check(client, second)["errcode"] == 0


def test_a_reset_session_key_ends_when_the_old_one_would_have(client):
    old = client.login()["session_key"]
    client.advance(86_400)
    new = check(client, old, "/wxa/resetusersessionkey")["session_key"]

    assert check(client, old)["errcode"] == 87009
    assert check(client, new)["errcode"] == 0
    client.advance(2 * 86_400)
    assert check(client, new)["errcode"] == 87007


def test_a_login_with_a_needless_token_works_and_is_flagged(client):
    assert client.login(access_token="anything")["openid"] == OPENID
    assert "needless_access_token" in client.world.journal.entries()[-1]["flags"]


def test_the_hundred_and_first_login_of_a_user_in_a_minute_is_refused(client):
    results = [client.login().get("errcode") for _ in range(101)]

    assert results[-1] == 45011
    assert client.login(client.login_code("oStranger"))["openid"] == "oStranger"
    client.advance(60)
    assert client.login()["openid"] == OPENID


def test_open_data_opens_under_the_session_key_only(client):
    session = client.login()
    sealed = phone.encrypted_data(client.world, {"openid": OPENID, "payload": {"nickName": "微信用户"}})
    opened = decrypt_open_data(sealed["encryptedData"], session_key=session["session_key"], iv=sealed["iv"])

    assert opened["nickName"] == "微信用户"
    assert opened["watermark"]["appid"] == client.appid
    assert sealed["signature"] == raw_data_signature(sealed["rawData"], session["session_key"])
    with pytest.raises(BadCiphertext):
        decrypt_open_data(sealed["encryptedData"], session_key=client.login()["session_key"], iv=sealed["iv"])


def phone_code(client, **changes):
    return phone.phone_code(client.world, {"openid": OPENID} | changes)["code"]


def exchange(client, code, **changes):
    return client.post(
        "/wxa/business/getuserphonenumber", {"code": code} | changes, access_token=client.token()
    )


def test_a_phone_code_gives_the_number_once(client):
    code = phone_code(client)
    found = exchange(client, code, openid=OPENID)["phone_info"]

    assert found["phoneNumber"] == found["purePhoneNumber"] == "13812345678"
    assert found["watermark"]["appid"] == client.appid
    assert exchange(client, code)["errcode"] == 40029


def test_the_country_code_is_now_text_now_a_number(client):
    codes = [exchange(client, phone_code(client))["phone_info"]["countryCode"] for _ in range(2)]

    assert codes == ["86", 86]


def test_a_foreign_number_carries_its_country(client):
    found = exchange(client, phone_code(client, phone="+852-51234567"))["phone_info"]

    assert (found["phoneNumber"], found["purePhoneNumber"]) == ("+85251234567", "51234567")


def test_a_phone_code_of_somebody_else_is_refused_when_the_openid_is_sent(client):
    assert exchange(client, phone_code(client), openid="oStranger")["errcode"] == 40029


def test_login_and_phone_codes_cannot_stand_in_for_each_other(client):
    assert exchange(client, client.login_code())["errcode"] == 40029
    assert client.login(phone_code(client))["errcode"] == 40029
