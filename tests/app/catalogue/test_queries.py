"""What a resident finds in the catalogue."""

from datetime import date

import pytest

from app.catalogue import edition, loading, queries, regions
from app.catalogue.applicability import materials_for, stages_for
from app.foundation.transaction import atomic

AS_OF = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def catalogue(session):
    edition.forget()
    with atomic():
        loading.load()
    yield
    edition.forget()


def found(**filters):
    return [listing.item.id for listing in queries.find(limit=100, **filters)]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("高龄津贴", "svc-elder-allowance"),
        ("高龄补贴", "svc-elder-allowance"),
        ("低保", "svc-dibao"),
        ("失业金", "svc-unemployment"),
        ("公租房", "svc-public-rental"),
        ("营业执照 个体", "svc-individual-business"),
        ("异地就医", "svc-medical-remote"),
        ("　户口迁移！", "svc-hukou-move"),
    ],
)
def test_everyday_words_find_the_service_first(words, first) -> None:
    assert found(q=words)[0] == first


@pytest.mark.parametrize("words", ["！！！", "xyzzy", "%", "火箭"])
def test_words_that_say_nothing_find_nothing(words) -> None:
    assert found(q=words) == []


def test_a_region_finds_what_is_offered_in_it_around_it_and_inside_it() -> None:
    yuzhong, chongqing, beijing = found(region="500103"), found(region="500000"), found(region="110000")
    assert {"svc-elder-allowance", "svc-startup-loan", "svc-childcare"} <= set(yuzhong)
    assert "svc-elder-allowance" in chongqing
    assert "svc-elder-allowance" not in found(region="500105")
    assert set(beijing) == {"svc-childcare", "svc-medical-remote", "svc-care-coupon"}
    assert found(region="999999") == []


def test_themes_and_audiences_narrow_the_list() -> None:
    assert found(theme="person-elderly") == ["svc-elder-allowance", "svc-care-coupon", "svc-retire"]
    assert {"svc-startup-loan", "svc-ui-rebate"} <= set(found(audience="enterprise"))
    assert "svc-startup-loan" in found(audience="person")
    assert found(theme="nobody") == []


def test_pages_follow_one_another_without_gap_or_repeat() -> None:
    whole = found()
    pages = [queries.find(after=after, limit=7) for after in (0, 7, 14, 21)]
    assert [listing.item.id for page in pages for listing in page] == whole
    assert len(whole) == 19


def test_asking_again_asks_no_database(query_budget) -> None:
    queries.find(q="高龄")
    with query_budget(0):
        queries.find(q="低保")
        queries.service("svc-dibao")
        queries.themes()


def test_empty_themes_are_shown_too() -> None:
    assert len(queries.themes()) == 16
    assert queries.themes()[0].name == "出生"


def test_stages_that_do_not_apply_are_skipped_and_the_rest_close_ranks() -> None:
    item = queries.service("svc-care-coupon")
    assessed = stages_for(item, {"has_assessment": True}, as_of=AS_OF)
    assert {stage.id: stage.after for stage in assessed} == {
        "accept": (),
        "decide": ("accept",),
        "coupon": ("decide",),
    }
    assert len(stages_for(item, {"has_assessment": False}, as_of=AS_OF)) == 4


def test_materials_follow_the_answers() -> None:
    item = queries.service("svc-residence-permit")
    names = [one.name for one in materials_for(item, {"basis": "job"}, as_of=AS_OF)]
    assert names == ["居民身份证", "就业材料", "本人相片"]
    assert len(materials_for(item, {}, as_of=AS_OF)) == 2


def test_a_region_is_called_by_its_whole_name() -> None:
    assert regions.name("500103") == "重庆市渝中区"
    assert regions.name("50") == "重庆市"
    assert regions.name("000000") == "全国"
    assert regions.name("990000") == "990000"
