"""A wx.login code counts once; WeChat's secrets stay where they are."""

from flask.testing import FlaskClient
from sqlalchemy import text

from app.foundation import cache, database
from app.identity import sessions
from tests.blueprints.identity.phones import LOGIN


def plain(application):
    """A client for threads: the usual one watches the whole process."""
    return FlaskClient(application, application.response_class)


SESSION_KEYS = "/sns/jscode2session"


def test_the_first_login_opens_an_account_and_the_next_one_finds_it(phone):
    elder = phone("yuzhong_elder")
    first, second = elder.log_in(), elder.log_in()
    assert (first["is_new"], second["is_new"]) == (True, False)
    assert first["resident"]["id"] == second["resident"]["id"]
    assert first["token"] != second["token"]
    assert first["resident"] == {
        "id": first["resident"]["id"],
        "assurance": "wechat",
        "display_name": "微信用户",
        "care_mode": False,
        "closing_at": None,
    }


def test_a_code_is_refused_the_second_time_without_asking_wechat_again(client, wechat, phone):
    code = phone("yuzhong_elder").code()
    assert client.post(LOGIN, json={"code": code}).status_code == 200
    again = client.post(LOGIN, json={"code": code})
    assert (again.status_code, again.json["code"]) == (401, "auth.wechat.code_used")
    assert len(wechat.get(f"journal?path={SESSION_KEYS}")) == 1


def test_a_code_stays_used_when_redis_forgets_and_wechat_is_not_asked_again(client, wechat, phone):
    code = phone("yuzhong_elder").code()
    client.post(LOGIN, json={"code": code})
    cache.client().flushdb()
    assert client.post(LOGIN, json={"code": code}).json["code"] == "auth.wechat.code_used"
    assert len(wechat.get(f"journal?path={SESSION_KEYS}")) == 1


def test_fifty_logins_at_once_with_one_code_open_one_session(application, together, wechat, phone):
    code = phone("yuzhong_elder").code()
    replies = together(lambda _: plain(application).post(LOGIN, json={"code": code}), times=50)
    assert sorted(reply.status_code for reply in replies) == [200] + [401] * 49
    assert {reply.json["code"] for reply in replies if reply.status_code == 401} == {"auth.wechat.code_used"}
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM identity_session")) == 1
    assert len(wechat.get(f"journal?path={SESSION_KEYS}")) == 1


def test_two_phones_of_one_new_person_open_one_account(application, together, phone):
    elder = phone("yuzhong_elder")
    codes = [elder.code() for _ in range(5)]
    replies = together(lambda n: plain(application).post(LOGIN, json={"code": codes[n]}), times=5)
    assert len({reply.json["resident"]["id"] for reply in replies}) == 1
    assert sum(reply.json["is_new"] for reply in replies) == 1


def test_a_code_nobody_gave_out_asks_to_log_in_again(client, wechat):
    reply = client.post(LOGIN, json={"code": "0" * 32})
    assert (reply.status_code, reply.json["code"]) == (401, "auth.wechat.code_invalid")


def test_after_a_read_timeout_the_code_is_burnt_and_never_tried_again(client, wechat, phone):
    code = phone("yuzhong_elder").code()
    wechat.post("faults", match={"path": SESSION_KEYS}, effect={"reset": True}, phase="after_commit")
    reply = client.post(LOGIN, json={"code": code})
    assert (reply.status_code, reply.json["code"]) == (401, "auth.wechat.try_again")
    assert len(wechat.get(f"journal?path={SESSION_KEYS}")) == 1
    wechat.delete("faults")
    assert client.post(LOGIN, json={"code": code}).json["code"] == "auth.wechat.code_used"


def test_whom_wechat_blocks_is_told_nothing_and_it_is_recorded(client, session, wechat, phone):
    code = phone("yuzhong_elder").code()
    wechat.post("faults", match={"path": SESSION_KEYS}, effect={"errcode": 40226})
    reply = client.post(LOGIN, json={"code": code})
    assert (reply.status_code, reply.json["code"]) == (403, "auth.wechat.refused")
    assert session.scalar(text("SELECT count(*) FROM audit_entry WHERE outcome = 'blocked'")) == 1


def test_who_says_who_they_are_in_the_body_is_refused(client, wechat):
    reply = client.post(LOGIN, json={"code": "x" * 32, "openid": "oSomebodyElse"})
    assert reply.status_code == 422
    assert "openid" in reply.json["errors"]


def test_no_token_and_no_session_key_lies_in_the_database_or_in_an_answer(wechat, phone, dump, session_keys):
    elder = phone("yuzhong_elder")
    answer = elder.log_in()
    everything = dump()
    assert elder.id in everything
    assert elder.token not in everything
    assert len(session_keys) == 1
    assert session_keys[0] not in everything
    assert session_keys[0] not in str(answer)


def test_no_token_lies_in_redis(redis, phone):
    elder = phone("yuzhong_elder")
    token = elder.log_in()["token"]
    sessions.authenticate(token)
    keys = redis.keys("*")
    assert keys
    values = [redis.get(key) for key in keys if redis.type(key) == b"string"]
    assert all(token.encode() not in (stored or b"") for stored in [*keys, *values])
