"""What a benefit is worth: tiers, items, arithmetic, caps, rounding, honest ranges for the unknown."""

import datetime as dt
from decimal import Decimal, getcontext, localcontext
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rules.amounts import Amount, assess_amount, parse_benefit
from app.rules.expressions import compute, names_of, parse_expression
from app.rules.faults import RuleFaults
from app.rules.intervals import ANYTHING, Interval
from app.rules.vocabulary import resolve_params
from tests.app.rules.catalogue import AS_OF, small

CASH = {"type": "cash", "unit": "元", "frequency": "yearly"}
LAWFUL = {"fact": "lawful", "op": "eq", "value": True}
PER_CHILD = {**CASH, "amount": 3600, "unit": "元/孩", "per": {"list": "children", "where": LAWFUL}}
BY_DEGREE = {
    **CASH,
    "tiers": [
        {"when": {"fact": "degree", "op": "eq", "value": "master"}, "amount": 15000},
        {"when": {"fact": "degree", "op": "in", "value": ["bachelor", "master"]}, "amount": 10000},
    ],
}


def amount(benefit: Any, subject: Any, region: str | None = "500103") -> Amount | None:
    parsed = parse_benefit(benefit, small())
    return assess_amount(parsed, subject, as_of=AS_OF, params=resolve_params(small(), region))


def worth(expr: str, subject: Any, **more: Any) -> tuple[Any, ...]:
    found = amount({**CASH, "expr": expr, **more}, subject)
    assert found is not None
    return found.value, found.low, found.high, found.text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "600元/年"),
        ({"frequency": "monthly"}, "600元/月"),
        ({"frequency": "quarterly"}, "600元/季度"),
        ({"frequency": "once"}, "一次性600元"),
        ({"frequency": "semester", "unit": "元/学期"}, "600元/学期"),
        (
            {"frequency": "per_use", "unit": "元/餐", "cap": {"value": 5, "unit": "次/周"}},
            "600元/餐，每周最多5次",
        ),
        ({"unit": "元/人"}, "600元/年"),
        ({"ceiling": True, "frequency": "monthly"}, "最高600元/月"),
        ({"ceiling": True, "frequency": "once", "amount": 200000}, "一次性最高20万元"),
        ({"cap": {"value": 3, "unit": "年"}}, "600元/年，最多3年"),
        ({"cap": {"value": 500, "unit": "元"}}, "500元/年，最多500元"),
        ({"amount": 12.5}, "12.5元/年"),
        ({"amount": None}, "待定"),
        ({"unit": "%", "type": "tax_rate", "amount": 5}, "5%"),
        ({"amount": 0, "unit": "%"}, "0%"),
    ],
)
def test_an_amount_is_said_plainly(changes: dict[str, Any], text: str) -> None:
    found = amount({**CASH, "amount": 600, **changes}, {})
    assert found is not None
    assert found.text == text


def test_a_benefit_in_kind_has_no_amount() -> None:
    assert amount({"type": "housing", "unit": "套", "frequency": "once"}, {}) is None


def test_the_first_tier_that_matches_counts() -> None:
    found = amount(BY_DEGREE, {"degree": "master"})
    assert found is not None
    assert (found.value, found.text) == (15000, "15000元/年")
    assert amount(BY_DEGREE, {"degree": "college"}) is None


def test_an_unknown_tier_gives_the_range_of_those_possible() -> None:
    found = amount(BY_DEGREE, {})
    assert found is not None
    assert (found.value, found.low, found.high, found.text) == (None, 10000, 15000, "1万至15000元/年")


def test_tiers_paid_at_different_times_cannot_be_one_range() -> None:
    tiers = [
        {"when": {"fact": "age", "op": "ge", "value": 90}, "amount": 300, "frequency": "quarterly"},
        {"when": {"fact": "age", "op": "ge", "value": 80}, "amount": 600, "frequency": "yearly"},
    ]
    benefit = {**CASH, "frequency": "by_tier", "tiers": tiers}
    found = amount(benefit, {})
    assert found is not None
    assert (found.value, found.low, found.high, found.frequency) == (None, None, None, None)
    assert found.text == "待定（300元/季度或600元/年）"
    certain = amount(benefit, {"born": dt.date(1944, 3, 1)})
    assert certain is not None
    assert (certain.value, certain.text) == (600, "600元/年")


