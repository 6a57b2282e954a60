"""免申即享: filled in when it is opened, no case before the tap, one case after it, only what was shown."""

import pytest
from sqlalchemy import func, select

from app.applications import granting, last_days
from app.applications.models import Case, Grant
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import Role
from app.residents import consents, events
from app.residents.models import Dispute
from app.residents.types import Purpose
from tests.app.eligibility.knowing import learn
from tests.blueprints.applications.errands import in_a_thread, key, match
from tests.blueprints.applications.granted import (
    BODY,
    GRANTS,
    POLICY,
    PROMISE,
    SERVICE,
    Hand,
    Office,
    load_service,
)

ELDER = {"birth_date": "1944-03-07", "hukou_region": "500103"}


@pytest.fixture
def office(sign_in, tmp_path):
    load_service(tmp_path)
    return Office(sign_in)


@pytest.fixture
def hand(verified, registries, office):
    """渝中区82岁的老人, for whom a policy of 免申即享 was just published."""
    person = verified("yuzhong_elder")
    with atomic():
        learn(person.id, **ELDER)
    office.publish()
    return Hand(person)


def test_what_is_granted_is_filled_in_when_it_is_opened_and_says_on_what_it_rests(hand) -> None:
    (offer,) = hand.listed()
    assert (offer["policy"]["id"], offer["amount"]["text"]) == (POLICY, "一次性200元")
    assert offer["link"] == f"/pages/grants/detail?policy_id={POLICY}"
    grant = hand.read()
    assert (grant["state"], grant["ready"], grant["rule_version"]) == ("prepared", True, 1)
    assert [(one["fact"], one["source"]) for one in grant["facts"]] == [
        ("birth_date", "测试部门"),
        ("hukou_region", "测试部门"),
    ]
    shown = {one["key"]: one for one in grant["steps"][0]["answers"]}
    assert shown["hukou"]["display"] == "重庆市渝中区"
    assert shown["id_no"]["display"] != hand.person.id
    assert "promise" not in shown
    assert grant["declared"] == [PROMISE, "点“确认领取”即以您的实名电子签名"]


def test_before_the_tap_it_is_no_case_and_no_office_has_it(hand, desk) -> None:
    hand.read()
    assert hand.client.get("/api/v1/applications").json["items"] == []
    assert desk.tasks() == []


def test_one_tap_makes_a_case_that_says_where_it_came_from(hand, desk) -> None:
    receipt = hand.confirmed()
    case = hand.case(receipt)
    assert (case["status"], case["policy_id"], case["receipt_no"]) == (
        "submitted",
        POLICY,
        receipt["receipt_no"],
    )
    assert receipt["deadline"] == case["due_on"]
    assert [entry["title"] for entry in case["timeline"]] == ["已备好，待确认", "已确认并提交"]
    assert "免申即享，政策第1版，一次性200元" in case["timeline"][1]["text"]
    (task,) = desk.tasks()
    answers = {one["key"]: one["display"] for one in desk.read(task["id"])["answers"][0]["answers"]}
    assert (answers["sign"], answers["hukou"]) == ("陈渝珍", "重庆市渝中区")
    assert hand.listed() == []
    assert (hand.read()["state"], hand.read()["application_id"]) == ("confirmed", case["id"])


def code(reply):
    return reply.status_code, reply.json["code"]


def test_a_second_tap_gets_the_same_receipt_under_the_same_key_or_another(hand) -> None:
    grant, once = hand.read(), key()
    first, replayed, other = hand.tap(grant, **once), hand.tap(grant, **once), hand.tap(grant)
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert first.json == replayed.json == other.json
    assert len(hand.client.get("/api/v1/applications").json["items"]) == 1


def test_the_tap_needs_a_key_and_the_version_that_was_shown(hand) -> None:
    grant = hand.read()
    path = f"{GRANTS}/{grant['id']}/confirmation"
    assert hand.client.post(path, headers=match(1)).status_code == 400
    assert hand.client.post(path, headers=key()).status_code == 400
    assert hand.tap(grant, version=7).status_code == 412
    assert hand.listed() != []


def test_another_amount_is_shown_anew_before_it_is_confirmed(hand, office) -> None:
    before = hand.read()
    office.publish(benefit=BODY["benefit"] | {"amount": 260})
    refused = hand.tap(before)
    assert code(refused) == (409, "grant.changed")
    assert "金额原来是一次性200元，现在是一次性260元" in refused.json["message"]
    assert hand.client.get("/api/v1/applications").json["items"] == []
    now = hand.read()
    assert (now["version"], now["rule_version"], now["amount"]["value"]) == (2, 2, "260.00")
    assert hand.tap(now).status_code == 201


