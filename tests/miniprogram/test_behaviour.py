"""The mini-program's scripts against the real API: what a phone does, in order."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.eligibility import follow_ups, policies, runs
from app.foundation import database
from app.foundation.transaction import atomic
from app.residents.models import Dispute
from tests.blueprints.applications.errands import Desk
from tests.blueprints.applications.granted import BODY, POLICY, Office, load_service

SERVICE, REGION = "svc-elder-allowance", "500103"
NURSING, LEVEL = "cq-disability-nursing", "disability_level"
ELDERLY = "cq-yuzhong-elder"
FILL, DETAIL = "pages/applications/fill", "pages/applications/detail"


@pytest.fixture
def known(elder):
    """The elder's phone once she has proved who she is and agreed to everything."""
    return become_known(elder)


@pytest.fixture
def draft(known):
    """Her phone on the first step of 高龄津贴."""
    known.open("pages/services/detail", service_id=SERVICE, region_code=REGION)
    known.tap("begin")
    (opened,) = [line for line in known.log if line.startswith("navigateTo")]
    known.application = opened.partition("application_id=")[2]
    known.open(FILL, application_id=known.application)
    assert known.data["mode"] == "step", known.data
    return known


def become_known(phone):
    """Prove who one is in front of the camera and agree to each purpose."""
    phone.open("pages/me/index")
    phone.tap("typeName", detail={"value": phone.person["name"]})
    phone.tap("typeNumber", detail={"value": phone.person["id_number"]})
    phone.tap("verify")
    assert phone.data["verified"], phone.data
    for place, _ in enumerate(phone.data["consents"]):
        phone.tap("grant", index=place)
    assert all(consent["granted"] for consent in phone.data["consents"])
    return phone


def asked(phone):
    return [(method, path) for method, path, _ in phone.requests]


def fill(phone):
    """Answer every step and come to the page of checking."""
    for answers in (
        {"live_region": REGION, "lives_alone": True},
        {"account_type": "social_card"},
        {"is_proxy": False, "phone": "13812345678"},
        {"promise": True, "sign": {"kind": "typed", "text": phone.person["name"]}},
    ):
        for key, value in answers.items():
            phone.answer(key, value)
        phone.tap("next")
        assert phone.data["errors"] == {}, phone.data["errors"]
    assert phone.data["mode"] == "review", phone.data


def test_opening_the_home_page_logs_in_silently_and_asks_three_things(elder):
    elder.open("pages/home/index")
    assert elder.data["ready"], elder.data
    assert sorted(asked(elder)) == [("GET", "/me"), ("GET", "/me/matches"), ("POST", "/auth/wechat/login")]
    assert not elder.data["verified"]


def test_a_session_that_ended_is_renewed_once_and_nobody_notices(elder):
    elder.remember(session={"token": "ended", "careMode": False})
    elder.open("pages/home/index")
    assert elder.data["failure"] == ""
    assert asked(elder).count(("POST", "/auth/wechat/login")) == 1
    assert elder.data["ready"]


def test_care_mode_is_kept_by_the_server(elder):
    elder.open("pages/home/index")
    elder.tap("toggleCare")
    assert elder.data["care"] is True
    elder.remember(session={"token": "", "careMode": False})
    elder.open("pages/me/index")
    assert elder.data["care"] is True


def test_what_is_mine_comes_with_its_amount_and_its_reasons(known):
    known.open("pages/home/index")
    known.tap("refresh")
    mine = {match["title"]: match for match in known.data["mine"]}
    assert len(mine) >= 3, known.data
    policy = next(match for title, match in mine.items() if "高龄" in title)
    known.open("pages/matches/detail", policy_id=policy["id"])
    assert known.data["outcome"]["text"] == "您符合条件"
    assert "600" in known.data["amount"]
    assert all(reason["mark"] for reason in known.data["reasons"])


def test_an_application_goes_from_the_guide_to_a_receipt_and_a_double_tap_is_one_case(draft):
    fill(draft)
    assert draft.data["review"]["complete"], draft.data["review"]
    draft.tap_twice("submit")
    assert draft.data["mode"] == "receipt", draft.data
    assert draft.data["receipt"]["number"].startswith(REGION)
    draft.open("pages/applications/index")
    assert [case["status"] for case in draft.data["items"]] == ["待受理"]


def test_a_submission_whose_answer_was_lost_is_sent_again_under_the_same_key(draft):
    fill(draft)
    draft.losses = 1
    draft.tap("submit")
    sent = [header["Idempotency-Key"] for _, path, header in draft.requests if path.endswith("/submission")]
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert draft.data["mode"] == "receipt"


