"""Every operator on every type, Kleene's tables, lists, derived ages, and facts that cannot apply."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from app.rules.ages import full_months
from app.rules.compilation import compile_condition
from app.rules.evaluation import evaluate
from app.rules.syntax import dump, parse, parse_form
from app.rules.types import FactType, FieldKind, Truth
from app.rules.vocabulary import resolve_params
from tests.app.rules.catalogue import AS_OF, small

T, F, U = {"fact": "dibao", "op": "eq", "value": True}, {"fact": "dibao", "op": "ne", "value": True}, {
    "fact": "remark", "op": "eq", "value": "从未填写",
}  # fmt: skip
TRUE_SUBJECT = {"dibao": True}


def answer(rule: Any, subject: Any, *, as_of: dt.date = AS_OF, region: str | None = None) -> Truth:
    """The definition's answer, once the closure has given the same."""
    node, params = parse(rule, small()), resolve_params(small(), region)
    answered = evaluate(node, subject, as_of=as_of, params=params)
    assert compile_condition(node, as_of=as_of, params=params)(subject) is answered
    return answered


@pytest.mark.parametrize(
    ("members", "every", "some"),
    [
        ([], True, False), ([T], True, True), ([F], False, False), ([U], None, None),
        ([T, T], True, True), ([T, F], False, True), ([T, U], None, True),
        ([F, F], False, False), ([F, U], False, None), ([U, U], None, None), ([T, F, U], False, True),
    ],
)  # fmt: skip
def test_groups_answer_by_kleenes_tables(members: list[Any], every: Truth, some: Truth) -> None:
    assert answer({"all": members}, TRUE_SUBJECT) is every
    assert answer({"any": members}, TRUE_SUBJECT) is some
    assert answer({"all": members[::-1]}, TRUE_SUBJECT) is every
    assert answer({"any": members[::-1]}, TRUE_SUBJECT) is some


@pytest.mark.parametrize(("member", "expected"), [(T, False), (F, True), (U, None)])
def test_not_swaps_yes_and_no_and_keeps_unknown(member: Any, expected: Truth) -> None:
    assert answer({"not": member}, TRUE_SUBJECT) is expected


@pytest.mark.parametrize(
    ("fact", "known", "op", "value", "expected"),
    [
        ("dibao", True, "eq", True, True), ("dibao", False, "eq", True, False),
        ("dibao", False, "ne", True, True),
        ("size", 3, "eq", 3, True), ("size", 3, "ne", 3, False), ("size", 3, "lt", 4, True),
        ("size", 4, "lt", 4, False), ("size", 4, "le", 4, True), ("size", 4, "gt", 4, False),
        ("size", 4, "ge", 4, True), ("size", 4, "in", [1, 4], True), ("size", 4, "in", [], False),
        ("size", 1, "between", [1, 4], True), ("size", 4, "between", [1, 4], True),
        ("size", 5, "between", [1, 4], False),
        ("income", 0.03, "eq", 0.03, True), ("income", Decimal("0.1"), "eq", 0.1, True),
        ("income", "99.99", "lt", 100, True), ("income", 100, "le", 99.99, False),
        ("income", Decimal("1.5"), "between", [1.5, 2], True), ("income", 2, "in", [1.5, 2.0], True),
        ("born", dt.date(1944, 3, 1), "le", "1944-03-01", True),
        ("born", "1944-03-02", "le", "1944-03-01", False),
        ("born", dt.date(1944, 3, 1), "eq", dt.date(1944, 3, 1), True),
        ("born", dt.date(1899, 1, 1), "between", ["1850-01-01", "1900-01-01"], True),
        ("born", dt.date(1961, 7, 1), "in", ["1961-07-01"], True),
        ("degree", "master", "eq", "master", True), ("degree", "master", "ne", "master", False),
        ("degree", "college", "in", ["master", "bachelor"], False),
        ("home", "500103", "eq", "500103", True), ("home", "500103", "in", ["500112", "500103"], True),
        ("home", "500103", "prefix", "50", True), ("home", "500103", "prefix", "500000", True),
        ("home", "500103", "prefix", "5001", True), ("home", "500103", "prefix", "500103", True),
        ("home", "500112", "prefix", "500103", False), ("home", "500103", "prefix", ["34", "50"], True),
        ("home", "500103001", "prefix", "500103", True), ("home", "110101", "prefix", "000000", True),
        ("home", "510000", "prefix", "50", False), ("home", "150000", "prefix", "50", False),
        ("remark", "甲", "eq", "甲", True), ("remark", "甲", "in", ["乙"], False),
        ("remark", "甲", "ne", "乙", True),
    ],
)  # fmt: skip
def test_every_operator_on_every_type(fact: str, known: Any, op: str, value: Any, expected: Truth) -> None:
    leaf = {"fact": fact, "op": op, "value": value}
    assert answer(leaf, {fact: known}) is expected
    assert answer(leaf, {fact: None}) is None
    assert answer(leaf, {}) is None
    assert answer({"fact": fact, "op": "exists"}, {fact: known}) is True
    assert answer({"fact": fact, "op": "exists"}, {}) is False


