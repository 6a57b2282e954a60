"""Which way somebody gets it, and on which facts that rests."""

import pytest

from app.eligibility import runs
from app.foundation.transaction import atomic
from tests.app.eligibility.conftest import draft, learn

CASH = {"type": "cash", "amount": 200, "unit": "元", "frequency": "once"}
SERVICE = "svc-elder-allowance"


def shown(person, policy="cq-yuzhong-new"):
    return person.client.get(f"/api/v1/me/matches/{policy}").json


@pytest.mark.parametrize(
    ("change", "tier"),
    [
        ({"mode": "免申即享", "benefit": CASH}, "免申即享"),
        ({"mode": "免申即享", "benefit": {"type": "service"}}, "免申即享"),
        ({"mode": "免申即享", "benefit": CASH | {"ceiling": True}}, "需申请"),
        ({"mode": "免申即享", "benefit": CASH | {"ceiling": True}, "service_id": SERVICE}, "快申快享"),
        ({"mode": "快申快享", "benefit": CASH, "service_id": SERVICE}, "快申快享"),
        ({"mode": "快申快享", "benefit": CASH}, "需申请"),
        ({"mode": "申报即享", "benefit": CASH}, "申报即享"),
        ({"mode": "需申请", "benefit": CASH, "service_id": SERVICE}, "需申请"),
    ],
)
def test_what_is_certain_is_granted_and_what_is_not_is_applied_for(
    resident, author, publish, body, change, tier
):
    someone = resident()
    draft(author, body | change)
    publish()
    runs.advance_due()
    (message,) = someone.client.get("/api/v1/me/messages").json["items"]
    listed = someone.client.get("/api/v1/me/matches").json["items"][0]
    prefilled = f"/pages/services/detail?service_id={SERVICE}&policy_id=cq-yuzhong-new"
    opened = prefilled if tier == "快申快享" else "/pages/matches/detail?policy_id=cq-yuzhong-new"
    assert (shown(someone)["tier"], listed["tier"]) == (tier, tier)
    assert {shown(someone)["link"], listed["link"], message["link"]} == {opened}


def test_what_is_still_missing_something_is_not_granted(resident, author, publish, body):
    someone = resident(birth_date="1944-03-07")
    draft(author, body | {"mode": "免申即享", "benefit": CASH, "service_id": SERVICE})
    publish()
    runs.advance_due()
    assert (shown(someone)["outcome"], shown(someone)["tier"]) == ("undetermined", "快申快享")


def test_a_match_names_its_version_and_the_facts_it_rests_on_without_their_values(person, elder_facts):
    someone = person(**elder_facts)
    matched = shown(someone, "cq-disability-living")["matched"]
    assert (matched["rule_version"], matched["outcome"]) == (1, "eligible")
    facts = {used["fact"]: used for used in matched["facts"]}
    assert {"dibao", "hukou_region", "disability_cert_valid", "tekun"} <= set(facts)
    assert facts["dibao"] == {
        "fact": "dibao",
        "label": "最低生活保障对象",
        "source": "测试部门",
        "as_of": "2026-11-01",
    }
    assert "birth_date" not in facts  # this policy does not look at it


def test_an_age_is_named_by_the_date_it_comes_from(person, elder_facts):
    used = shown(person(**elder_facts), "cq-yuzhong-elder")["matched"]["facts"]
    assert [one["fact"] for one in used] == ["birth_date", "hukou_region"]


def test_the_same_values_said_again_on_another_day_leave_the_match_as_it_was(person, elder_facts):
    someone = person(**elder_facts)
    before = shown(someone, "cq-yuzhong-elder")["matched"]
    with atomic():
        learn(someone.id, **elder_facts)
    assert shown(someone, "cq-yuzhong-elder")["matched"] == before
