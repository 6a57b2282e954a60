"""Subscribe messages: templates, values, consent, and what lies on the phone."""

import pytest

from sandbox.wechat import values
from sandbox.wechat.control import phone
from sandbox.wechat.control.phone import PhoneRefuses

OPENID, ONE_TIME, LONG_TERM = "oElder", "template-once", "template-always"
MANY = "字" * 21


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", "字" * 20),
        ("number1", "-12.50"),
        ("letter1", "abcXYZ"),
        ("symbol1", "!?"),
        ("character_string1", "QZ-2026 001"),
        ("time1", "15:01"),
        ("time1", "15:01:02"),
        ("time1", "2019年10月1日 15:01"),
        ("time1", "2019年10月1日 15:01 ~ 2019年10月2日 15:01"),
        ("date1", "2019年10月1日"),
        ("date1", "2019-10-01"),
        ("date1", "2019.10.01 15:01"),
        ("date1", "10月1日~10月7日"),
        ("amount1", "¥600.50元"),
        ("phone_number1", "+86-0766-66888866"),
        ("car_number1", "粤A8Z888挂"),
        ("name1", "张三"),
        ("name1", "John Smith"),
        ("phrase1", "已受理"),
        ("enum_string1", "大杯"),
    ],
)
def test_a_value_that_fits_its_keyword_is_taken(key, value):
    assert values.acceptable(key, value, choices=["大杯"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", MANY),
        ("thing1", "两\n行"),
        ("number1", "1,000"),
        ("number1", "1" * 33),
        ("letter1", "abc1"),
        ("symbol1", "a!"),
        ("symbol1", "!" * 6),
        ("character_string1", "渝001"),
        ("time1", "下午三点"),
        ("time1", "1:01~2:02~3:03"),
        ("date1", "2019-10/01"),
        ("date1", "明天"),
        ("amount1", "600 元"),
        ("amount1", "12345678901"),
        ("phone_number1", "1" * 18),
        ("car_number1", "粤A8Z8888挂"),
        ("name1", "一二三四五六七八九十一"),
        ("name1", "a" * 21),
        ("name1", "张3"),
        ("phrase1", "已经受理完毕"),
        ("phrase1", "OK"),
        ("enum_string1", "小杯"),
        ("unknown1", "x"),
    ],
)
def test_a_value_that_breaks_the_rule_of_its_keyword_is_refused(key, value):
    assert not values.acceptable(key, value, choices=["大杯"])


def test_a_message_lies_on_the_phone_as_the_template_renders_it(client):
    client.subscribe()
    reply = client.send(page="pages/case?id=1", miniprogram_state="trial", lang="zh_TW")
    (message,) = client.world.inbox.of(OPENID)

    assert message.msgid == reply["msgid"] > 2**53
    assert message.text == "事项:高龄津贴\n时间:2026年10月1日 15:01"
    assert (message.page, message.state, message.lang) == ("pages/case?id=1", "trial", "zh_TW")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"time2": {"value": "15:01"}}, "data.thing1.value is empty"),
        ({"thing1": {"value": ""}, "time2": {"value": "15:01"}}, "data.thing1.value is empty"),
        ({"thing1": {"value": MANY}, "time2": {"value": "15:01"}}, "data.thing1.value invalid"),
        ({"thing1": "高龄津贴", "time2": {"value": "15:01"}}, "data.thing1.value is empty"),
        (
            {"thing1": {"value": "a"}, "time2": {"value": "15:01"}, "thing9": {"value": "a"}},
            "data.thing9 is not in the template",
        ),
    ],
)
def test_a_bad_value_is_named(client, data, complaint):
    client.subscribe()
    reply = client.send(data=data)

    assert reply["errmsg"].startswith(f"argument invalid! {complaint} rid: ")
    assert client.world.inbox.of(OPENID) == []
    assert client.send()["errcode"] == 0


@pytest.mark.parametrize("changes", [{"miniprogram_state": "beta"}, {"lang": "fr"}, {"data": []}])
def test_an_unknown_state_language_or_shape_is_refused(client, changes):
    client.subscribe()

    assert client.send(**changes)["errcode"] == 47003


def test_a_page_with_a_leading_slash_is_not_a_released_page(client):
    assert client.send(page="/pages/case")["errcode"] == 41030


def test_each_accept_of_a_one_time_template_buys_one_message(client):
    client.subscribe()
    client.subscribe()

    assert [client.send()["errcode"] for _ in range(3)] == [0, 0, 43101]


def test_one_accept_of_a_long_term_template_lasts_until_it_is_withdrawn(client):
    client.subscribe(LONG_TERM)
    assert [client.send(template_id=LONG_TERM)["errcode"] for _ in range(5)] == [0] * 5
    phone.manage_reject(client.world, {"openid": OPENID, "template_id": LONG_TERM})
    assert client.send(template_id=LONG_TERM)["errcode"] == 43101


@pytest.mark.parametrize("choice", ["reject", "ban", "filter"])
def test_only_an_accept_counts(client, choice):
    client.subscribe(choice=choice)

    assert client.send()["errcode"] == 43101


def test_the_prompt_refuses_to_mix_kinds_of_templates(client):
    choices = {ONE_TIME: "accept", LONG_TERM: "accept"}
    with pytest.raises(PhoneRefuses) as refused:
        phone.subscribe(client.world, {"openid": OPENID, "choices": choices})
    assert refused.value.err_code == 20002


def test_the_prompt_refuses_templates_it_does_not_know(client):
    with pytest.raises(PhoneRefuses) as refused:
        client.subscribe("nobody's")
    assert refused.value.err_code == 20001


def test_the_templates_are_listed_with_their_keywords(client):
    reply = client.get("/wxaapi/newtmpl/gettemplate", access_token=client.token())
    by_id = {entry["priTmplId"]: entry for entry in reply["data"]}

    assert by_id[ONE_TIME]["type"] == 2
    assert by_id[LONG_TERM]["type"] == 3
    assert "{{thing1.DATA}}" in by_id[ONE_TIME]["content"]


@pytest.mark.parametrize(
    ("content", "suggest", "label"),
    [("高龄津贴怎么办理", "pass", 100), ("请加微信", "review", 10001), ("这是违禁词", "risky", 21000)],
)
def test_a_text_is_judged_by_the_seeded_words(client, content, suggest, label):
    client.login()
    reply = client.check_text(content=content)

    assert reply["result"] == {"suggest": suggest, "label": label}
    assert reply["trace_id"]


def test_two_hours_after_the_visit_a_text_cannot_be_checked(client):
    client.login()
    client.advance(2 * 3600 + 1)

    assert client.check_text()["errcode"] == 61010
