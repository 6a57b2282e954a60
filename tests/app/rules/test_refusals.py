"""A rule that cannot be right is refused when it is written: place, sentence, every fault at once."""

import datetime as dt
import time
from decimal import Decimal
from typing import Any

import pytest

from app.rules.faults import RuleFaults
from app.rules.syntax import parse, parse_form
from app.rules.types import FactType, FieldKind
from tests.app.rules.catalogue import small

COUNT = {"list": "children", "quant": "count", "where": {"all": []}}
YES, NO = True, False
LEAF = {"fact": "dibao", "op": "eq", "value": True}


def faults_of(rule: Any, scope: str = "person") -> dict[str, str]:
    with pytest.raises(RuleFaults) as refused:
        parse(rule, small(), scope, path="conditions")
    return {fault.path: fault.message for fault in refused.value.faults}


def leaf(fact: str, op: Any, *value: Any) -> dict[str, Any]:
    return {"fact": fact, "op": op, **({"value": value[0]} if value else {})}


@pytest.mark.parametrize(
    ("rule", "path", "said"),
    [
        (leaf("dibaoo", "eq", YES), ".fact", "事实目录里没有“dibaoo”"),
        (leaf("lawful", "eq", YES), ".fact", "是子女的事实"),
        (leaf("staff", "ge", 1), ".fact", "是企业的事实"),
        ({"fact": 3, "op": "eq", "value": 1}, ".fact", "应是名称"),
        (leaf("dibao", "is", YES), ".op", "没有“is”这种比较"),
        (leaf("dibao", ["eq"], YES), ".op", "没有一个列表这种比较"),
        ({"fact": "dibao", "value": True}, ".op", "缺少 op"),
        (leaf("degree", "lt", "master"), ".op", "学历是选项，不能用 lt 比较"),
        (leaf("dibao", "ge", YES), ".op", "是或否"),
        (leaf("home", "between", ["50", "51"]), ".op", "不能用 between"),
        (leaf("size", "prefix", "50"), ".op", "不能用 prefix"),
        (leaf("size", "within_days", 3), ".op", "不能用 within_days"),
        (leaf("dibao", "eq", "true"), ".value", "不能是“true”"),
        (leaf("dibao", "eq", 1), ".value", "不能是1"),
        (leaf("size", "eq", YES), ".value", "不能是true"),
        (leaf("size", "eq", "3"), ".value", "要与整数比较"),
        (leaf("size", "eq", 1.5), ".value", "要与整数比较"),
        (leaf("size", "eq", 2.0), ".value", "要与整数比较"),
        (leaf("income", "lt", float("nan")), ".value", "NaN"),
        (leaf("income", "lt", float("inf")), ".value", "无穷大"),
        (leaf("income", "lt", Decimal("sNaN")), ".value", "NaN"),
        (leaf("income", "lt", 10**16), ".value", "数字过长"),
        (leaf("income", "lt", 10**5000), ".value", "数字过长"),
        (leaf("income", "lt", Decimal("1e999999")), ".value", "数字过长"),
        (leaf("income", "lt", None), ".value", "缺少与月收入比较的值"),
        (leaf("income", "lt"), ".value", "缺少与月收入比较的值"),
        (leaf("born", "ge", "1944-13-01"), ".value", "日期"),
        (leaf("born", "ge", dt.datetime(1944, 1, 1)), ".value", "日期"),  # noqa: DTZ001 (that is the point)
        (leaf("born", "within_days", -1), ".value", "天数"),
        (leaf("born", "within_days", 1.5), ".value", "天数"),
        (leaf("degree", "eq", "doctor"), ".value", "没有“doctor”这个选项"),
        (leaf("degree", "in", ["master", "doctor", None]), ".value[1]", "没有“doctor”"),
        (leaf("degree", "in", ["master", None]), ".value[1]", "没有空"),
        (leaf("degree", "in", "master"), ".value", "要与列表比较"),
        (leaf("size", "in", list(range(1001))), ".value", "最多1000项"),
        (leaf("size", "between", [1]), ".value", "两个值"),
        (leaf("size", "between", [4, 1]), ".value", "大于上限"),
        (leaf("home", "prefix", "5"), ".value", "行政区划代码"),
        (leaf("home", "prefix", "50010"), ".value", "行政区划代码"),
        (leaf("home", "prefix", 50), ".value", "行政区划代码"),
        (leaf("home", "eq", "50"), ".value", "请用 prefix"),
        (leaf("remark", "eq", "长" * 201), ".value", "200字"),
        (leaf("dibao", "exists", NO), ".value", "exists 不带值"),
        (leaf("income", "lt", {"param": "nobody"}), ".value.param", "没有名为“nobody”的地方参数"),
        (leaf("income", "lt", {"param": ["x"]}), ".value.param", "没有名为一个列表"),
        (leaf("income", "lt", {"param": "unset", "plus": 1}), ".value", "{param: 名称}"),
        (leaf("income", "in", {"param": "unset"}), ".value", "不能放在月收入的 in 里"),
        (leaf("dibao", "eq", {"param": "unset"}), ".value", "地方参数是数"),
        ({**LEAF, "note": 1}, "", "多余的内容：“note”"),
        ({"all": [LEAF], "any": [LEAF]}, "", "有且只有"),
        ({"all": LEAF}, ".all", "条件的列表"),
        ({"any": [LEAF, 3]}, ".any[1]", "不能是3"),
        ({"not": None}, ".not", "不能是空"),
        ({}, "", "有且只有"),
        ([], "", "不能是一个列表"),
        ("true", "", "不能是“true”"),
        ({"field": "x", "op": "eq", "value": 1}, "", "要写 fact"),
        ({"list": "cars", "quant": "any", "where": LEAF}, ".list", "没有名为“cars”的列表"),
        ({"list": "hires", "quant": "any", "where": LEAF}, ".list", "属于企业"),
        ({"list": {}, "quant": "any", "where": LEAF}, ".list", "没有名为一个对象的列表"),
        ({"list": "children", "quant": "some", "where": LEAF}, ".quant", "不是“some”"),
        ({"list": "children", "quant": "any"}, "", "缺少 where"),
        ({"list": "children", "quant": "any", "where": LEAF}, ".where.fact", "是个人的事实"),
        ({**COUNT, "quant": "any", "op": "ge", "value": 1}, "", "多余的内容"),
        ({**COUNT, "value": 1}, ".op", "计数只能用"),
        ({**COUNT, "op": "in", "value": 1}, ".op", "计数只能用"),
        ({**COUNT, "op": "ge", "value": True}, ".value", "整数"),
        ({**COUNT, "op": "ge", "value": -1}, ".value", "整数"),
    ],
)  # fmt: skip
def test_a_wrong_rule_is_refused_at_its_place_in_words(rule: Any, path: str, said: str) -> None:
    faults = faults_of(rule)
    assert said in faults[f"conditions{path}"]