def test_who_fits_no_more_cannot_confirm_and_is_told_why(hand) -> None:
    grant = hand.read()
    with atomic():
        learn(hand.person.id, **ELDER | {"hukou_region": "500105"})
    refused = hand.tap(grant)
    assert code(refused) == (409, "grant.lost")
    assert "渝中区" in refused.json["message"]
    assert code(hand.get()) == (409, "grant.lost")
    assert hand.listed() == []


def test_a_birthday_that_undoes_it_is_seen_although_nobody_matched_since(hand, office, clock) -> None:
    office.publish(valid_to="2026-06-30")
    grant = hand.read()
    clock.advance(days=16)
    assert code(hand.tap(grant))[0] in {404, 409}
    assert code(hand.get()) == (409, "grant.lost")
    assert hand.listed() == []


def test_without_the_consent_to_matching_there_is_nothing_to_confirm(hand, session) -> None:
    grant = hand.read()
    with atomic():
        consents.withdraw(hand.person.id, Purpose.MATCHING)
    assert hand.listed() == []
    assert code(hand.tap(grant)) == (404, "grant.not_found")
    assert code(hand.get()) == (404, "grant.not_found")
    assert session.scalars(select(Grant)).all() == []


@pytest.mark.parametrize("purpose", [Purpose.PREFILL, Purpose.CERTIFICATES])
def test_what_was_read_under_a_consent_goes_with_it(hand, session, purpose) -> None:
    grant = hand.read()
    with atomic():
        consents.withdraw(hand.person.id, purpose)
    assert session.scalars(select(Grant)).all() == []
    assert hand.tap(grant).status_code == 404
    assert hand.read()["ready"] is (purpose is Purpose.PREFILL)


def test_what_no_source_knows_has_to_be_applied_for(hand, registries) -> None:
    registries.post("faults", department="certificates", effect="down")
    grant = hand.read()
    assert (grant["ready"], grant["missing"]) == (False, ["户籍所在地"])
    assert code(hand.tap(grant)) == (409, "grant.incomplete")


def test_a_refusal_is_for_good_whatever_is_matched_later(hand, office) -> None:
    grant = hand.read()
    assert hand.refuse(grant, reason="not_interested").status_code == 204
    assert hand.refuse(grant, reason="not_interested").status_code == 204
    assert (hand.read()["state"], hand.listed()) == ("declined", [])
    assert code(hand.tap(grant)) == (409, "grant.declined")
    for known in (ELDER | {"hukou_region": "500105"}, ELDER):
        with atomic():
            learn(hand.person.id, **known)
    office.publish(benefit=BODY["benefit"] | {"amount": 900})
    assert (hand.read()["state"], hand.listed()) == ("declined", [])


def test_wrong_information_is_a_dispute_and_what_was_confirmed_is_not_refused(hand, session) -> None:
    grant = hand.read()
    body = {"reason": "information_wrong", "fact": "hukou_region", "comment": "我的户口已迁出"}
    assert hand.refuse(grant, **body).status_code == 204
    assert session.scalars(select(Dispute.name)).all() == ["hukou_region"]


def test_a_confirmed_grant_cannot_be_refused(hand) -> None:
    grant = hand.read()
    hand.confirmed()
    assert code(hand.refuse(grant, reason="not_interested")) == (409, "application.not_allowed_now")


def test_somebody_elses_grant_is_not_there(hand, verified) -> None:
    grant, other = hand.read(), Hand(verified("hefei_owner"))
    assert other.listed() == []
    assert other.get().status_code in {404, 409}
    assert code(other.tap(grant)) == (404, "grant.not_found")
    assert code(other.refuse(grant, reason="not_interested")) == (404, "grant.not_found")


def test_what_was_shown_stands_for_an_hour_and_its_copy_for_a_day(hand, clock, session) -> None:
    first, again = hand.read(), hand.read()
    assert again == first
    clock.advance(hours=2)
    later = hand.read()
    assert (later["id"], later["version"]) == (first["id"], 2)
    clock.advance(hours=25)
    assert code(hand.tap(later)) == (404, "grant.not_found")
    with atomic():
        granting.forget_old()
    assert session.scalars(select(Grant)).all() == []
    assert hand.read()["ready"]


