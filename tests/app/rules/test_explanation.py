"""Reasons as an officer would say them, and what is asked next."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from app.rules.explanation import Explanation, describe, explain
from app.rules.syntax import parse
from app.rules.vocabulary import resolve_params
from app.rules.wording import yes_or_no
from tests.app.rules.catalogue import AS_OF, load, policies, real, small

NAMES = {"500000": "重庆市", "500103": "渝中区", "120000": "天津市"}


def name_of(code: str) -> str:
    return NAMES.get(code, code)


def said(rule: Any, scope: str = "person", region: str | None = "500103") -> str:
    params = resolve_params(real(), region)
    return describe(parse(rule, real(), scope), params=params, region_name=name_of)


def explained(rule: Any, subject: Any, region: str | None = None) -> Explanation:
    return explain(parse(rule, small()), subject, as_of=AS_OF, params=resolve_params(small(), region))


@pytest.mark.parametrize(
    ("fact", "op", "value", "affirmed", "denied"),
    [
        ("age", "ge", 80, "年满80周岁", "未满80周岁"),
        ("age", "between", [80, 89], "80至89周岁", "不属于“80至89周岁”"),
        ("hukou_region", "prefix", "500103", "户籍在渝中区", "户籍不在渝中区"),
        ("hukou_region", "prefix", ["50", "12"], "户籍在重庆市或天津市", "户籍不在重庆市或天津市"),
        ("disability_level", "le", 2, "残疾等级为一级或二级", "残疾等级不是一级或二级"),
        ("tekun", "eq", True, "是特困供养人员", "不是特困供养人员"),
        ("tekun", "eq", False, "不是特困供养人员", "是特困供养人员"),
        ("tekun", "ne", True, "不是特困供养人员", "是特困供养人员"),
        ("disability_cert_valid", "eq", True, "持有效残疾人证", "未持有效残疾人证"),
        ("work_injury_nursing", "eq", True, "领取工伤生活护理费", "未领取工伤生活护理费"),
        ("unemployed_registered", "eq", True, "已办理失业登记", "未办理失业登记"),
        ("owns_local_home", "eq", True, "在本地有自有住房", "在本地没有自有住房"),
        ("household_property_ok", "eq", True, "家庭财产符合当地低保规定", "家庭财产不符合当地低保规定"),
        ("gender", "eq", "2", "性别为女", "性别不是女"),
        ("degree", "in", ["master", "doctor"], "最高学历为硕士或博士", "最高学历不是硕士或博士"),
        ("ui_paid_months", "ge", 12, "失业保险累计缴费月数不少于12个月", "失业保险累计缴费月数少于12个月"),
        ("household_income_pc", "lt", 7.5, "家庭人均月收入低于7.5元/月", "家庭人均月收入不低于7.5元/月"),
        ("graduation_year", "ge", 2026, "毕业年度不早于2026年", "不属于“毕业年度不早于2026年”"),
        ("birth_date", "lt", "1966-09-01", "出生日期早于1966年9月1日", "出生日期不早于1966年9月1日"),
        ("skill_cert_date", "within_days", 365, "证书核发日期在最近365天内", "证书核发日期不在最近365天内"),
        ("dibao", "exists", None, "已知道最低生活保障对象", "尚不知道最低生活保障对象"),
    ],
)  # fmt: skip
def test_a_leaf_reads_as_an_officer_says_it(
    fact: str, op: str, value: Any, affirmed: str, denied: str
) -> None:
    leaf = {"fact": fact, "op": op, "value": value} if value is not None else {"fact": fact, "op": op}
    assert said(leaf) == affirmed
    assert said({"not": leaf}) == denied


def test_a_parameter_is_said_with_its_number_or_that_nobody_entered_it() -> None:
    rule = {"fact": "household_income_pc", "op": "lt", "value": {"param": "dibao_urban"}}
    assert said(rule) == "家庭人均月收入低于当地标准735元/月"
    assert said(rule, region="340100") == "家庭人均月收入低于当地标准（尚未录入）"


def test_lists_and_groups_read_as_one_sentence() -> None:
    young = {"fact": "age_months", "op": "lt", "value": 36}
    lawful = {"fact": "child_lawful", "op": "eq", "value": True}
    some = {"list": "children", "quant": "any", "where": {"all": [young, lawful]}}
    assert said(some) == "有孩子符合：未满3周岁，且依法生育或收养"
    assert said({"not": some}) == "没有孩子符合：未满3周岁，且依法生育或收养"
    assert said({"list": "children", "quant": "all", "where": lawful}) == "每个孩子都符合：依法生育或收养"
    two = {"list": "children", "quant": "count", "where": young, "op": "ge", "value": 2}
    assert said(two) == "至少2个孩子符合：未满3周岁"
    assert said({"not": two}) == "少于2个孩子符合：未满3周岁"
    either = {"any": [{"fact": "dibao", "op": "eq", "value": True}, {"fact": "age", "op": "lt", "value": 18}]}
    assert said({"all": [either, {"not": either}]}) == (
        "（是最低生活保障对象，或未满18周岁），且（不是最低生活保障对象，且年满18周岁）"
    )
    assert said({"all": [either, {"not": {"all": [lawful_home(), either]}}]}).count("（") == 3


def lawful_home() -> Any:
    return {"fact": "owns_local_home", "op": "eq", "value": False}


def test_a_denial_of_two_things_at_once_is_not_split_into_something_else() -> None:
    assert yes_or_no("入住养老机构且已由财政供养", affirmed=False) == "不属于“入住养老机构且已由财政供养”"


def test_every_real_policy_reads_without_a_code_in_it() -> None:
    regions = {region["code"]: "某地" for region in load("regions.yaml")["regions"]}
    for policy in policies().values():
        node = parse(policy["conditions"], real(), policy["audience"])
        text = describe(node, params=resolve_params(real(), "500103"), region_name=regions.__getitem__)
        assert not set(text) & set("abcdefghijklmnopqrstuvwxyz_"), text


def test_reasons_carry_what_is_known_and_a_denial_carries_the_swapped_answer() -> None:
    rule = {
        "all": [
            {"fact": "age", "op": "ge", "value": 80},
            {
                "not": {
                    "any": [
                        {"fact": "dibao", "op": "eq", "value": True},
                        {"fact": "size", "op": "gt", "value": 9},
                    ]
                }
            },
        ]
    }
    explanation = explained(rule, {"born": dt.date(1944, 3, 1), "dibao": True})
    assert explanation.truth is False
    old, neither = explanation.reasons
    assert (old.text, old.truth, old.fact, old.value) == ("年满80周岁", True, "age", 82)
    assert neither.truth is False
    assert [(reason.text, reason.truth, reason.sensitive) for reason in neither.children] == [
        ("不是最低生活保障对象", False, True),
        ("家庭人数不超过9人", None, False),
    ]
    assert "82" not in repr(explanation)


def test_items_of_a_list_are_told_one_by_one() -> None:
    rule = {"list": "children", "quant": "any", "where": {"fact": "lawful", "op": "eq", "value": True}}
    (reason,) = explained(rule, {"children": [{"lawful": True}, {}]}).reasons
    assert [(item.text, item.truth, item.children[0].text) for item in reason.children] == [
        ("第1个孩子", True, "依法生育"),
        ("第2个孩子", None, "依法生育"),
    ]
    assert len(explained(rule, {"children": [{}] * 50}).reasons[0].children) == 20


DIBAO = {"fact": "dibao", "op": "eq", "value": True}
SIZE = {"fact": "size", "op": "ge", "value": 3}
LAWFUL = {"list": "children", "quant": "any", "where": {"fact": "lawful", "op": "eq", "value": True}}


@pytest.mark.parametrize(
    ("rule", "subject", "missing"),
    [
        ({"all": [DIBAO, SIZE]}, {}, ("dibao", "size")),
        ({"all": [DIBAO, SIZE]}, {"dibao": False}, ()),
        ({"any": [DIBAO, SIZE]}, {"dibao": True}, ()),
        ({"all": [{"any": [DIBAO, SIZE]}, LAWFUL]}, {"dibao": True}, ("children",)),
        ({"all": [SIZE, {"not": SIZE}]}, {}, ("size",)),
        (LAWFUL, {"children": [{"lawful": False}, {}]}, ("children.lawful",)),
        (LAWFUL, {"children": [{"lawful": True}, {}]}, ()),
        ({"fact": "age", "op": "ge", "value": 80}, {}, ("born",)),
        ({"fact": "jobless_months", "op": "ge", "value": 6}, {}, ("jobless", "jobless_months")),
        ({"fact": "jobless_months", "op": "ge", "value": 6}, {"jobless": True}, ("jobless_months",)),
        ({"fact": "jobless_months", "op": "ge", "value": 6}, {"jobless": False}, ()),
        ({"all": [{"fact": "size", "op": "exists"}, DIBAO]}, {"size": 1}, ("dibao",)),
    ],
)
def test_only_what_could_still_change_the_answer_is_missing(
    rule: Any, subject: Any, missing: tuple[str, ...]
) -> None:
    assert explained(rule, subject).missing == missing


def test_a_parameter_nobody_entered_is_not_asked_of_the_resident() -> None:
    rule = {"fact": "income", "op": "lt", "value": {"param": "unset"}}
    for subject in ({}, {"income": Decimal(3)}):
        explanation = explained(rule, subject)
        assert (explanation.truth, explanation.missing, explanation.missing_params) == (None, (), ("unset",))


def test_a_birth_still_to_come_settles_what_an_unentered_parameter_leaves_open():
    told = explained({"fact": "age", "op": "ge", "value": {"param": "unset"}}, {})
    assert (told.truth, told.missing, told.missing_params) == (None, ("born",), ("unset",))
