"""Every policy has worked cases written from its text; no small change of a rule goes unnoticed by them."""

from datetime import date
from typing import Any

import pytest

from app.eligibility import loading
from app.eligibility.assessment import region_of, region_params
from app.eligibility.definition import read_policy
from app.eligibility.errors import PolicyFaulty
from app.eligibility.types import Outcome, Policy
from app.eligibility.worked_cases import WorkedCase, check_policy, disagreement, read_cases
from app.foundation.transaction import atomic
from app.rules.compilation import compile_condition
from app.rules.evaluation import evaluate
from config import files
from tests.app.eligibility.mutations import mutants

BODIES: dict[str, dict[str, Any]] = {raw["id"]: loading.plain(raw) for raw in files.read_all("policies")}
RECORDS = {record["id"]: record for record in files.read_all("worked_cases")}
ELDER = "cq-yuzhong-elder"

EARLIER_TIER = "an earlier tier takes them first"
BELOW_THE_CONDITION = "the policy's own condition keeps them out"
EXPRESSION = "the expression says what is paid; the rate is only shown"
CANNOT_APPLY = "the catalogue says that the next fact cannot apply without this one (applicable_if)"
UNNOTICEABLE = {
    "ah-elder-allowance: benefit.tiers.1.when.value [80, 99] → [79, 99]": BELOW_THE_CONDITION,
    "ah-elder-allowance: benefit.tiers.1.when.value [80, 99] → [80, 100]": EARLIER_TIER,
    "cn-care-coupon: conditions.all without 0": CANNOT_APPLY,
    "cn-care-coupon: conditions.all.0.value 60 → 59": CANNOT_APPLY,
    "cn-cit-small-profit: benefit.amount 5 → 4": EXPRESSION,
    "cn-cit-small-profit: benefit.amount 5 → 6": EXPRESSION,
    "cn-disabled-fund-relief: benefit.tiers.2.when.op lt → le": EARLIER_TIER,
    "cn-disabled-fund-relief: benefit.tiers.2.when.value 1 → 1.01": EARLIER_TIER,
    "cn-flexible-subsidy-graduate: conditions.all without 0": CANNOT_APPLY,
    "cn-flexible-subsidy-graduate: conditions.all without 2": CANNOT_APPLY,
    "cn-maternity-allowance: conditions.all without 0": CANNOT_APPLY,
    "cn-rural-fp-award: conditions.all without 1": CANNOT_APPLY,
    "cn-skill-upgrade-2026: benefit.tiers.2.when.value 3 → 4": EARLIER_TIER,
    "cn-unemployment-benefit: benefit.tiers.0.when.value [12, 59] → [11, 59]": BELOW_THE_CONDITION,
    "cn-unemployment-benefit: benefit.tiers.1.when.value [60, 119] → [59, 119]": EARLIER_TIER,
    "cn-unemployment-benefit: benefit.tiers.2.when.value 120 → 119": EARLIER_TIER,
    "cn-veteran-selfemployed-tax: conditions.all without 0": CANNOT_APPLY,
    "cq-disability-nursing: conditions.all without 1": CANNOT_APPLY,
    "cq-startup-loan: conditions.all without 1": CANNOT_APPLY,
    "cq-yuzhong-elder: benefit.tiers.1.when.value [90, 99] → [90, 100]": EARLIER_TIER,
    "cq-yuzhong-elder: benefit.tiers.2.when.value [80, 89] → [79, 89]": BELOW_THE_CONDITION,
    "cq-yuzhong-elder: benefit.tiers.2.when.value [80, 89] → [80, 90]": EARLIER_TIER,
    "tj-disability-living: benefit.tiers.1.when.value 3 → 2": EARLIER_TIER,
    "tj-disability-nursing: conditions.all without 1": CANNOT_APPLY,
    "tj-elder-meal: conditions.all.1.any.1.all without 0": CANNOT_APPLY,
    "tj-elder-meal: conditions.all.1.any.1.all.0.value 60 → 59": CANNOT_APPLY,
}
"""Changes that change no answer, and what already says the same."""


def policy(body: dict[str, Any]) -> Policy:
    return read_policy(body, version=1)


def cases(policy_id: str) -> tuple[WorkedCase, ...]:
    found, faults = read_cases(RECORDS[policy_id], policy(BODIES[policy_id]).audience)
    assert not faults
    return found


def noticed(body: dict[str, Any], worked: tuple[WorkedCase, ...]) -> bool:
    try:
        changed = policy(body)
    except PolicyFaulty:
        return True
    return any(disagreement(changed, case) for case in worked)


def test_every_policy_has_its_worked_cases_and_no_case_is_about_nothing() -> None:
    assert set(RECORDS) == set(BODIES)


@pytest.mark.parametrize("policy_id", sorted(BODIES))
def test_the_worked_cases_of_a_policy_come_out_as_they_say(policy_id: str) -> None:
    assert check_policy(policy(BODIES[policy_id]), RECORDS.get(policy_id)) == {}