def test_a_draft_begun_by_hand_stays_a_draft_beside_what_is_confirmed(hand) -> None:
    body = {"service_id": SERVICE, "region_code": "500103"}
    begun = hand.client.post("/api/v1/applications", json=body).json
    receipt = hand.confirmed()
    assert hand.case(receipt)["status"] == "submitted"
    assert hand.client.get(f"/api/v1/applications/{begun['id']}").json["status"] == "draft"
    reply = hand.client.post(f"/api/v1/applications/{begun['id']}/withdrawal", json={})
    assert reply.status_code == 200


def test_what_an_office_has_already_is_not_offered(hand) -> None:
    body = {"service_id": SERVICE, "region_code": "500103"}
    begun = hand.client.post("/api/v1/applications", json=body).json
    grant = hand.read()
    address = f"/api/v1/applications/{begun['id']}"
    answers = {"by_card": True, "promise": True, "sign": {"kind": "typed", "text": "陈渝珍"}}
    saved = hand.client.put(f"{address}/steps/1", json={"answers": answers}, headers=match(begun["version"]))
    assert saved.json["errors"] == {}
    assert hand.client.post(f"{address}/submission", headers=key()).status_code == 201
    assert hand.listed() == []
    assert code(hand.tap(grant)) == (409, "application.already_open")
    assert hand.read()["state"] == "prepared"


def test_who_leaves_is_forgotten_but_for_what_became_a_case(hand, session) -> None:
    hand.read()
    with atomic():
        events.erased.send(hand.person.id)
    assert session.scalars(select(Grant)).all() == []


def test_fifty_taps_of_two_phones_are_one_case(verified, registries, sign_in, tmp_path, together) -> None:
    load_service(tmp_path)
    person = verified("yuzhong_elder")
    with atomic():
        learn(person.id, **ELDER)
    Office(sign_in).publish()
    hand = Hand(person)
    grant = hand.read()

    def tap(_):
        other = Hand(person)
        other.client = in_a_thread(hand.client, person.token)
        return other.tap(grant)

    replies = together(tap, times=20)
    answered = [reply for reply in replies if reply.status_code == 201]
    assert {reply.status_code for reply in replies} <= {201, 503}
    assert len(answered) >= 15
    assert len({reply.json["receipt_no"] for reply in answered}) == 1
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(Case)) == 1


def test_listing_opening_and_confirming_stay_within_ten_statements(hand, cold, session) -> None:
    assert cold(hand.client, "GET", GRANTS) <= 6
    assert cold(hand.client, "GET", f"{GRANTS}/{POLICY}") <= 10
    grant = hand.read()
    path = f"{GRANTS}/{grant['id']}/confirmation"
    hand.client.environ_base["HTTP_IF_MATCH"] = '"1"'
    assert cold(hand.client, "POST", path) <= 10


def last_days_messages(hand):
    found = hand.client.get("/api/v1/me/messages").json["items"]
    return [one for one in found if "截止" in one["title"]]


def test_who_has_not_confirmed_is_told_once_before_the_policy_ends(hand, office, clock) -> None:
    office.publish(valid_to="2026-06-30")
    last_days.remind_due()
    assert last_days_messages(hand) == []
    clock.advance(days=9)
    assert last_days.remind_due() == 1
    assert last_days.remind_due() == 0
    (message,) = last_days_messages(hand)
    assert "2026年6月30日" in message["title"]
    assert message["link"] == f"/pages/grants/detail?policy_id={POLICY}"


@pytest.mark.parametrize("decide", ["confirm", "refuse", "dismiss"])
def test_who_has_decided_is_not_told_that_it_ends(hand, office, clock, decide) -> None:
    office.publish(valid_to="2026-06-30")
    if decide == "confirm":
        hand.confirmed()
    elif decide == "refuse":
        hand.refuse(hand.read(), reason="already_received")
    else:
        body = {"reason": "not_interested"}
        hand.client.post(f"/api/v1/me/matches/{POLICY}/dismissal", json=body)
    clock.advance(days=9)
    assert last_days.remind_due() == 0


def test_operations_see_how_many_could_be_confirmed_and_what_became_of_them(hand, sign_in) -> None:
    operator = sign_in.officer(Role.OPERATOR, region_code="500000").client

    def grants():
        return operator.get("/api/v1/ops/summary").json["grants"]

    assert grants() == {"grantable": 1, "prepared": 0, "confirmed": 0, "declined": 0}
    hand.read()
    assert grants() == {"grantable": 1, "prepared": 1, "confirmed": 0, "declined": 0}
    hand.confirmed()
    assert grants() == {"grantable": 1, "prepared": 0, "confirmed": 1, "declined": 0}
