"""The form-field component, run by itself."""

import pytest

from app.forms.types import FieldType

FIELD = "components/form-field/form-field"
OPTIONS = [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}]
CHANGES = {
    FieldType.TEXT: ("type", "张三", "张三"),
    FieldType.TEXTAREA: ("type", "两行", "两行"),
    FieldType.ADDRESS: ("type", "长江路1号", "长江路1号"),
    FieldType.IDCARD: ("type", "11010519491231002X", "11010519491231002X"),
    FieldType.PHONE: ("type", "13800138000", "13800138000"),
    FieldType.BANKCARD: ("type", "6222020000000000001", "6222020000000000001"),
    FieldType.USCC: ("type", "91110000600037341L", "91110000600037341L"),
    FieldType.NUMBER: ("type", "12", "12"),
    FieldType.MONEY: ("type", "12.50", "12.50"),
    FieldType.DATE: ("pickDay", "2026-01-31", "2026-01-31"),
    FieldType.SELECT: ("choose", "b", "b"),
    FieldType.BOOL: ("choose", "false", False),
    FieldType.MULTISELECT: ("check", ["a", "b"], ["a", "b"]),
    FieldType.DECLARATION: ("agree", ["agreed"], True),
    FieldType.SIGNATURE: ("type", "张三", {"kind": "typed", "text": "张三"}),
    FieldType.LIST: ("addItem", None, [{}]),
}


@pytest.fixture
def phone(new_phone, client, catalogue):
    return new_phone(client)


def field(kind, **changes):
    plain = {"key": "k", "label": "问题", "required": True, "readonly": False, "maxlen": None, "options": []}
    return plain | {"type": kind, "item_fields": []} | changes


@pytest.mark.parametrize("kind", CHANGES)
def test_an_answer_leaves_as_the_server_takes_it(phone, kind):
    method, given, told = CHANGES[kind]
    phone.draw(FIELD, field=field(kind, options=OPTIONS), value=None, path="k", errors={})
    events = phone.act(method, detail={"value": given})
    assert [event["detail"]["value"] for event in events] == [told]
    assert {event["name"] for event in events} == {"answered"}


def test_a_region_is_picked_level_by_level(phone):
    drawn = phone.draw(FIELD, field=field(FieldType.REGION), value=None, path="k", errors={})
    city = drawn["levels"][0]["names"].index("重庆市")
    phone.act("pickRegion", detail={"value": city}, depth=0)
    districts = phone.state["drawn"]["levels"][1]["names"]
    events = phone.act("pickRegion", detail={"value": districts.index("渝中区")}, depth=1)
    assert [event["detail"]["value"] for event in events] == ["500000", "500103"]


def test_what_a_source_vouches_for_cannot_be_changed(phone):
    read = {"source": "公安", "as_of": "2026-11-20", "state": "read"}
    drawn = phone.draw(
        FIELD, field=field(FieldType.TEXT, readonly=True, prefilled=read), value="陈", path="k"
    )
    assert drawn["control"] == "fixed"
    assert drawn["source"] == "来自公安，2026年11月20日"


def test_a_source_that_was_down_is_said_honestly(phone):
    down = {"source": "民政", "as_of": None, "state": "down"}
    drawn = phone.draw(FIELD, field=field(FieldType.TEXT, prefilled=down), value=None, path="k")
    assert drawn["source"] == "民政暂时没有读到，请您填写，办理时会核实"


def test_a_masked_number_is_rewritten_whole(phone):
    drawn = phone.draw(FIELD, field=field(FieldType.PHONE), value="138****8000", path="k", errors={})
    assert (drawn["masked"], drawn["keyboard"]) == (True, "text")
    assert phone.act("rewrite")[0]["detail"]["value"] is None


def test_errors_stand_under_their_own_question(phone):
    errors = {"k": ["身份证号应为18位"], "other": ["别处的"]}
    assert phone.draw(FIELD, field=field(FieldType.IDCARD), value="1", path="k", errors=errors)[
        "messages"
    ] == ["身份证号应为18位"]


def test_an_item_of_a_list_changes_by_itself(phone):
    items = [{"name": "甲"}, {"name": "乙"}]
    phone.draw(FIELD, field=field(FieldType.LIST), value=items, path="k", errors={})
    changed = {"key": "name", "value": "丙", "settled": False}
    told = phone.act("changeItem", detail=changed, index=1)[-1]["detail"]
    assert (told["value"], told["settled"]) == ([{"name": "甲"}, {"name": "丙"}], False)
    assert phone.act("removeItem", index=0)[-1]["detail"]["value"] == [{"name": "乙"}]


def test_no_star_is_chosen_beforehand_and_all_five_can_be(phone):
    levels = [
        {"score": score, "label": f"{score}", "tags": [{"value": "slow", "label": "慢"}]}
        for score in range(1, 6)
    ]
    drawn = phone.draw("components/rate/rate", levels=levels, chosen=[])
    assert (drawn["score"], drawn["tags"]) == (0, [])
    for score in range(1, 6):
        told = phone.act("choose", detail={"value": str(score)})[-1]["detail"]
        assert told == {"score": score, "tags": []}
