"""The ports, asked against the sandbox: what WeChat answers and what it refuses."""

import pytest

from app.gateways.wechat import errors, live, port
from app.gateways.wechat.face import cert_hash
from tests.app.gateways.conftest import BLOCKED, LONG_TERM, ONE_TIME, OPENID, OTHER, WITH_NAME

LOGIN = "/sns/jscode2session"
SEND = errors.SUBSCRIBE_SEND
NAME, ID_NUMBER = "测试人", "110101199001010015"
PROGRESS = {"thing1": "高龄津贴申请", "time2": "2026年6月15日 10:00"}


@pytest.fixture
def wechat(settings, redis):
    return live.build(settings, redis=lambda: redis)


def _code(emulator, openid=OPENID):
    return emulator.post("login_code", {"openid": openid})["code"]


def _accept(emulator, template, openid=OPENID):
    emulator.post("subscribe", {"openid": openid, "choices": {template: "accept"}})


def test_login_tells_who_it_is_and_keeps_the_session_key_out_of_sight(emulator, wechat):
    identity = wechat.login.exchange(_code(emulator))
    assert (identity.openid, identity.unionid) == (OPENID, "uAAAA")
    assert identity.session_key not in repr(identity)
    assert wechat.login.exchange(_code(emulator, OTHER)).unionid is None


def test_login_makes_no_token_call_and_works_while_the_token_endpoint_is_down(emulator, wechat):
    emulator.fault("/cgi-bin/stable_token", {"http_status": 503})
    assert wechat.login.exchange(_code(emulator)).openid == OPENID
    assert emulator.calls("/cgi-bin/stable_token") == []
    assert "access_token" not in emulator.calls(LOGIN)[0]["query"]


@pytest.mark.parametrize(
    ("prepare", "kind"),
    [(lambda _: "no-such-code", errors.CodeProblem.INVALID), (lambda code: code, errors.CodeProblem.USED)],
)
def test_a_code_that_no_longer_counts_asks_for_another_login(emulator, wechat, prepare, kind):
    code = _code(emulator)
    wechat.login.exchange(code)
    with pytest.raises(errors.Relogin) as caught:
        wechat.login.exchange(prepare(code))
    assert caught.value.kind is kind


def test_a_high_risk_user_is_refused(emulator, wechat):
    with pytest.raises(errors.LoginBlocked):
        wechat.login.exchange(_code(emulator, BLOCKED))


def test_a_phone_number_is_asked_for_with_its_owners_openid(emulator, wechat):
    code = emulator.post("phone_code", {"openid": OPENID})["code"]
    number = wechat.phones.number(code, OPENID)
    assert (number.number, number.country_code) == ("13800000001", "86")
    assert number.number not in repr(number)
    assert emulator.calls("/wxa/business/getuserphonenumber")[0]["body"]["openid"] == OPENID


def test_somebody_elses_phone_code_is_refused(emulator, wechat):
    code = emulator.post("phone_code", {"openid": OTHER})["code"]
    with pytest.raises(errors.Relogin):
        wechat.phones.number(code, OPENID)


def test_a_phone_number_that_another_app_watermarked_is_not_believed(emulator, wechat):
    foreign = (
        '{"errcode":0,"phone_info":{"purePhoneNumber":"1","countryCode":86,"watermark":{"appid":"wxother"}}}'
    )
    emulator.fault("/wxa/business/getuserphonenumber", {"http_status": 200, "body": foreign})
    with pytest.raises(errors.OutcomeUnknown, match="foreign_watermark"):
        wechat.phones.number("x" * 64, OPENID)


def test_a_message_arrives_on_the_phone_as_it_was_written(emulator, wechat):
    _accept(emulator, ONE_TIME)
    sent = wechat.messages.send(OPENID, ONE_TIME, PROGRESS, page="pages/case/case?id=1")
    assert sent.msgid is not None
    assert sent.msgid.isdecimal()
    [message] = emulator.get(f"inbox/{OPENID}")["messages"]
    assert "高龄津贴申请" in str(message)
    assert emulator.calls(SEND)[0]["flags"] == [], "no escapes, no form, nothing unusual"


def test_without_a_credit_nothing_is_sent(emulator, wechat):
    with pytest.raises(errors.Unsubscribed):
        wechat.messages.send(OPENID, ONE_TIME, PROGRESS)


def test_a_wrong_value_names_its_key_and_not_its_content(emulator, wechat):
    _accept(emulator, ONE_TIME)
    with pytest.raises(errors.BadTemplateData) as caught:
        wechat.messages.send(OPENID, ONE_TIME, PROGRESS | {"thing1": "很长" * 30})
    assert (caught.value.errcode, caught.value.field) == (47003, "thing1")
    assert "很长" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "errcode"),
    [
        (("oNOBODYxxxxxxxxxxxxxxxxxxxxx", ONE_TIME, PROGRESS), 40003),
        ((OPENID, "tmplGone", PROGRESS), 40037),
        ((OPENID, ONE_TIME, PROGRESS, "pages/nowhere"), 41030),
    ],
)
def test_a_message_that_can_never_arrive_is_bad_template_data(emulator, wechat, arguments, errcode):
    _accept(emulator, ONE_TIME)
    with pytest.raises(errors.BadTemplateData) as caught:
        wechat.messages.send(*arguments)
    assert caught.value.errcode == errcode