def test_a_key_outlives_the_phone_going_offline(draft):
    fill(draft)
    draft.losses = 3
    draft.tap("submit")
    assert "网络" in draft.data["failure"]
    draft.tap("submit")
    sent = {header["Idempotency-Key"] for _, path, header in draft.requests if path.endswith("/submission")}
    assert len(sent) == 1
    assert draft.data["mode"] == "receipt"


def test_every_change_is_saved_and_the_draft_is_there_when_she_comes_back(draft):
    draft.answer("lives_alone", value=True)
    assert draft.data["saved"].startswith("已保存")
    saves = [
        (path, header) for method, path, header in draft.requests if method == "PUT" and "/steps/" in path
    ]
    assert saves[-1][1]["If-Match"].startswith('"')
    draft.open(FILL, application_id=draft.application)
    assert draft.data["values"]["lives_alone"] is True


def test_a_draft_changed_elsewhere_is_read_again_and_the_change_is_kept(draft):
    method, path, header = next(one for one in reversed(draft.requests) if "/steps/1" in one[1])
    assert method == "GET"
    answered = {"answers": {"lives_alone": False}}
    version = f'"{draft.data["step"]["version"]}"'
    headers = {"Authorization": header["Authorization"], "If-Match": version}
    draft._client.put(f"/api/v1{path}?final=false", json=answered, headers=headers)
    draft.answer("lives_alone", value=True)
    assert draft.data["saved"].startswith("已保存"), draft.data
    assert draft.data["values"]["lives_alone"] is True


def test_a_question_that_no_longer_applies_is_gone(draft):
    draft.answer("live_region", REGION)
    draft.answer("lives_alone", value=True)
    draft.tap("next")
    draft.answer("account_type", "bank_card")
    wide = {field["key"] for field in draft.data["step"]["fields"]}
    draft.answer("account_type", "social_card")
    assert {field["key"] for field in draft.data["step"]["fields"]} < wide


def test_a_policy_of_the_whole_country_asks_where_before_it_begins(known):
    known.open("pages/services/detail", service_id=SERVICE, region_code="000000")
    known.tap("begin")
    assert known.data["errors"] == {"region_code": ["请先选在哪里办，选到区县"]}
    assert known.log == []


def test_errors_of_a_step_stand_by_their_question(draft):
    draft.tap("next")
    assert draft.data["mode"] == "step"
    shown = {field["key"] for field in draft.data["step"]["fields"]}
    assert draft.data["errors"]
    assert {path.split(".")[0] for path in draft.data["errors"]} <= shown


def test_prefilled_values_carry_their_source(draft):
    read = [field for field in draft.data["step"]["fields"] if field["prefilled"]]
    assert read
    assert all(field["prefilled"]["source"] for field in read)


def test_the_prompt_is_asked_in_the_tap_itself_and_reported_afterwards(draft):
    fill(draft)
    draft.tap("submit")
    assert draft.data["canRemind"]
    draft.tap("remind")
    assert draft.log == ["subscribe", "request"]
    assert len(draft.subscribed[0]) <= 3
    assert asked(draft)[-1] == ("POST", "/me/subscriptions")
    assert draft.data["told"].startswith("好的")


def test_saying_no_to_reminders_is_no_failure(draft):
    draft.choices = "reject"
    fill(draft)
    draft.tap("submit")
    draft.tap("remind")
    assert draft.data["failure"] == ""
    assert "消息" in draft.data["told"]


def test_progress_tells_the_deadline_and_the_timeline(draft):
    fill(draft)
    draft.tap("submit")
    draft.open(DETAIL, application_id=draft.application)
    found = draft.data["found"]
    assert [entry["title"] for entry in found["timeline"]] == ["开始填写", "已提交"]
    assert "工作日" in found["deadline"] + found["clock"]
    assert draft.data["score"] == 0


def test_a_copy_of_ones_data_is_written_and_removed_on_leaving(known):
    known.tap("exportCopy")
    assert known.data["exported"], known.data
    assert known.person["name"] in known.written[0]
    known.tap("onUnload")
    assert [line.split()[0] for line in known.log] == ["unlink"]


def test_the_messages_page_says_what_became_of_each_push(known):
    known.open("pages/messages/index")
    assert known.data["read"], known.data
    assert all(message["delivery"].startswith("微信提醒：") for message in known.data["items"])


def test_searching_finds_the_service(elder):
    elder.open("pages/services/index")
    elder.tap("type", detail={"value": "高龄"})
    assert any("高龄" in item["name"] for item in elder.data["items"]), elder.data


