"""免申即享: filled in when it is opened, no case before the tap, one case after it, and only what was shown."""

import pytest

from app.foundation.transaction import atomic
from tests.app.eligibility.knowing import learn
from tests.blueprints.applications.granted import POLICY, PROMISE, Hand, Office, load_service

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