def test_every_fault_is_told_at_once() -> None:
    rule = {
        "all": [leaf("x", "eq", 1), LEAF, {"not": leaf("degree", "lt", "master")}, leaf("size", "eq", "一")]
    }
    assert set(faults_of(rule)) == {
        "conditions.all[0].fact",
        "conditions.all[2].not.op",
        "conditions.all[3].value",
    }


def test_eight_levels_and_two_hundred_conditions_are_allowed_and_no_more() -> None:
    nested: Any = LEAF
    for _ in range(7):
        nested = {"not": nested}
    parse(nested, small())
    assert "嵌套过深" in next(iter(faults_of({"not": nested}).values()))
    parse({"all": [LEAF] * 199}, small())
    assert "条件过多" in faults_of({"all": [LEAF] * 200})["conditions.all[199]"]


def bomb() -> Any:
    layer: Any = [LEAF] * 1000
    for _ in range(6):
        layer = [{"any": layer}] * 1000
    return {"all": layer}


def deep() -> Any:
    rule: Any = LEAF
    for _ in range(100_000):
        rule = {"not": rule}
    return rule


@pytest.mark.parametrize(
    "rule",
    [
        bomb(),
        deep(),
        {"all": [3] * 1_000_000},
        {"all": [leaf("nobody", "eq", 1)] * 1_000_000},
        leaf("size", "in", [1] * 1_000_000),
        leaf("x" * 1_000_000, "eq", 1),
        leaf("remark", "eq", "x" * 1_000_000),
        leaf("size", "eq", 10**100_000),
        {str(key): key for key in range(100_000)},
    ],
    ids=[
        "wide and deep",
        "deep",
        "not conditions",
        "unknown facts",
        "members",
        "name",
        "text",
        "digits",
        "keys",
    ],
)
def test_a_hostile_rule_is_refused_quickly_and_in_few_words(rule: Any) -> None:
    started = time.process_time()
    with pytest.raises(RuleFaults) as refused:
        parse(rule, small())
    assert time.process_time() - started < 0.5
    assert len(str(refused.value)) < 10_000


def test_a_form_condition_knows_only_the_fields_it_is_given() -> None:
    fields = {
        "kind": FieldKind(FactType.ENUM, "类型", ("llc",)),
        "scan": FieldKind(FactType.OPAQUE, "扫描件"),
    }
    rule = {
        "all": [
            {"field": "later", "op": "eq", "value": 1},
            {"field": "kind", "op": "eq", "value": "nobody"},
            {"field": "scan", "op": "eq", "value": "x"},
            {"fact": "dibao", "op": "eq", "value": True},
            {"list": "members", "quant": "any", "where": {"all": []}},
            {"field": "kind", "op": "eq", "value": {"param": "unset"}},
        ]
    }
    with pytest.raises(RuleFaults) as refused:
        parse_form(rule, fields, path="show_if")
    assert {fault.path: fault.message[:13] for fault in refused.value.faults} == {
        "show_if.all[0].field": "本步和之前的步骤里没有“l",
        "show_if.all[1].value": "类型没有“nobody”这",
        "show_if.all[2].op": "扫描件是附件或列表，不能用",
        "show_if.all[3]": "这里的条件要写 field",
        "show_if.all[4].list": "表单条件不能用列表“mem",
        "show_if.all[5].value.param": "没有名为“unset”的地",
    }
