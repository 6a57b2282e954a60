"""The real catalogue: every policy understood, nobody qualifies on nothing, worked cases as stated."""

from typing import Any

import pytest

from app.rules.amounts import assess_amount, parse_benefit
from app.rules.compilation import compile_condition
from app.rules.evaluation import evaluate
from app.rules.explanation import explain
from app.rules.syntax import dump, names_in, parse, walk
from app.rules.vocabulary import resolve_params
from tests.app.rules.catalogue import policies, real, worked_cases

EXPECTATIONS = [
    pytest.param(case, policy_id, expected, id=f"{case['name']}: {policy_id}")
    for case in worked_cases()["cases"]
    for policy_id, expected in case["expect"].items()
]


def region_of(facts: Any) -> str | None:
    return facts.get("residence_region") or facts.get("hukou_region") or facts.get("ent_region")


@pytest.mark.parametrize("policy_id", sorted(policies()))
def test_a_real_policy_is_understood_and_true_of_nobody_unknown(policy_id: str) -> None:
    policy = policies()[policy_id]
    node = parse(policy["conditions"], real(), policy["audience"], path="conditions")
    parse_benefit(policy["benefit"], real(), policy["audience"])
    assert parse(dump(node), real(), policy["audience"]) == node
    assert len(list(walk(node))) > len(names_in(node)) / 2
    for region in (None, "500103", "340100", "120104"):
        params = resolve_params(real(), region)
        explanation = explain(node, {}, as_of=worked_cases()["as_of"], params=params)
        assert explanation.truth is None
        assert explanation.missing


@pytest.mark.parametrize(("case", "policy_id", "expected"), EXPECTATIONS)
def test_a_worked_case_comes_out_as_stated(case: Any, policy_id: str, expected: Any) -> None:
    policy, facts, as_of = policies()[policy_id], case["facts"], worked_cases()["as_of"]
    params = resolve_params(real(), region_of(facts))
    node = parse(policy["conditions"], real(), policy["audience"])
    answer = evaluate(node, facts, as_of=as_of, params=params)
    assert compile_condition(node, as_of=as_of, params=params)(facts) is answer
    if expected == "unknown":
        assert answer is None
    elif isinstance(expected, bool):
        assert answer is expected
    else:
        benefit = parse_benefit(policy["benefit"], real(), policy["audience"])
        amount = assess_amount(benefit, facts, as_of=as_of, params=params)
        assert answer is True
        assert amount is not None
        assert amount.value == expected


def test_the_level_that_nobody_told_us_is_asked_and_then_decides() -> None:
    case = next(case for case in worked_cases()["cases"] if "unknown" in case["expect"].values())
    node = parse(policies()["tj-disability-nursing"]["conditions"], real())
    params, as_of = resolve_params(real(), "120104"), worked_cases()["as_of"]
    before = explain(node, case["facts"], as_of=as_of, params=params)
    assert before.missing == ("disability_level", "work_injury_nursing")
    told = {**case["facts"], "disability_level": 1, "work_injury_nursing": False}
    assert explain(node, told, as_of=as_of, params=params).truth is True
    assert explain(node, {**told, "disability_level": 3}, as_of=as_of, params=params).truth is False
