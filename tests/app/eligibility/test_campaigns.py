"""From match to phone: who is pushed, who is not and why, and an account that adds up."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.eligibility import dismissals, runs
from app.eligibility.models import News
from app.eligibility.types import Dismissal
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import ResidentId, Role
from app.notifications import delivery, subscriptions
from app.notifications import service as notifications
from app.residents import consents, profiles
from app.residents.types import Purpose, QuietHours
from app.wiring import residents
from tests.app.eligibility.campaigning import ABOUT_DIBAO, ELDER, adds_up, shanghai
from tests.app.eligibility.knowing import learn


def test_a_policy_is_told_once_per_subject_whatever_version_finds_them(town):
    person = town.person(accepts=2)
    town.publish()
    town.push()
    with atomic():
        learn(person.id, **{**ELDER, "birth_date": "2000-01-01"})
        database.session.execute(text("DELETE FROM eligibility_match"))
        learn(person.id, **ELDER)
        database.session.execute(text("DELETE FROM eligibility_match"))
    second = town.publish(version=2)
    town.push()
    assert len(town.phone(person)) == len(town.inbox(person)) == 1
    assert town.account(second)["suppressed"] == {"already_told": 1}


def test_several_new_matches_of_one_person_leave_as_one_push_and_are_all_in_the_inbox(town):
    person, other = town.person(accepts=2), town.person()
    first = town.publish("cq-one")
    second = town.publish("cq-two")
    town.publish("cq-three", region_code="500000")
    town.push()
    assert [shown["thing1"] for shown in town.phone(person)] == ["您可能符合3项惠民政策"]
    assert len(town.phone(other)) == 1
    items = town.inbox(person)
    assert {item["delivery"]["label"] for item in items} == {"微信已受理"}
    notes = Counter(item["delivery"]["note"] for item in items)
    assert notes == {None: 1, "与其他几项政策合并为一条微信通知": 2}
    assert town.account(first)["pushed"] == town.account(second)["pushed"] == {"accepted": 2}


def test_a_joined_push_that_did_not_leave_lets_the_others_stand_for_themselves_again(town, wechat):
    person = town.person()
    first, second = town.publish("cq-one"), town.publish("cq-two")
    wechat.post("faults", match={"path": "/cgi-bin/message/subscribe/send"}, effect={"errcode": -1}, count=1)
    town.push()
    assert town.account(first)["waiting"] == town.account(second)["waiting"] == {"queued": 1}
    town.clock.advance(minutes=1)
    with atomic():
        dismissals.dismiss(ResidentId(person.id), "cq-one", reason=Dismissal.NOT_INTERESTED)
    town.push()
    assert [shown["thing1"] for shown in town.phone(person)] == ["cq-two慰问金"]
    assert town.account(first)["in_app_only"] == {"dismissed": 1}
    assert town.account(second)["pushed"] == {"accepted": 1}


@pytest.mark.parametrize(
    ("hour", "minute", "begins"),
    [(21, 29, None), (21, 30, (16, 8)), (23, 59, (16, 8)), (3, 0, (15, 8)), (7, 59, (15, 8)), (8, 0, None)],
)
def test_nobody_who_chose_no_quiet_hours_is_pushed_between_half_past_nine_and_eight(
    town, hour, minute, begins
):
    person = town.person()
    town.clock.set(shanghai(15, hour, minute))
    town.publish()
    town.push()
    assert len(town.phone(person)) == (1 if begins is None else 0)
    if begins is not None:
        town.clock.set(shanghai(*begins) - timedelta(seconds=1))
        town.push()
        assert town.phone(person) == []
        town.clock.set(shanghai(*begins))
        town.push()
        assert len(town.phone(person)) == 1


def test_a_persons_own_quiet_hours_count_instead(town):
    owl, early = town.person(), town.person()
    with atomic():
        profiles.change(
            ResidentId(owl.id),
            {"quiet_hours": QuietHours(shanghai(1, 9).time(), shanghai(1, 12).time())},
            version=0,
        )
    town.clock.set(shanghai(15, 23))
    town.publish()
    town.push()
    assert (len(town.phone(owl)), len(town.phone(early))) == (1, 0)


def test_a_campaign_that_runs_into_the_night_stops_there(town):
    people = [town.person() for _ in range(2)]
    town.publish()
    town.clock.set(shanghai(15, 22))
    town.push()
    assert [town.phone(person) for person in people] == [[], []]


def test_a_person_is_pushed_about_policies_twice_a_week_and_finds_the_rest_in_the_app(town):
    person = town.person(accepts=5)
    accounts = []
    for name in ("cq-one", "cq-two", "cq-three"):
        accounts.append(town.publish(name))
        town.push()
        town.clock.advance(hours=1)
    assert len(town.phone(person)) == 2
    assert town.account(accounts[2])["in_app_only"] == {"weekly_cap": 1}
    assert town.note(person) == ("suppressed", "一周内已推送过两次政策，不再打扰您")
    town.clock.advance(days=7)
    town.publish("cq-four")
    town.push()
    assert len(town.phone(person)) == 3


def _lose(town, person):
    with atomic():
        learn(person.id, **{**ELDER, "birth_date": "2000-01-01"})


def _dismiss(town, person):
    with atomic():
        dismissals.dismiss(ResidentId(person.id), "cq-winter", reason=Dismissal.ALREADY_RECEIVED)


def _object(town, person):
    with atomic():
        dismissals.dismiss(ResidentId(person.id), "cq-winter", reason=Dismissal.INFORMATION_WRONG)


def _end(town, person):
    town.end()


def _refuse_personalised(town, person):
    with atomic():
        profiles.change(ResidentId(person.id), {"personalised": False}, version=0)


def _withdraw_push(town, person):
    with atomic():
        consents.withdraw(ResidentId(person.id), Purpose.PUSH)


def _withdraw_matching(town, person):
    with atomic():
        consents.withdraw(ResidentId(person.id), Purpose.MATCHING)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_lose, "match_lost"),
        (_dismiss, "dismissed"),
        (_object, "disputed"),
        (_end, "policy_ended"),
        (_refuse_personalised, "not_personalised"),
        (_withdraw_push, "no_consent"),
        (_withdraw_matching, "no_matching_consent"),
    ],
)
def test_what_is_not_true_or_not_wanted_any_more_is_not_pushed_and_says_why(town, change, reason):
    person, other = town.person(), town.person()
    run = town.publish()
    change(town, person)
    town.push()
    assert town.phone(person) == []
    assert town.note(person)[0] == "suppressed"
    assert town.account(run)["in_app_only"][reason] >= 1
    assert adds_up(town.account(run))
    assert len(town.phone(other)) == (0 if change is _end else 1)


def test_a_policy_that_is_over_before_its_push_could_leave_is_not_pushed(town):
    person = town.person()
    run = town.publish(valid_to="2026-06-15")
    town.clock.set(shanghai(16, 9))
    town.push()
    assert (town.phone(person), town.account(run)["in_app_only"]) == ([], {"expired": 1})


def test_who_wants_nothing_personal_or_waved_the_policy_away_is_told_nowhere(town):
    impersonal, weary = town.person(), town.person()
    town.publish(version=1)
    _refuse_personalised(town, impersonal)
    _dismiss(town, weary)
    with atomic():  # both fall out of it and come back
        database.session.execute(text("UPDATE eligibility_match SET outcome = 'ineligible'"))
        database.session.execute(text("DELETE FROM notification_message"))
    run = town.publish(version=2)
    assert town.account(run)["suppressed"] == {"not_personalised": 1, "dismissed": 1}
    assert town.inbox(impersonal) == town.inbox(weary) == []
    assert adds_up(town.account(run))


def test_a_sensitive_fact_pushes_nobody_without_the_consent_that_names_it_and_is_never_named(town):
    silent = town.person(dibao=True)
    open_to_it = town.person(dibao=True, allowed=(Purpose.MATCHING, Purpose.PUSH, Purpose.SENSITIVE_PUSH))
    run = town.publish("cq-dibao", conditions=ABOUT_DIBAO, title="低保对象取暖补贴")
    town.push()
    assert town.phone(silent) == []
    assert town.note(silent) == ("suppressed", "您没有同意把敏感信息用于政策提醒")
    (shown,) = town.phone(open_to_it)
    assert shown["thing1"] == "您可能符合一项补贴"
    assert "低保" not in str(shown)
    assert town.account(run)["in_app_only"] == {"no_sensitive_consent": 1}


def test_a_campaign_is_paused_resumed_and_cancelled_and_accounts_for_everybody(town):
    people = [town.person() for _ in range(3)]
    run = town.publish()
    assert town.account(run)["waiting"] == {"queued": 3}
    assert town.steer(run, "pause").json["campaign_state"] == "paused"
    town.push()
    assert [town.phone(person) for person in people] == [[]] * 3
    assert town.steer(run, "resume").json["campaign_state"] == "active"
    with atomic():
        _, progress = delivery._prepare(1)
    assert progress
    assert town.steer(run, "cancel").json["campaign_state"] == "cancelled"
    town.push()
    account = town.account(run)
    assert account["in_app_only"] == {"campaign_cancelled": 2}
    assert account["waiting"] == {"sending": 1}
    assert adds_up(account)
    assert town.steer(run, "resume").json["code"] == "campaign.over"
    assert {item["delivery"]["label"] for person in people for item in town.inbox(person)} >= {
        "未发微信，仅在站内"
    }


def test_what_is_found_after_a_campaign_was_cancelled_is_told_nowhere(town):
    person = town.person()
    run = town.publish(run=False)
    town.steer(run, "cancel")
    runs.advance_due()
    assert town.account(run)["suppressed"] == {"campaign_cancelled": 1}
    assert town.inbox(person) == []


def test_a_paused_campaign_holds_up_no_other(town):
    person = town.person(accepts=2)
    waiting = town.publish("cq-one")
    town.steer(waiting, "pause")
    town.publish("cq-two")
    town.push()
    assert [shown["thing1"] for shown in town.phone(person)] == ["cq-two慰问金"]


def test_every_way_of_not_being_pushed_stands_in_the_account_and_it_adds_up(town):
    town.person()
    town.person(accepts=0)
    town.person(allowed=(Purpose.MATCHING,))
    _refuse_personalised(town, town.person())
    gone = town.person()
    run = town.publish()
    town.push()
    with atomic():
        residents.erased.send(ResidentId(gone.id))
    account = town.account(run)
    assert account["newly_eligible"] == 5
    assert account["pushed"] == {"accepted": 1}
    assert account["in_app_only"] == {"no_credit": 1, "no_consent": 1}
    assert account["suppressed"] == {"not_personalised": 1}
    assert account["erased"] == 1
    assert adds_up(account)
    assert database.session.scalar(select(func.count()).where(News.resident_id == gone.id)) == 0


def test_only_those_who_may_and_whose_region_it_is_see_or_steer_a_campaign(town, sign_in):
    run = town.publish()
    author = sign_in.officer(Role.POLICY_AUTHOR, region_code="500000").client
    stranger = sign_in.officer(Role.POLICY_APPROVER, region_code="340000").client
    path = f"/api/v1/staff/match-runs/{run}/campaign"
    assert author.get(path).status_code == 200
    assert town.steer(run, "pause", author).status_code == 403
    assert stranger.get(path).status_code == town.steer(run, "pause", stranger).status_code == 404
    assert sign_in.resident().client.get(path).status_code in {401, 403}
    town.steer(run, "pause")
    kept = database.session.execute(
        text("SELECT details FROM audit_entry WHERE action = 'campaign.pause'")
    ).scalar_one()
    assert kept == {"reason": "测试"}


def test_an_urgent_notice_waits_for_no_campaign_and_for_no_cap(town):
    people = [town.person() for _ in range(6)]
    town.publish()
    with atomic():
        subscriptions.accepted(ResidentId(people[5].id), "case_decided")
        notifications.notify(ResidentId(people[5].id), _decided())
    with atomic():
        (first, *_), _ = delivery._prepare(3)
    assert first.page.startswith("pages/applications/detail")


def _decided():
    values = {
        "thing1": "高龄津贴申领",
        "phrase2": "已通过",
        "time3": "2026年6月15日 10:00",
        "thing4": "点开可查看",
    }
    return notifications.Notice(
        template="case_decided",
        event_key="case:1",
        title="高龄津贴申领：已通过",
        body="已通过",
        values=values,
        page_params={"application_id": "1"},
        lane=notifications.Lane.URGENT,
    )


def test_a_wrong_fact_is_disputed_at_its_department_and_the_match_is_kept(town):
    person = town.person(accepts=0)
    town.publish()
    path = "/api/v1/me/matches/cq-winter/dismissal"
    assert person.client.post(path, json={"reason": "information_wrong"}).status_code == 204
    disputes = person.client.get("/api/v1/me/facts").json["items"]
    assert [item["name"] for item in disputes if item["disputed"]] == ["birth_date"]
    assert "cq-winter" in str(person.client.get("/api/v1/me/matches").json)
    named = {"reason": "information_wrong", "fact": "hukou_region", "comment": "我的户口早就迁走了"}
    assert person.client.post(path, json=named).status_code == 204
    disputes = person.client.get("/api/v1/me/facts").json["items"]
    assert {item["name"] for item in disputes if item["disputed"]} == {"birth_date", "hukou_region"}


def test_where_no_department_said_anything_there_is_nothing_to_dispute(town):
    person = town.person(accepts=0)
    town.publish()
    body = {"reason": "information_wrong", "fact": "dibao"}
    reply = person.client.post("/api/v1/me/matches/cq-winter/dismissal", json=body)
    assert (reply.status_code, reply.json["code"]) == (409, "resident.nothing_to_dispute")


def test_the_account_is_one_statement_however_many_people_it_is_about(town, query_budget):
    run = town.publish()
    town.account(run)
    with query_budget(8):
        town.account(run)
