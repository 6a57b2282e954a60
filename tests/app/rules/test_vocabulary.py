"""The fact catalogue is checked as strictly as a rule; the nearest area gives the parameter."""

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.rules.faults import RuleFaults
from app.rules.types import Asking, Derivation, Fact
from app.rules.vocabulary import build_vocabulary, resolve_params
from tests.app.rules.catalogue import SMALL_FACTS, SMALL_PARAMS, real, small


def refused(facts: Any, params: Any = SMALL_PARAMS) -> dict[str, str]:
    with pytest.raises(RuleFaults) as refusal:
        build_vocabulary(facts, params)
    return {fault.path: fault.message for fault in refusal.value.faults}


def with_fact(**changes: Any) -> Any:
    """The small catalogue with its second fact (家庭人数) changed."""
    facts: Any = deepcopy(SMALL_FACTS)
    facts["facts"][1].update(changes)
    return facts


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "dibao"}, "facts[1].name"),
        ({"name": "家庭 人数"}, "facts[1].name"),
        ({"name": "rate"}, "facts[1].name"),
        ({"name": None}, "facts[1].name"),
        ({"label": ""}, "facts[1].label"),
        ({"type": "number"}, "facts[1].type"),
        ({"type": "opaque"}, "facts[1].type"),
        ({"type": "enum"}, "facts[1].values"),
        ({"values": [1, 2]}, "facts[1].values"),
        ({"labels": ["一级"]}, "facts[1].labels"),
        ({"subject": "parents"}, "facts[1].subject"),
        ({"how": "guess"}, "facts[1].how"),
        ({"min": "多"}, "facts[1].min"),
        ({"max": float("nan")}, "facts[1].max"),
        ({"derived_from": "income"}, "facts[1].derived_from"),
        ({"derived_from": "child_born", "unit": "月"}, "facts[1].derived_from"),
        ({"derived_from": "born", "unit": "人"}, "facts[1].derived_from"),
        ({"applicable_if": {"fact": "nobody", "op": "eq", "value": 1}}, "facts[1].applicable_if.fact"),
        ({"applicable_if": {"fact": "size", "op": "gt", "value": 0}}, "facts"),
        ({"applicable_if": {"fact": "jobless_months", "op": "gt", "value": 0}}, None),
    ],
)
def test_a_wrong_fact_is_refused_at_its_place(changes: dict[str, Any], path: str | None) -> None:
    if path is None:
        assert build_vocabulary(with_fact(**changes), SMALL_PARAMS).facts["person"]["size"].applicable_if
    else:
        assert path in refused(with_fact(**changes))


def test_facts_that_apply_only_if_one_another_applies_are_a_circle() -> None:
    facts = with_fact(applicable_if={"fact": "jobless", "op": "eq", "value": True})
    facts["facts"][8]["applicable_if"] = {"fact": "size", "op": "gt", "value": 0}
    assert "size" in refused(facts)["facts"]


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"p": {"by_region": {"50": 1}}}, "params.p.by_region.50"),
        ({"p": {"by_region": {"500000": "很多"}}}, "params.p.by_region.500000"),
        ({"p": {"by_region": {"500000": float("nan")}}}, "params.p.by_region.500000"),
        ({"p": {"by_region": {"500000": []}}}, "params.p.by_region.500000"),
        ({"p": {"by_region": {"500000": [{"value": 1}]}}}, "params.p.by_region.500000.0.from"),
        (
            {"p": {"by_region": {"500000": [{"from": "2025-07-01", "value": "很多"}]}}},
            "params.p.by_region.500000.0.value",
        ),
        (
            {
                "p": {
                    "by_region": {
                        "500000": [{"from": "2025-07-01", "value": 1}, {"from": "2025-07-01", "value": 2}]
                    }
                }
            },
            "params.p.by_region.500000.1.from",
        ),
        ({"p": {}}, "params.p.by_region"),
        ({"size": {"by_region": {}}}, "params.size"),
        ({"rate": {"by_region": {}}}, "params.rate"),
        (["p"], "params"),
        ({1: {}}, "params"),
    ],
)
def test_a_wrong_parameter_is_refused_at_its_place(params: Any, path: str) -> None:
    assert path in refused(SMALL_FACTS, params)


@pytest.mark.parametrize(
    "facts", [None, [], "facts", {"facts": {}}, {"facts": [3]}, {"lists": [], "facts": []}]
)
def test_something_that_is_no_catalogue_is_refused(facts: Any) -> None:
    assert refused(facts)


def test_a_list_belongs_to_somebody_known() -> None:
    facts: Any = deepcopy(SMALL_FACTS)
    facts["lists"]["toys"]["subject"] = "toys"
    assert "lists.toys.subject" in refused(facts)


@pytest.mark.parametrize(
    ("region", "standard"),
    [("500103", 800), ("500112", 735), ("500000", 735), ("340100", None), ("110101", 600), (None, 600)],
)
def test_the_nearest_area_gives_the_parameter_even_if_it_has_none_yet(
    region: str | None, standard: int | None
) -> None:
    assert resolve_params(small(), region) == {
        "dibao_standard": None if standard is None else Decimal(standard),
        "unset": None,
    }


DATED = {
    "standard": {
        "by_region": {
            "500000": [{"from": "2024-07-01", "value": 700}, {"from": "2025-07-01", "value": 735}],
            "000000": 600,
        }
    }
}


@pytest.mark.parametrize(
    ("day", "number"),
    [("2024-06-30", None), ("2024-07-01", 700), ("2025-06-30", 700), ("2025-07-01", 735), (None, 735)],
)
def test_a_number_that_changes_is_the_one_of_the_day(day: str | None, number: int | None) -> None:
    vocabulary = build_vocabulary(SMALL_FACTS, DATED)
    on = None if day is None else date.fromisoformat(day)
    expected = None if number is None else Decimal(number)
    assert resolve_params(vocabulary, "500103", on=on) == {"standard": expected}
    assert resolve_params(vocabulary, "120101", on=on) == {"standard": Decimal(600)}


def test_the_real_catalogue_is_understood() -> None:
    vocabulary = real()
    age, months = vocabulary.facts["person"]["age"], vocabulary.facts["children"]["age_months"]
    assert (age.derivation, months.derivation) == (Derivation.FULL_YEARS, Derivation.FULL_MONTHS)
    assert vocabulary.lists["children"].owner == "person"
    assert vocabulary.lists["hires"].owner == "enterprise"
    level = vocabulary.find("person", "disability_level")
    assert isinstance(level, Fact)
    assert (level.how, level.sensitive, level.labels["1"]) == (Asking.FETCH, True, "一级")
    lawful = vocabulary.find("person", "children.child_lawful")
    assert lawful is vocabulary.facts["children"]["child_lawful"]
    assert vocabulary.find("person", "children") is vocabulary.lists["children"]
    assert vocabulary.find("person", "nobody") is None
