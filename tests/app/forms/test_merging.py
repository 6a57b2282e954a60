"""What a client may change in a draft, and what it may not."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.forms.masking import mask
from app.forms.merging import LOCKED, TOO_MUCH, UNKNOWN, UNSTORABLE, merge
from app.forms.prefill import PrefilledValue, SourceState
from tests.app.forms.answering import FORMS
from tests.app.forms.test_path import ANYTHING, drafts

ELDER = FORMS["svc-elder-allowance"]
DIBAO = FORMS["svc-dibao"]
HIRES = FORMS["svc-job-expansion"]
ID, OTHER = "11010519491231002X", "500103194403020027"
SAID = {"id_no": PrefilledValue(ID, "公安人口库", date(2026, 11, 1))}


@given(drafts(), st.data())
def test_saving_twice_equals_saving_once(draft, data) -> None:
    form, typed = draft
    stored = merge(form, {}, typed, {}).answers
    keys = data.draw(st.sets(st.sampled_from([*sorted(form.fields), "nobody"])))
    incoming = {key: data.draw(ANYTHING) for key in sorted(keys)}
    once = merge(form, stored, incoming, {})
    twice = merge(form, once.answers, incoming, {})
    assert (once.answers, once.errors) == (twice.answers, twice.errors)
    again = merge(form, once.answers, once.answers, {})
    assert again.answers == once.answers


def test_a_locked_value_is_never_taken_from_the_client() -> None:
    merged = merge(ELDER, {}, {"id_no": OTHER, "lives_alone": True}, SAID)
    assert merged.answers == {"lives_alone": True}
    assert merged.errors == {"id_no": [LOCKED]}


@pytest.mark.parametrize("sent", [ID, ID.lower(), "110***********002X", None, ""])
def test_a_client_that_sends_a_locked_value_back_as_it_was_is_not_scolded(sent: Any) -> None:
    merged = merge(ELDER, {}, {"id_no": sent}, SAID)
    assert (merged.answers, merged.errors) == ({}, {})


@pytest.mark.parametrize("state", [SourceState.MISSING, SourceState.DOWN])
def test_a_locked_field_is_typed_where_its_source_is_silent(state: SourceState) -> None:
    merged = merge(
        ELDER, {}, {"id_no": ID.lower()}, {"id_no": PrefilledValue(None, "公安人口库", state=state)}
    )
    assert (merged.answers, merged.errors) == ({"id_no": ID}, {})


def test_a_masked_number_that_comes_back_means_as_it_was() -> None:
    stored = {"phone": "13800138000"}
    assert merge(ELDER, stored, {"phone": "138****8000"}, {}).answers == stored
    assert merge(ELDER, stored, {"phone": "139****8000"}, {}).answers == {"phone": "139****8000"}
    suggested = {"phone": PrefilledValue("13900139000", "本人绑定")}
    assert merge(ELDER, {}, {"phone": "139****9000"}, suggested).answers == {"phone": "13900139000"}


def test_masked_numbers_in_a_list_find_their_own_item_after_one_was_deleted() -> None:
    family = [
        {"f_name": "甲", "f_id": ID, "f_health": "good", "f_income": "0.00"},
        {"f_name": "乙", "f_id": OTHER, "f_health": "ill", "f_income": "10.00"},
    ]
    shown = mask(DIBAO.fields["family"], family)
    assert shown[0]["f_id"] != ID
    merged = merge(DIBAO, {"family": family}, {"family": shown[1:]}, {})
    assert merged.answers["family"] == family[1:]


ROWS = [
    {"h_name": "张一", "h_id": ID, "h_months": 5},
    {"h_name": "李二", "h_id": OTHER, "h_months": 4},
]
HIRED = {"hires": PrefilledValue(ROWS, "人社参保库", date(2026, 11, 1))}


def test_locked_cells_of_a_list_are_those_of_one_row_of_the_source() -> None:
    mine = [{**ROWS[1], "h_id": mask(HIRES.fields["hires"], ROWS)[1]["h_id"], "h_group": "graduate_2y"}]
    merged = merge(HIRES, {}, {"hires": mine}, HIRED)
    assert merged.errors == {}
    assert merged.answers["hires"] == [{**ROWS[1], "h_group": "graduate_2y"}]


@pytest.mark.parametrize(
    "forged", [{"h_months": 12}, {"h_name": "王三"}, {"h_id": ID}, {"h_months": None}, {"h_id": {}}]
)
def test_a_forged_cell_of_a_list_is_refused(forged: dict[str, Any]) -> None:
    mine = [{**ROWS[1], "h_group": "graduate_2y", **forged}]
    merged = merge(HIRES, {}, {"hires": mine}, HIRED)
    assert merged.errors == {"hires.0.h_name": [LOCKED]}
    assert merged.answers == {}


def test_an_item_that_is_no_item_cannot_hide_a_forged_one_behind_it() -> None:
    merged = merge(HIRES, {}, {"hires": ["x", {**ROWS[1], "h_months": 12}]}, HIRED)
    assert merged.errors == {"hires.1.h_name": [LOCKED]}


def test_a_half_filled_draft_keeps_what_was_typed() -> None:
    assert merge(ELDER, {}, {"id_no": "1101"}, {}).answers == {"id_no": "1101"}


def test_null_takes_an_answer_back() -> None:
    assert merge(ELDER, {"lives_alone": True}, {"lives_alone": None}, {}).answers == {}


def test_a_field_of_another_step_or_of_no_step_is_refused() -> None:
    merged = merge(ELDER, {}, {"phone": "13800138000", "nobody": 1, "lives_alone": False}, {}, step=1)
    assert merged.answers == {"lives_alone": False}
    assert merged.errors == {"phone": [UNKNOWN], "nobody": [UNKNOWN]}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("字" * 5_001, TOO_MUCH),
        ([[[["deep"]]]], TOO_MUCH),
        (["x"] * 51, TOO_MUCH),
        (10**5_000, TOO_MUCH),
        ("a\x00b", UNSTORABLE),
        ("\ud800", UNSTORABLE),
        ({"text\x00": "x"}, UNSTORABLE),
        (float("nan"), UNSTORABLE),
    ],
    ids=["long", "deep", "many", "digits", "nul", "surrogate", "nul in a key", "nan"],
)
def test_what_no_draft_can_hold_is_refused(value: Any, said: str) -> None:
    merged = merge(ELDER, {"name": "王"}, {"name": value}, {})
    assert merged.answers == {"name": "王"}
    assert merged.errors == {"name": [said]}


def test_the_number_of_complaints_is_bounded() -> None:
    flood = {f"k{n}": 1 for n in range(10_000)}
    assert len(merge(ELDER, {}, flood, {}).errors) <= 40