def test_without_a_connection_the_page_says_so_and_offers_a_way_on(elder):
    elder.losses = 99
    elder.open("pages/home/index")
    assert "网络" in elder.data["failure"]
    elder.losses = 0
    elder.tap("retry")
    assert (elder.data["failure"], elder.data["ready"]) == ("", True)


def test_a_question_answered_on_the_page_changes_the_answer_at_once(phone_of):
    phone = become_known(phone_of("yuzhong_elder_level_unknown"))
    phone.open("pages/home/index")
    phone.tap("refresh")
    nearly = {match["id"]: match for match in phone.data["nearly"]}
    assert "残疾" in nearly[NURSING]["missing"]
    phone.open("pages/matches/detail", policy_id=NURSING)
    assert phone.data["outcome"]["text"] == "还差信息"
    (question,) = [one for one in phone.data["missing"] if one["fact"] == LEVEL]
    assert question["field"], question
    phone.tap("state", fact=LEVEL)
    assert phone.data["errors"][LEVEL]
    phone.tap("answer", detail={"key": LEVEL, "value": "2"})
    phone.tap("state", fact=LEVEL)
    assert phone.data["outcome"]["text"] == "您符合条件", phone.data


@pytest.fixture
def asked_again(known, clock):
    """Her phone eight days after she was told of a policy: the one question lies among her messages."""
    with atomic():
        runs.start(policies.published(ELDERLY))
    known.open("pages/home/index")
    known.tap("refresh")
    runs.advance_due()
    clock.advance(days=8)
    assert follow_ups.ask_due() > 0
    return known


def test_the_question_a_week_later_opens_from_its_message_and_takes_one_tap(asked_again):
    phone = asked_again
    phone.open("pages/messages/index")
    (place,) = [n for n, item in enumerate(phone.data["items"]) if "您申请了吗" in item["title"]]
    phone.tap("open", index=place)
    assert f"navigateTo /pages/matches/followup?policy_id={ELDERLY}" in phone.log
    phone.open("pages/matches/followup", policy_id=ELDERLY)
    assert phone.data["question"]["title"]
    phone.tap("answer", answer="will_apply")
    assert (phone.data["answered"], phone.data["failure"]) == ("will_apply", "")
    (_, _, sent), *_ = [one for one in phone.requests if one[1].endswith("/follow-up")]
    assert sent["Idempotency-Key"]
    phone.open("pages/matches/followup", policy_id=ELDERLY)
    assert (phone.data["ready"], phone.data["question"]) == (True, None)


def test_not_for_me_offers_to_say_that_the_information_is_wrong(asked_again):
    asked_again.open("pages/matches/followup", policy_id=ELDERLY)
    asked_again.tap("answer", answer="not_for_me")
    assert "不再提示" in asked_again.data["told"]
    asked_again.tap("objectTo")
    assert asked_again.log == [f"navigateTo /pages/matches/wrong?policy_id={ELDERLY}"]


def test_one_fact_is_picked_as_wrong_and_goes_to_the_department_that_stated_it(known):
    known.open("pages/home/index")
    known.tap("refresh")
    known.open("pages/matches/detail", policy_id=ELDERLY)
    known.tap("objectTo")
    assert known.log == [f"navigateTo /pages/matches/wrong?policy_id={ELDERLY}"]
    known.open("pages/matches/wrong", policy_id=ELDERLY)
    offered = {option["value"]: option["label"] for option in known.data["field"]["options"]}
    assert len(offered) > 2
    assert "说不清" in offered["every"]
    known.tap("send")
    assert known.data["errors"]["fact"]
    known.tap("choose", detail={"key": "fact", "value": "hukou_region"})
    known.tap("write", detail={"value": "我去年就迁走了"})
    known.tap("send")
    assert (known.data["sent"], known.data["failure"]) == (True, "")
    assert database.session.scalars(select(Dispute.name)).all() == ["hukou_region"]


def test_who_cannot_say_which_fact_is_wrong_has_all_of_them_looked_at(known):
    known.open("pages/home/index")
    known.tap("refresh")
    known.open("pages/matches/wrong", policy_id=ELDERLY)
    known.tap("choose", detail={"key": "fact", "value": "every"})
    known.tap("send")
    assert known.data["sent"], known.data
    assert {"birth_date", "hukou_region"} <= set(database.session.scalars(select(Dispute.name)))


