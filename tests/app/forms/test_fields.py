"""Every field type: what it takes, in which spelling, and how it says what is wrong."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.forms.errors import FieldFault
from app.forms.fields import RULES, rule_of
from app.forms.masking import display, mask
from app.forms.types import Field, FieldType, Option
from tests.app.forms.answering import REGIONS, WORDS, valid, with_id_check, with_luhn, with_uscc_check

OPTIONS = (Option("a", "甲"), Option("b", "乙"), Option("c", "丙"))
INNER = (
    Field("f_name", "姓名", FieldType.TEXT, required=True, maxlen=10),
    Field("f_id", "身份证号", FieldType.IDCARD, sensitive=True),
)


def field(kind: FieldType, **more) -> Field:
    name = kind.value
    pattern = re.compile(WORDS["patterns"][name], re.ASCII) if name in WORDS["patterns"] else None
    options = OPTIONS if kind in (FieldType.SELECT, FieldType.MULTISELECT) else ()
    items = INNER if kind is FieldType.LIST else ()
    return replace(Field(name, "题目", kind, pattern=pattern, options=options, item_fields=items), **more)


def clean(kind: FieldType, value, **more):
    asked = field(kind, **more)
    return rule_of(asked).clean(asked, value, frozenset(REGIONS).__contains__)


def complaint(kind: FieldType, value, **more) -> str:
    with pytest.raises(FieldFault) as caught:
        clean(kind, value, **more)
    return "；".join(caught.value.messages)


WRONG = [
    ("text", 5, "请填写文字"),
    ("text", "字" * 101, "最多100个字"),
    ("text", "王\u202e秀英", "控制字符"),
    ("text", "王\x00", "控制字符"),
    ("text", "一\n二", "控制字符"),
    ("text", "王\ud800", "控制字符"),
    ("textarea", "一\x07", "控制字符"),
    ("idcard", "110105194912310021", "校验位"),
    ("idcard", "11010519491231002", "应为18位"),
    ("idcard", with_id_check("11010519490231002"), "格式不对"),
    ("idcard", 110105194912310029, "请填写18位"),
    ("idcard", "1" * 5_000, "请填写18位"),
    ("phone", "23800138000", "格式不对"),
    ("phone", "1380013800", "应为11位"),
    ("phone", "１３８００１３８０x0", "格式不对"),
    ("bankcard", "6222020000000000001", "校验位"),
    ("bankcard", "622202000000", "16至19位"),
    ("uscc", "911100006000373410", "校验位"),
    ("uscc", "91110000600037341", "应为18位"),
    ("uscc", "I1110000600037341L", "格式不对"),
    ("region", "500", "从列表中选择"),
    ("region", "５００１０３", "从列表中选择"),
    ("region", "999999", "没有这个地区"),
    ("date", "2026-02-30", "没有这一天"),
    ("date", "2026-2-3", "日期格式"),
    ("date", "20260203", "日期格式"),
    ("date", "0001-01-01", "年份应在"),
    ("date", 20260203, "日期格式"),
    ("number", "十二", "请填写数字"),
    ("number", True, "请填写数字"),
    ("number", float("nan"), "请填写数字"),
    ("number", float("inf"), "请填写数字"),
    ("number", 10**5_000, "请填写数字"),
    ("number", "1e9", "请填写数字"),
    ("number", 1.005, "最多2位小数"),
    ("money", "12.345", "最多2位小数"),
    ("money", [], "请填写数字"),
    ("select", "d", "选择一项"),
    ("select", ["a"], "选择一项"),
    ("multiselect", "a", "选项中选择"),
    ("multiselect", ["a", "z"], "选项中选择"),
    ("multiselect", [["a"]], "选项中选择"),
    ("bool", 1, "请选择"),
    ("bool", "true", "请选择"),
    ("declaration", False, "须勾选同意"),
    ("declaration", "yes", "勾选"),
    ("signature", "王秀英", "签名"),
    ("signature", {"kind": "typed", "text": " "}, "本人姓名"),
    ("signature", {"kind": "typed", "text": "王", "more": 1}, "签名"),
    ("signature", {"kind": "drawn", "attachment_id": "../../etc"}, "重新签名"),
    ("file", "picture.png", "重新上传"),
    ("file", {"id": 1}, "重新上传"),
    ("address", "路" * 201, "最多200个字"),
    ("list", {}, "逐项填写"),
    ("list", [{"f_name": "甲"}] * 51, "最多添加50项"),
    ("list", ["甲"], "请填写这一项"),
    ("list", [{"f_name": "甲", "f_role": "x"}], "没有这一项"),
]


@pytest.mark.parametrize(
    ("kind", "value", "said"), WRONG, ids=[f"{kind}-{n}" for n, (kind, *_) in enumerate(WRONG)]
)
def test_a_wrong_answer_is_refused_with_a_chinese_sentence_that_says_how_to_fix_it(kind, value, said) -> None:
    assert said in complaint(FieldType(kind), value)


def test_every_field_type_has_a_wrong_answer_in_the_corpus() -> None:
    assert {kind for kind, *_ in WRONG} == set(FieldType) == set(RULES)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("idcard", " 110105 19491231 002x ", "11010519491231002X"),
        ("idcard", "１１０１０５１９４９１２３１００２Ｘ", "11010519491231002X"),
        ("phone", "+86 138-0013-8000", "13800138000"),
        ("bankcard", "6222 0200 0000 0000 000", with_luhn("622202000000000000")),
        ("uscc", "91110000600037341l", "91110000600037341L"),
        ("uscc", with_uscc_check("N2340521MA2RAXXXX"), with_uscc_check("N2340521MA2RAXXXX")),
        ("number", "12.50", 12.5),
        ("number", 3.0, 3),
        ("money", "1,200.5", "1200.50"),
        ("money", "-0", "0.00"),
        ("text", " 古丽·阿依 ", "古丽·阿依"),
        ("text", "𠮷田", "𠮷田"),
        ("textarea", "一\r\n二", "一\n二"),
        ("multiselect", ["c", "a", "c"], ["a", "c"]),
        ("file", "0190A1B2-0000-7000-8000-000000000001", "0190a1b2-0000-7000-8000-000000000001"),
    ],
)
def test_what_keyboards_do_is_undone_and_kept_in_one_spelling(kind, value, kept) -> None:
    assert clean(FieldType(kind), value) == kept


def test_an_old_persons_number_of_a_county_that_was_renamed_is_taken() -> None:
    number = with_id_check("51020219440302002")  # 原四川省重庆市市中区
    assert clean(FieldType.IDCARD, number) == number


def test_a_length_counts_characters_as_people_do_not_bytes() -> None:
    assert clean(FieldType.TEXT, "𠮷" * 5, maxlen=5) == "𠮷" * 5
    assert "最多5个字，现在有6个" in complaint(FieldType.TEXT, "𠮷" * 6, maxlen=5)


def test_the_account_of_an_enterprise_needs_no_check_digit() -> None:
    assert clean(FieldType.BANKCARD, "6222020000000000001", check_digit=False) == "6222020000000000001"


def test_a_number_beyond_its_bound_is_told_the_bound() -> None:
    assert complaint(FieldType.NUMBER, 5, maximum=Decimal(4)) == "不能大于4，请核对"
    assert complaint(FieldType.MONEY, "0", minimum=Decimal("4354.0")) == "不能小于4354，请核对"


def test_a_fault_inside_a_list_names_the_item_and_its_field() -> None:
    with pytest.raises(FieldFault) as caught:
        clean(FieldType.LIST, [{"f_name": "甲"}, {"f_id": "1"}])
    assert set(caught.value.errors) == {"1.f_name", "1.f_id"}


def test_a_required_list_has_at_least_one_item() -> None:
    assert complaint(FieldType.LIST, [], required=True) == "至少添加1项"


SAMPLED = [kind for kind in FieldType if kind is not FieldType.LIST]


@pytest.mark.parametrize("kind", SAMPLED, ids=str)
@given(data=st.data())
def test_a_valid_answer_is_taken_and_cleaning_it_again_changes_nothing(kind: FieldType, data) -> None:
    answer = data.draw(valid(field(kind)))
    once = clean(kind, answer)
    assert clean(kind, once) == once
    assert json.loads(json.dumps(once)) == once


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", FieldType, ids=str)
@given(value=JSON)
def test_no_answer_whatever_breaks_a_field(kind: FieldType, value) -> None:
    taken, messages = attempt(kind, value)
    assert all(re.search(r"[\u4e00-\u9fff]", message) for message in messages)
    if not messages:
        assert clean(kind, taken) == taken


def attempt(kind: FieldType, value) -> tuple[object, list[str]]:
    try:
        return clean(kind, value), []
    except FieldFault as fault:
        return None, fault.messages


@pytest.mark.parametrize("kind", FieldType, ids=str)
def test_every_example_is_a_valid_answer(kind: FieldType) -> None:
    example = RULES[kind].example
    if example and kind is not FieldType.BANKCARD:
        clean(kind, example)
    if kind is FieldType.BANKCARD:
        assert "校验位" in complaint(kind, example), "nobody's real card stands in the help"


@pytest.mark.parametrize(
    ("kind", "value", "seen"),
    [
        ("idcard", "11010519491231002X", "110***********002X"),
        ("phone", "13800138000", "138****8000"),
        ("bankcard", "6222020000000000000", "**** 0000"),
        ("text", "普通文字", "普通文字"),
        ("select", "a", "甲"),
        ("multiselect", ["a", "c"], "甲、丙"),
        ("bool", False, "否"),
        ("date", "2026-01-05", "2026年1月5日"),
        ("signature", {"kind": "typed", "text": "王秀英"}, "王秀英"),
        ("list", [{"f_name": "甲", "f_id": "11010519491231002X"}], "姓名：甲，身份证号：110***********002X"),
    ],
)
def test_an_answer_is_read_in_chinese_with_its_numbers_masked(kind, value, seen) -> None:
    assert display(field(FieldType(kind)), value) == seen


def test_sensitive_text_is_masked_and_a_sensitive_choice_stays_usable() -> None:
    assert mask(field(FieldType.TEXT, sensitive=True), "残12345") == "残***"
    assert mask(field(FieldType.SELECT, sensitive=True), "a") == "a"