@pytest.mark.parametrize("policy_id", sorted(BODIES))
def test_no_small_change_of_a_policy_goes_unnoticed(policy_id: str) -> None:
    worked = cases(policy_id)
    tried = {f"{policy_id}: {change}": body for change, body in mutants(BODIES[policy_id])}
    unseen = {change for change, body in tried.items() if not noticed(body, worked)}
    assert len(tried) > 4
    assert unseen == {change for change in UNNOTICEABLE if change.startswith(f"{policy_id}: ")}


@pytest.mark.parametrize("policy_id", sorted(BODIES))
def test_the_compiled_rule_answers_the_worked_cases_as_the_definition_does(policy_id: str) -> None:
    conditions = policy(BODIES[policy_id]).conditions
    for case in cases(policy_id):
        params = region_params(region_of(case.facts))
        compiled = compile_condition(conditions, as_of=case.as_of, params=params)(case.facts)
        assert compiled is evaluate(conditions, case.facts, as_of=case.as_of, params=params)


def elder(**changes: Any) -> dict[str, list[str]]:
    return check_policy(policy(BODIES[ELDER]), RECORDS[ELDER] | changes)


def of_outcome(*outcomes: Outcome) -> list[Any]:
    return [case for case in RECORDS[ELDER]["cases"] if case["expect"] in outcomes]


def test_a_policy_without_worked_cases_is_refused() -> None:
    assert "缺少样例" in check_policy(policy(BODIES[ELDER]), None)["worked_cases"][0]


@pytest.mark.parametrize(
    ("left_out", "label"), [(Outcome.ELIGIBLE, "符合"), (Outcome.UNDETERMINED, "还差信息")]
)
def test_one_case_of_each_outcome_is_asked_for(left_out: Outcome, label: str) -> None:
    kept = of_outcome(*(set(Outcome) - {left_out}))
    assert elder(cases=kept) == {"worked_cases": [f"样例里缺少结论为“{label}”的一例"]}


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"name": "甲", "expect": "ineligible"}, "甲：应为“不符合”，规则算出“符合”"),
        ({"name": "甲", "expect": "eligible"}, "甲：待遇有金额，样例要写 amount"),
        ({"name": "甲", "expect": "eligible", "amount": 601}, "甲：应为601，规则算出600.00（600元/年）"),
        ({"name": "甲", "expect": "eligible", "amount": "待定"}, "甲：应为待定，规则算出600.00（600元/年）"),
        (
            {"name": "甲", "expect": "eligible", "amount": 600, "says": "600元/月"},
            "甲：应说“600元/月”，规则说“600元/年”",
        ),
        (
            {
                "name": "甲",
                "facts": {"hukou_region": None},
                "expect": "undetermined",
                "missing": ["birth_date"],
            },
            "甲：应缺少birth_date，规则算出缺少hukou_region",
        ),
    ],
)
def test_a_case_that_comes_out_otherwise_says_what_was_expected_and_what_came(case: Any, said: str) -> None:
    assert elder(cases=[*RECORDS[ELDER]["cases"], case]) == {
        f"worked_cases.{len(RECORDS[ELDER]['cases'])}": [said]
    }


@pytest.mark.parametrize(
    ("case", "place"),
    [
        ({"name": "乙", "facts": {"hukuo_region": "500103"}, "expect": "ineligible"}, ".facts.hukuo_region"),
        ({"name": "乙", "facts": {"age": 80}, "expect": "eligible", "amount": 600}, ".facts.age"),
        ({"name": "乙", "facts": {"birth_date": "1946"}, "expect": "ineligible"}, ".facts.birth_date"),
        ({"name": "乙", "expect": "yes"}, ""),
        ({"name": "乙", "expect": "undetermined"}, ""),
        ({"name": "乙", "expect": "ineligible", "amount": 0}, ""),
        ({"name": "乙", "expect": "eligible", "amount": "六百"}, ""),
        ({"name": "乙", "expect": "eligible", "amount": 600, "as_of": "明天"}, ""),
        ({"name": "乙", "expects": "eligible"}, ""),
        ("乙", ""),
    ],
)
def test_a_case_that_is_written_wrongly_is_refused_with_its_place(case: Any, place: str) -> None:
    assert list(elder(cases=[case])) == [f"worked_cases.0{place}"]


def test_a_release_with_one_policy_that_breaks_its_cases_publishes_nothing(session, monkeypatch) -> None:
    changed = [
        raw | ({"valid_from": date(2021, 1, 1)} if raw["id"] == ELDER else {})
        for raw in files.read_all("policies")
    ]
    monkeypatch.setattr(files, "read_all", lambda _: changed)
    with pytest.raises(PolicyFaulty) as refused, atomic():
        loading.load_policies()
    assert list(refused.value.errors) == [f"{ELDER}.worked_cases.{len(RECORDS[ELDER]['cases']) - 1}"]


def test_a_policy_of_the_release_without_worked_cases_does_not_load(session, monkeypatch) -> None:
    another = files.read_all("policies")[0] | {"id": "no-cases-written"}
    monkeypatch.setattr(files, "read_all", lambda _: [another])
    with pytest.raises(PolicyFaulty) as refused, atomic():
        loading.load_policies()
    assert list(refused.value.errors) == ["no-cases-written.worked_cases"]