def test_a_supplement_is_answered_and_two_stars_are_taken(draft, sign_in):
    fill(draft)
    draft.tap("submit")
    desk = Desk(sign_in.officer(department="11", region_code=REGION))
    assert desk.decide(draft.application, "accept") == "accepted"
    desk.decide(draft.application, "request_supplement", items=["补充居住证明"])
    draft.open("pages/applications/supplement", application_id=draft.application)
    assert draft.data["items"] == ["补充居住证明"]
    draft.tap("open", number=1)
    draft.tap("answered", detail={"key": "lives_alone", "value": False})
    draft.tap("write", detail={"value": "已到社区补交"})
    draft.tap("send")
    assert draft.data["sent"], draft.data
    assert desk.decide(draft.application, "approve") == "approved"
    draft.open(DETAIL, application_id=draft.application)
    draft.tap("pickStage", detail={"value": "conclusion"})
    draft.tap("rate")
    assert "先选一级" in draft.data["failure"]
    draft.tap("rated", detail={"score": 2, "tags": []})
    draft.tap("rate")
    assert [one["score"] for one in draft.data["ratings"]["given"]] == [2]


def test_a_write_without_a_key_is_never_sent_again_by_itself(elder):
    elder.open("pages/me/index")
    elder.tap("typeName", detail={"value": elder.person["name"]})
    elder.tap("typeNumber", detail={"value": elder.person["id_number"]})
    elder.losses = 1
    elder.tap("verify")
    assert asked(elder).count(("POST", "/auth/identity")) == 1
    assert "网络" in elder.data["failure"]


def test_the_days_to_come_say_what_begins_what_is_over_and_what_to_prepare(phone_of, clock):
    clock.set(datetime(2026, 11, 25, 2, 0, tzinfo=UTC))
    phone = become_known(phone_of("yuzhong_elder_level_unknown"))
    phone.open("pages/home/index")
    phone.tap("refresh")
    phone.open("pages/matches/upcoming")
    assert phone.data["ready"], phone.data
    assert phone.data["days"] == 90
    due = next(one for one in phone.data["ending"] if "高龄补贴" in one["title"])
    assert (due["badge"], due["day"], due["left"]) == ("需要续期", "2026年12月20日", "还有25天")
    assert "满12个月" in due["why"]
    phone.tap("open", url=due["link"])
    assert phone.log == ["navigateTo /pages/services/detail?service_id=svc-elder-allowance"]


def test_the_days_to_come_grow_with_care_mode(elder):
    elder.open("pages/home/index")
    elder.tap("toggleCare")
    elder.open("pages/matches/upcoming")
    assert (elder.data["care"], elder.data["ready"]) == (True, True)
    assert elder.data["beginning"] == []


@pytest.fixture
def granted(known, sign_in, tmp_path, catalogue):
    """Her phone on the grant that was just prepared for her (免申即享)."""
    load_service(tmp_path)
    known.open("pages/home/index")
    known.tap("refresh")
    known.office = Office(sign_in)
    known.office.publish()
    known.open("pages/matches/detail", policy_id=POLICY)
    known.tap("grant")
    assert known.log[-1] == f"navigateTo /pages/grants/detail?policy_id={POLICY}"
    known.open("pages/grants/detail", policy_id=POLICY)
    assert known.data["grant"], known.data
    return known


def test_a_grant_is_confirmed_by_one_tap_and_two_taps_are_one_case(granted):
    shown = granted.data["grant"]
    assert (shown["ready"], shown["label"], shown["amount"]) == (True, "待您确认，尚未提交", "一次性200元")
    assert all("，" in fact["source"] for fact in shown["facts"])
    granted.tap_twice("confirm")
    assert granted.data["receipt"]["number"].startswith(REGION)
    assert len([path for path in asked(granted) if path[1].endswith("/confirmation")]) == 1
    granted.open("pages/grants/detail", policy_id=POLICY)
    assert granted.data["grant"]["state"] == "confirmed"
    granted.tap("follow")
    assert granted.log[-1].startswith("navigateTo /pages/applications/detail?application_id=")


def test_a_grant_that_is_another_amount_by_now_is_shown_anew_before_it_is_confirmed(granted):
    granted.office.publish(benefit=BODY["benefit"] | {"amount": 260})
    granted.tap("confirm")
    assert "现在是一次性260元" in granted.data["failure"]
    assert (granted.data["grant"], granted.data["receipt"]) == (None, None)
    granted.tap("retry")
    assert granted.data["grant"]["amount"] == "一次性260元"
    granted.tap("confirm")
    assert granted.data["receipt"]


def test_a_grant_may_be_done_without_and_applied_for_all_the_same(granted):
    granted.tap("askWhy")
    granted.tap("refuse", reason="not_interested")
    assert granted.data["grant"]["state"] == "declined"
    granted.tap("apply")
    assert granted.log[-1].startswith("navigateTo /pages/services/detail?service_id=")