@pytest.mark.parametrize(
    ("fact", "junk"),
    [
        ("dibao", 1), ("dibao", "是"), ("size", True), ("size", float("nan")), ("size", "三"),
        ("income", Decimal("NaN")), ("income", Decimal("sNaN")), ("income", float("inf")), ("income", "NaN"),
        ("born", "1944-3-1"), ("born", "19440301"), ("born", dt.datetime(1944, 3, 1, tzinfo=dt.UTC)),
        ("born", 1944),
        ("degree", "9"), ("degree", ["master"]), ("home", "50010"), ("home", 500103), ("home", "五零"),
        ("remark", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_unknown_never_false(fact: str, junk: Any) -> None:
    value = {
        "dibao": True,
        "size": 1,
        "income": 1,
        "born": "1944-03-01",
        "degree": "master",
        "home": "500103",
    }
    leaf = {"fact": fact, "op": "eq", "value": value.get(fact, "甲")}
    assert answer(leaf, {fact: junk}) is None
    assert answer({"not": leaf}, {fact: junk}) is None
    assert answer({"fact": fact, "op": "exists"}, {fact: junk}) is False


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-11-23", True), ("2026-11-24", False), ("2025-11-23", True), ("2025-11-22", False)],
)
def test_within_days_counts_both_ends_and_no_future(day: str, expected: Truth) -> None:
    assert answer({"fact": "born", "op": "within_days", "value": 365}, {"born": day}) is expected


@pytest.mark.parametrize(
    ("born", "as_of", "years", "months"),
    [
        ("2004-02-29", "2025-02-28", 20, 251), ("2004-02-29", "2025-03-01", 21, 252),
        ("2004-02-29", "2024-02-29", 20, 240), ("1946-11-23", "2026-11-23", 80, 960),
        ("1946-11-24", "2026-11-23", 79, 959), ("1931-12-31", "2026-11-23", 94, 1138),
        ("2026-10-31", "2026-11-30", 0, 0), ("2026-10-31", "2026-12-01", 0, 1),
    ],
)  # fmt: skip
def test_ages_are_full_years_and_months(born: str, as_of: str, years: int, months: int) -> None:
    day, today = dt.date.fromisoformat(born), dt.date.fromisoformat(as_of)
    assert full_months(day, today) == months
    assert answer({"fact": "age", "op": "eq", "value": years}, {"born": day}, as_of=today) is True
    child = {
        "list": "children",
        "quant": "any",
        "where": {"fact": "child_months", "op": "eq", "value": months},
    }
    assert answer(child, {"children": [{"child_born": day}]}, as_of=today) is True


def test_an_age_given_directly_counts_only_where_the_date_is_unknown() -> None:
    adult = {"fact": "age", "op": "ge", "value": 18}
    assert answer(adult, {"age": 20}) is True
    assert answer(adult, {"age": 20, "born": dt.date(2020, 1, 1)}) is False
    assert answer(adult, {"age": 20, "born": "不详"}) is True


def test_nothing_about_an_age_is_true_before_birth() -> None:
    unborn = {"born": dt.date(2026, 11, 24)}
    assert answer({"fact": "age", "op": "lt", "value": 3}, unborn) is False
    assert answer({"fact": "age", "op": "exists"}, unborn) is False
    assert answer({"fact": "age", "op": "lt", "value": 3}, {"born": dt.date(2026, 11, 23)}) is True


@pytest.mark.parametrize("area", ["000000", ["000000", "50"], "50", "500100"])
def test_a_prefix_keeps_its_meaning_when_written_out_again(area: Any) -> None:
    node = parse({"fact": "home", "op": "prefix", "value": area}, small())
    assert parse(dump(node), small()) == node


def test_a_past_day_is_answered_as_of_that_day() -> None:
    rule, subject = {"fact": "age", "op": "ge", "value": 80}, {"born": dt.date(1944, 3, 1)}
    assert answer(rule, subject, as_of=dt.date(2024, 2, 29)) is False
    assert answer(rule, subject, as_of=dt.date(2024, 3, 1)) is True


@pytest.mark.parametrize(
    ("region", "expected"),
    [("500103", True), ("500112", False), ("340100", None), ("110101", False), (None, False)],
)
def test_a_parameter_is_that_of_the_region_and_unknown_where_nobody_entered_it(
    region: str | None, expected: Truth
) -> None:
    rule = {"fact": "income", "op": "lt", "value": {"param": "dibao_standard"}}
    assert answer(rule, {"income": 750}, region=region) is expected


WHERE = {"fact": "lawful", "op": "eq", "value": True}


@pytest.mark.parametrize(
    ("items", "some", "every"),
    [
        (None, None, None), ([], False, True), ([True], True, True), ([False], False, False),
        ([None], None, None),
        ([True, None], True, None), ([False, None], None, False), ([True, False], True, False),
    ],
)  # fmt: skip
def test_a_list_asks_some_or_every_item(items: list[Truth] | None, some: Truth, every: Truth) -> None:
    subject = {"children": None if items is None else [{"lawful": item} for item in items]}
    assert answer({"list": "children", "quant": "any", "where": WHERE}, subject) is some
    assert answer({"list": "children", "quant": "all", "where": WHERE}, subject) is every


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("ge", 1, True), ("ge", 2, None), ("ge", 3, None), ("ge", 4, False), ("gt", 0, True),
        ("gt", 3, False),
        ("le", 3, True), ("le", 2, None), ("le", 0, False), ("lt", 4, True), ("lt", 1, False),
        ("lt", 2, None),
        ("eq", 0, False), ("eq", 1, None), ("eq", 2, None), ("eq", 4, False), ("ne", 4, True),
        ("ne", 2, None),
    ],
)  # fmt: skip
def test_a_count_between_one_and_three_decides_only_when_every_number_agrees(
    op: str, value: int, expected: Truth
) -> None:
    subject = {"children": [{"lawful": True}, {"lawful": False}, {}, {"lawful": None}]}
    rule = {"list": "children", "quant": "count", "where": WHERE, "op": op, "value": value}
    assert answer(rule, subject) is expected
    assert answer(rule, {}) is None


