"""A definition that does not hold together is refused on load, with the path of every fault."""

from copy import deepcopy

import pytest

from app.forms.errors import FormFaults
from tests.app.forms.answering import SERVICES, load

NAME = {"key": "name", "label": "姓名", "type": "text"}
KIND = {
    "key": "kind",
    "label": "类别",
    "type": "select",
    "options": [{"v": "a", "t": "甲"}, {"v": "b", "t": "乙"}],
}
PROMISE = {"key": "promise", "label": "承诺", "type": "declaration", "required": True, "must_be": True}


def form(*fields, last=PROMISE, **step):
    return [
        {"title": "第一步", "fields": deepcopy(list(fields))},
        {"title": "承诺", "fields": [last], **step},
    ]


def asks(key: str, condition, **more):
    return {"key": key, "label": key, "type": "text", "show_if": condition, **more}


def eq(key: str, value) -> dict:
    return {"field": key, "op": "eq", "value": value}


REFUSED = {
    "a key twice": (form(NAME, NAME), "form_steps[0].fields[1].key", "已经有了"),
    "a type nobody knows": (form({**NAME, "type": "colour"}), "form_steps[0].fields[0].type", "没有“colour”"),
    "a look ahead": (
        form(asks("x", eq("later", "1")), last={**PROMISE, "key": "later"}),
        "form_steps[0].fields[0].show_if",
        "后面的第2步",
    ),
    "a field nobody knows": (
        form(asks("x", eq("nobody", "1"))),
        "form_steps[0].fields[0].show_if.field",
        "没有",
    ),
    "a loop": (
        form(asks("x", eq("y", "1")), asks("y", eq("x", "1"))),
        "form_steps[0].",
        "绕成了圈",
    ),
    "a loop with oneself": (form(asks("x", eq("x", "1"))), "form_steps[0].x", "绕成了圈"),
    "a step that depends on its own field": (
        form(NAME, show_if={"field": "promise", "op": "eq", "value": True}),
        "form_steps[1].",
        "绕成了圈",
    ),
    "a value that is no option": (
        form(KIND, asks("x", eq("kind", "c"))),
        "form_steps[0].fields[1].show_if.value",
        "没有“c”这个选项",
    ),
    "a step nobody can reach": (
        form(KIND, show_if={"all": [eq("kind", "a"), eq("kind", "b")]}),
        "form_steps[1]",
        "无论怎么填都不会出现",
    ),
    "a step behind a bound no answer can pass": (
        form(
            {"key": "n", "label": "数", "type": "number", "min": 1, "max": 4},
            show_if={"field": "n", "op": "gt", "value": 4},
        ),
        "form_steps[1]",
        "无论怎么填都不会出现",
    ),
    "a pattern nobody knows": (
        form({**NAME, "pattern": "any"}),
        "form_steps[0].fields[0].pattern",
        "没有名为“any”",
    ),
    "a code set nobody knows": (
        form({"key": "x", "label": "x", "type": "select", "codeset": "GB 0"}),
        "form_steps[0].fields[0].codeset",
        "没有名为“GB 0”",
    ),
    "bounds the wrong way round": (
        form({"key": "n", "label": "数", "type": "number", "min": 5, "max": 4}),
        "form_steps[0].fields[0].min",
        "大于上限",
    ),
    "an ID number that is not marked sensitive": (
        form({"key": "i", "label": "证号", "type": "idcard"}),
        "form_steps[0].fields[0].sensitive",
        "加密保存",
    ),
    "an ID number in a list that is not marked sensitive": (
        form(
            {
                "key": "l",
                "label": "人",
                "type": "list",
                "item_fields": [{"key": "i", "label": "号", "type": "idcard"}],
            }
        ),
        "form_steps[0].fields[0].item_fields[0].sensitive",
        "加密保存",
    ),
    "no declaration": (form(NAME, last={**NAME, "key": "other"}), "form_steps", "缺少承诺项"),
    "a declaration that need not be true": (
        form(NAME, last={**PROMISE, "must_be": False}),
        "form_steps[1].fields[0].must_be",
        "must_be: true",
    ),
    "a misspelt attribute": (form({**NAME, "requird": True}), "form_steps[0].fields[0]", "“requird”"),
    "an option twice": (
        form({**KIND, "options": [{"v": "a", "t": "甲"}, {"v": "a", "t": "乙"}]}),
        "form_steps[0].fields[0].options[1]",
        "重复",
    ),
    "a select without options": (
        form({"key": "x", "label": "x", "type": "select"}),
        "form_steps[0].fields[0].options",
        "缺少选项",
    ),
    "a list without fields": (
        form({"key": "x", "label": "x", "type": "list"}),
        "form_steps[0].fields[0].item_fields",
        "缺少",
    ),
    "a default that is no answer": (
        form({**KIND, "default": "z"}),
        "form_steps[0].fields[0].default",
        "默认值",
    ),
    "read-only without a source": (
        form({**NAME, "readonly": True}),
        "form_steps[0].fields[0].readonly",
        "prefill",
    ),
    "a source that is no place": (
        form({**NAME, "prefill": "证照.户籍地"}),
        "form_steps[0].fields[0].prefill",
        "段数",
    ),
    "no label": (form({"key": "x", "type": "text", "label": ""}), "form_steps[0].fields[0].label", "缺少"),
    "a key that is no key": (form({**NAME, "key": "姓名"}), "form_steps[0].fields[0].key", "小写字母"),
    "a step without fields": ([{"title": "空", "fields": []}], "form_steps[0]", "至少一个"),
    "no steps": ([], "form_steps", "至少要有一步"),
    "a text for a condition": (form(asks("x", "kind = a")), "form_steps[0].fields[0].show_if", "条件"),
}


@pytest.mark.parametrize(("raw", "path", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_faulty_definition_is_refused_with_its_path(raw, path, said) -> None:
    with pytest.raises(FormFaults) as caught:
        load(raw)
    assert any(fault.path.startswith(path) and said in fault.message for fault in caught.value.faults), (
        caught.value
    )


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(FormFaults) as caught:
        load(form({**NAME, "type": "colour"}, {**KIND, "default": "z"}, last={**PROMISE, "must_be": False}))
    assert {fault.path for fault in caught.value.faults} >= {
        "form_steps[0].fields[0].type",
        "form_steps[0].fields[1].default",
        "form_steps[1].fields[0].must_be",
    }


def test_a_condition_may_look_at_a_field_further_down_the_same_step() -> None:
    loaded = load(form(asks("x", eq("kind", "a")), KIND))
    assert loaded.order.index("kind") < loaded.order.index("x")


@pytest.mark.parametrize("name", SERVICES)
def test_every_real_form_loads(name: str) -> None:
    loaded = load(SERVICES[name]["form_steps"], form_id=name)
    assert len(loaded.fields) == sum(len(step["fields"]) for step in SERVICES[name]["form_steps"])
    assert set(loaded.order) == set(loaded.fields)


def test_a_list_counts_as_sensitive_for_the_sake_of_one_of_its_fields() -> None:
    loaded = load(SERVICES["svc-dibao"]["form_steps"])
    assert {"family", "id_no", "income_total", "bank_card"} <= loaded.sensitive_keys
    assert "name" not in loaded.sensitive_keys
