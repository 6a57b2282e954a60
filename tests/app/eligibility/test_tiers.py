"""Which way somebody gets it, and on which facts that rests."""

import pytest

from app.catalogue import loading as services
from app.eligibility import runs, tiers
from app.foundation.transaction import atomic
from tests.app.eligibility.conftest import draft, learn
from tests.app.forms import answering

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


NAME = {"key": "name", "label": "姓名", "type": "text", "required": True, "prefill": "实名.姓名"}
PROMISE = {
    "key": "promise",
    "label": "我承诺以上属实",
    "type": "declaration",
    "required": True,
    "must_be": True,
}
ROOM = {"key": "room", "label": "门牌号", "type": "text", "required": True}


@pytest.mark.parametrize(
    ("fields", "typing"),
    [
        ([NAME, PROMISE], False),
        ([NAME, PROMISE, ROOM], True),
        ([NAME, PROMISE, ROOM | {"required": False}], False),
    ],
)
def test_a_form_that_fills_itself_in_needs_no_typing(fields, typing):
    assert tiers.needs_typing(answering.load([{"title": "核对", "fields": fields}])) is typing


def test_a_grant_whose_service_asks_for_typing_is_a_prefilled_application(resident, author, publish, body):
    with atomic():
        services.load()
    assert tiers.needs_typing(answering.FORMS[SERVICE])
    someone = resident()
    draft(author, body | {"mode": "免申即享", "benefit": CASH, "service_id": SERVICE})
    publish()
    runs.advance_due()
    assert (shown(someone)["outcome"], shown(someone)["tier"]) == ("eligible", "快申快享")


def test_the_rebate_that_enterprises_get_unasked_is_the_one_service_whose_form_fills_itself_in():
    ready = {name for name, form in answering.FORMS.items() if not tiers.needs_typing(form)}
    assert ready == {"svc-ui-rebate"}