@pytest.mark.parametrize(
    ("children", "low", "high", "text"),
    [
        ([True, True, False], 7200, 7200, "7200元/年"),
        ([True, None], 3600, 7200, "3600至7200元/年"),
        ([None], 0, 3600, "最高3600元/年"),
        ([False], 0, 0, "0元/年"),
        (None, None, None, "待定"),
    ],
)
def test_items_of_a_list_multiply_and_undecided_ones_widen(
    children: Any, low: Any, high: Any, text: str
) -> None:
    subject = {} if children is None else {"children": [{"lawful": lawful} for lawful in children]}
    found = amount(PER_CHILD, subject)
    assert found is not None
    assert (found.low, found.high, found.text, found.unit) == (low, high, text, "元")


def test_arithmetic_counts_a_bool_as_nothing_or_one_and_rounds_half_up_at_the_end() -> None:
    assert worth("income * 2 / 3", {"income": 100})[0] == Decimal("66.67")
    assert worth("income / 300", {"income": Decimal("1.5")})[0] == Decimal("0.01")
    assert worth("income / 1000", {"income": 5})[0] == Decimal("0.01")
    assert worth("round(income, 0) / 2", {"income": "4.5"})[0] == Decimal("2.50")
    assert worth("income + 15 * dibao", {"income": 100, "dibao": True})[0] == 115
    assert worth("max(0, dibao_standard - income) * size", {"income": 700, "size": 3})[0] == 300
    assert worth("max(0, dibao_standard - income) * size", {"income": 900, "size": 3})[0] == 0
    assert worth("1 - 2 - 3 * 4 / (1 + 1)", {})[0] == -7


def test_unknown_inputs_give_an_honest_range_or_pending_never_nothing() -> None:
    assert worth("98 + 15 * dibao", {}) == (None, 98, 113, "98至113元/年")
    assert worth("min(12000, income)", {}) == (None, None, 12000, "待定，最高12000元/年")
    assert worth("income * 2", {}) == (None, None, None, "待定")
    assert worth("unset * size", {"size": 3}) == (None, None, None, "待定")
    assert worth("unset * 0", {}) == (0, 0, 0, "0元/年")
    assert worth("100 / size", {"size": 0}) == (None, None, None, "待定")
    assert worth("100 / dibao", {}) == (None, None, None, "待定")


def test_a_rate_is_that_of_the_tier_and_unknown_tiers_span_their_rates() -> None:
    tiers = [
        {"when": {"fact": "size", "op": "ge", "value": 5}, "rate": 0.3},
        {"when": {"fact": "size", "op": "lt", "value": 5}, "rate": 0.6},
    ]
    more = {"tiers": tiers}
    assert worth("round(rate * income, 2)", {"size": 2, "income": 1000}, **more)[0] == 600
    assert worth("round(rate * income, 2)", {"income": 1000}, **more)[1:] == (300, 600, "300至600元/年")


def test_the_longest_term_of_the_tier_is_told() -> None:
    tiers = [{"when": {"fact": "size", "op": "ge", "value": 1}, "months": 12}]
    assert worth("dibao_standard", {"size": 1}, tiers=tiers)[3] == "800元/年，最长12个月"


def test_money_in_ten_thousands_keeps_its_fen() -> None:
    assert worth("income * 0.05", {"income": "80.123456"}, unit="%", expr_unit="万元")[0] == Decimal(
        "4.006173"
    )


def test_an_amount_does_not_depend_on_the_callers_decimal_context() -> None:
    assert getcontext().prec == 28
    with localcontext() as context:
        context.prec = 3
        assert worth("income * 2 / 3", {"income": "12345.67"})[0] == Decimal("8230.45")


