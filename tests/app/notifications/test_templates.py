import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.notifications import templates
from app.notifications.errors import UnfitTemplateValues
from app.notifications.types import TemplateKind

MATCH = templates.all_templates()["policy_match"]
GOOD = {"thing1": "高龄补贴", "thing2": "600元/年", "thing3": "年满80周岁", "time4": "2026年11月23日 09:30"}
PARAMS = {"policy_id": "cq-yuzhong-elder"}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("thing1", "二十个字以内的任何文字123!"),
        ("phrase2", "已受理"),
        ("time3", "15:01"),
        ("time3", "2026年11月23日 15:01"),
        ("date3", "2026年12月1日"),
        ("date2", "2026-12-31"),
        ("amount2", "¥600.00"),
        ("amount2", "600元"),
        ("character_string6", "500103202611230000017"),
        ("number5", "3.5"),
        ("name1", "王小英"),
    ],
)
def test_a_value_that_obeys_wechats_rule_fits(field, text):
    assert templates.fits(field, text)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("thing1", ""),
        ("thing1", "一" * 21),
        ("thing1", "两\n行"),
        ("phrase2", "已受理了呀呀"),
        ("phrase2", "done"),
        ("time3", "2026年11月23日"),
        ("date3", "明天"),
        ("amount2", "六百元"),
        ("character_string6", "编号"),
        ("name1", "一二三四五六七八九十一"),
        ("number5", "1e5"),
    ],
)
def test_a_value_that_breaks_wechats_rule_does_not_fit(field, text):
    assert not templates.fits(field, text)


def test_a_long_text_is_shortened_on_code_points_with_an_ellipsis_counted():
    filled = templates.fill(MATCH, {**GOOD, "thing1": "很长的政策名称" * 5})
    assert len(filled["thing1"]) == templates.THING_LENGTH
    assert filled["thing1"].endswith("…")


def test_a_value_that_must_not_be_cut_is_refused_by_name_and_never_by_value():
    with pytest.raises(UnfitTemplateValues) as refusal:
        templates.fill(MATCH, {**GOOD, "time4": "秘密"})
    assert "time4" in str(refusal.value)
    assert "秘密" not in str(refusal.value)


@pytest.mark.parametrize("values", [{}, {"thing1": "缺"}, {**GOOD, "thing9": "多"}])
def test_fields_other_than_the_templates_are_refused(values):
    with pytest.raises(UnfitTemplateValues):
        templates.fill(MATCH, values)


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable() and text.strip()))
def test_whatever_is_printable_fits_a_thing_once_filled(text):
    filled = templates.fill(MATCH, {**GOOD, "thing1": text})
    assert templates.fits("thing1", filled["thing1"])


def test_a_page_is_one_of_ours_with_its_own_parameters():
    assert templates.page(MATCH, PARAMS) == "pages/matches/detail?policy_id=cq-yuzhong-elder"


@pytest.mark.parametrize("params", [{}, {"url": "https://evil.example"}, {**PARAMS, "next": "/"}])
def test_a_page_takes_no_parameter_that_is_not_declared(params):
    with pytest.raises(UnfitTemplateValues):
        templates.page(MATCH, params)


def test_a_page_parameter_cannot_break_out_of_its_place():
    page = templates.page(MATCH, {"policy_id": "x&url=//evil?a#b/../c"})
    assert page.count("?") == 1
    assert page.count("&") == 0
    assert "/" not in page.split("?")[1]


def test_a_moment_asks_for_three_templates_at_most_and_one_kind_only():
    for moment in templates.moments().values():
        kinds = {templates.all_templates()[key].kind for key in moment.templates}
        assert 0 < len(moment.templates) <= 3
        assert kinds in ({TemplateKind.ONE_TIME}, {TemplateKind.LONG_TERM})