def test_a_list_inside_a_list_is_asked_item_by_item() -> None:
    dear = {"list": "toys", "quant": "any", "where": {"fact": "toy_price", "op": "gt", "value": 100}}
    rule = {"list": "children", "quant": "all", "where": dear}
    assert (
        answer(rule, {"children": [{"toys": [{"toy_price": 101}]}, {"toys": [{}, {"toy_price": "200"}]}]})
        is True
    )
    assert answer(rule, {"children": [{"toys": []}]}) is False
    assert answer(rule, {"children": [{"toys": None}]}) is None


def test_an_item_that_is_no_object_is_unknown() -> None:
    assert answer({"list": "children", "quant": "any", "where": WHERE}, {"children": ["甲", None]}) is None
    assert answer({"list": "children", "quant": "any", "where": WHERE}, {"children": "甲乙"}) is None


def test_a_fact_that_cannot_apply_is_false_not_unknown() -> None:
    rule = {"fact": "jobless_months", "op": "lt", "value": 6}
    assert answer(rule, {"jobless": False}) is False
    assert answer({"not": rule}, {"jobless": False}) is True
    assert answer(rule, {"jobless": False, "jobless_months": 3}) is False
    assert (
        answer({"fact": "jobless_months", "op": "exists"}, {"jobless": False, "jobless_months": 3}) is False
    )
    assert answer(rule, {"jobless": True}) is None
    assert answer(rule, {}) is None
    assert answer(rule, {"jobless_months": 3}) is True


def test_form_conditions_ask_fields_multiselects_and_attachments() -> None:
    fields = {
        "kind": FieldKind(FactType.ENUM, "类型", ("llc", "solo")),
        "wishes": FieldKind(FactType.CHOICES, "求职意向", ("full", "part")),
        "photo": FieldKind(FactType.OPAQUE, "照片"),
    }

    def form(rule: Any, values: Any) -> Truth:
        node = parse_form(rule, fields)
        answered = evaluate(node, values, as_of=AS_OF, params={})
        assert compile_condition(node, as_of=AS_OF, params={})(values) is answered
        return answered

    assert form({"field": "kind", "op": "eq", "value": "llc"}, {"kind": "llc"}) is True
    assert form({"field": "kind", "op": "eq", "value": "llc"}, {}) is None
    assert form({"field": "wishes", "op": "in", "value": ["part"]}, {"wishes": ["full", "part"]}) is True
    assert form({"field": "wishes", "op": "in", "value": ["part"]}, {"wishes": ["full"]}) is False
    assert form({"field": "wishes", "op": "in", "value": ["part"]}, {}) is None
    assert form({"field": "photo", "op": "exists"}, {"photo": "file-1"}) is True
    assert form({"field": "photo", "op": "exists"}, {"photo": []}) is False