@pytest.mark.parametrize(
    "expr",
    [
        "", "1 +", "(1", "1)", "1 2", "a", "income ** 2", "income // 2", "income % 2", "-income",
        "income.real", "__import__('os')", "abs(1)", "max()", "min", "round(1, income)", "round(1, 7)",
        "round(1, 2, 3)", "1e5", "1.", ".5", "0x10", "1_000", "income if dibao else 1", "[1]", "degree",
        "home", "born", "staff", "lawful", "收入", "１", "rate", "income; 1", "(" * 400, "1+" * 249 + "1",
        "1" * 501, None, 3, ["1"], "income\x00",
    ],
)  # fmt: skip
def test_anything_but_plain_arithmetic_is_refused_with_its_place(expr: Any) -> None:
    with pytest.raises(RuleFaults) as refused:
        parse_benefit({**CASH, "expr": expr}, small())
    assert {fault.path for fault in refused.value.faults} == {"benefit.expr"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"frequency": "weekly"}, "benefit.frequency"),
        ({"amount": "600"}, "benefit.amount"),
        ({"amount": float("nan")}, "benefit.amount"),
        ({"amount": -1}, "benefit.amount"),
        ({"ammount": 600}, "benefit"),
        ({"tiers": {}}, "benefit.tiers"),
        ({"tiers": [3]}, "benefit.tiers[0]"),
        ({"tiers": [{"when": {"fact": "x", "op": "eq", "value": 1}}]}, "benefit.tiers[0].when.fact"),
        ({"tiers": [{"when": {"all": []}, "months": 0}]}, "benefit.tiers[0].months"),
        ({"tiers": [{"when": {"all": []}}], "frequency": "by_tier"}, "benefit.tiers[0]"),
        ({"tiers": [{"when": {"all": []}}], "expr": "rate * 2"}, "benefit.expr"),
        ({"per": {"list": "hires", "where": {"all": []}}}, "benefit.per.list"),
        ({"per": {"list": "children"}}, "benefit.per"),
        ({"cap": {"unit": "年"}}, "benefit.cap.value"),
        ({"cap": 3}, "benefit.cap"),
    ],
)
def test_a_wrong_benefit_is_refused_at_its_place(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(RuleFaults) as refused:
        parse_benefit({**CASH, **changes}, small())
    assert path in {fault.path for fault in refused.value.faults}


expressions = st.recursive(
    st.sampled_from(["a", "b", "2", "0.5"]),
    lambda inner: st.one_of(
        st.builds(
            lambda left, sign, right: f"({left} {sign} {right})", inner, st.sampled_from("+-*/"), inner
        ),
        st.builds(
            lambda name, one, two: f"{name}({one}, {two})", st.sampled_from(["min", "max"]), inner, inner
        ),
        st.builds(lambda one: f"round({one}, 1)", inner),
    ),
    max_leaves=8,
)
bounds = st.tuples(st.integers(-5, 5), st.integers(-5, 5)).map(sorted)


@settings(max_examples=300, deadline=None)
@given(expressions, bounds, bounds, st.data())
def test_a_range_holds_every_value_the_unknown_could_have(
    text: str, one: list[int], other: list[int], data: st.DataObject
) -> None:
    expression = parse_expression(text, path="expr", known=lambda name: name in "ab")
    assert set(names_of(expression)) <= {"a", "b"}
    ranges = {"a": Interval(*map(Decimal, one)), "b": Interval(*map(Decimal, other))}
    known = {
        name: Decimal(data.draw(st.integers(int(ends.low), int(ends.high)))) for name, ends in ranges.items()
    }
    found = compute(expression, ranges.__getitem__)
    point = compute(expression, lambda name: Interval(known[name], known[name]))
    slack = Decimal("1e-20")  # quotients are rounded at the 34th digit
    assert found == ANYTHING or (found.low - slack <= point.low and point.high <= found.high + slack)