def test_a_send_whose_answer_is_lost_is_unknown_and_made_once(emulator, wechat):
    _accept(emulator, ONE_TIME)
    emulator.fault(SEND, {"reset": True}, phase="after_commit", count=1)
    with pytest.raises(errors.OutcomeUnknown):
        wechat.messages.send(OPENID, ONE_TIME, PROGRESS)
    assert len(emulator.get(f"inbox/{OPENID}")["messages"]) == 1
    assert len(emulator.calls(SEND)) == 1


def test_the_accounts_templates_tell_their_keys_and_kind(wechat):
    found = {template.template_id: template for template in wechat.templates.list()}
    assert found[ONE_TIME].keys == ("thing1", "time2")
    assert [found[key].long_term for key in (ONE_TIME, LONG_TERM)] == [False, True]
    assert found[WITH_NAME].enum_values == {"enum_string1": ("通过", "不通过")}


def _started(wechat, number="seq-00001"):
    return wechat.faces.start(number, name=NAME, id_number=ID_NUMBER, openid=OPENID)


def _result(wechat, ticket, *, name=NAME, openid=OPENID, number="seq-00001"):
    digest = cert_hash(name, ID_NUMBER)
    return wechat.faces.result(ticket.verify_id, out_seq_no=number, cert_hash=digest, openid=openid)


def test_a_face_verification_is_pending_and_then_passed(emulator, wechat):
    ticket = _started(wechat)
    assert ticket.expires_in == 3600
    assert _result(wechat, ticket).outcome is port.FaceOutcome.PENDING
    emulator.post("face", {"verify_id": ticket.verify_id})
    assert _result(wechat, ticket) == port.FaceResult(port.FaceOutcome.PASSED, 10000)


@pytest.mark.parametrize("outcome", ["cancel", "other_person", "timeout"])
def test_a_face_verification_that_ended_badly_has_failed(emulator, wechat, outcome):
    ticket = _started(wechat)
    emulator.post("face", {"verify_id": ticket.verify_id, "outcome": outcome})
    assert _result(wechat, ticket).outcome is port.FaceOutcome.FAILED


@pytest.mark.parametrize("other", [{"name": "别人"}, {"openid": OTHER}, {"number": "seq-00002"}])
def test_a_face_result_of_another_person_phone_or_case_never_passes(emulator, wechat, other):
    ticket = _started(wechat)
    emulator.post("face", {"verify_id": ticket.verify_id})
    assert _result(wechat, ticket, **other).outcome is port.FaceOutcome.FAILED


def test_an_unreachable_face_service_is_an_error_and_not_a_failure_of_the_person(emulator, wechat):
    ticket = _started(wechat)
    emulator.fault("/cityservice/face/identify/queryverifyinfo", {"http_status": 502})
    with pytest.raises(errors.OutcomeUnknown):
        _result(wechat, ticket)


def test_the_digest_of_an_identity_is_wechats_own_example():
    expected = "3c241f7ff324977aeb91f173bb2a7b06569e6fd784d5573db34a636d8671108b"
    assert cert_hash("张三", "310101199801011234") == expected


def test_the_worst_part_of_a_long_text_decides(emulator, wechat):
    wechat.login.exchange(_code(emulator))
    harmless = "谢谢工作人员。" * 400
    assert wechat.content.check_text(harmless, openid=OPENID).suggestion is port.TextSuggestion.PASS
    verdict = wechat.content.check_text(harmless + "可疑" + harmless + "违禁", openid=OPENID)
    assert (verdict.suggestion, verdict.label) == (port.TextSuggestion.RISKY, 20006)
    assert wechat.content.check_text("可疑", openid=OPENID).suggestion is port.TextSuggestion.REVIEW


def test_a_text_of_somebody_not_here_lately_cannot_be_judged(wechat):
    with pytest.raises(errors.Uncheckable):
        wechat.content.check_text("你好", openid=OPENID)


@pytest.mark.parametrize("text", ["", "短", "一句话。" * 1500, "没有标点" * 2000])
def test_parts_are_short_enough_and_lose_nothing(text):
    parts = list(live.parts_of(text))
    assert "".join(parts) == text
    assert all(len(part) <= live.LONGEST_CHECKED_TEXT for part in parts)


def test_the_process_uses_the_gateway_it_was_given(wechat, monkeypatch):
    monkeypatch.setattr(port, "_current", [])  # the gateway of the other tests comes back
    port.use(wechat)
    assert port.wechat() is wechat
