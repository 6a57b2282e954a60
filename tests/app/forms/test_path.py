"""The path is worked out from the answers alone, every time; what is hidden is kept and never submitted."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.forms import answers as answering
from app.forms.errors import FormIncomplete, StepNotFound
from app.forms.prefill import PrefilledValue, SourceState
from app.forms.types import FormDefinition
from app.forms.visibility import Origin, walk
from tests.app.forms.answering import AS_OF, FORMS, fill_in, valid

ANYTHING = st.none() | st.booleans() | st.integers(-5, 500) | st.text(max_size=5) | st.just([])


@st.composite
def drafts(draw) -> tuple[FormDefinition, dict[str, Any]]:
    form = FORMS[draw(st.sampled_from(sorted(FORMS)))]
    given_keys = draw(st.sets(st.sampled_from(sorted(form.fields))))
    return form, {key: draw(valid(form.fields[key]) | ANYTHING) for key in sorted(given_keys)}


def shape(path) -> list[tuple[int, list[str]]]:
    return [(step.number, [state.field.key for state in step.fields]) for step in path.steps]


@given(drafts(), st.data())
def test_the_path_depends_only_on_answers_that_show(draft, data) -> None:
    form, answers = draft
    path = walk(form, answers, {}, as_of=AS_OF)
    kept = {key: value for key, value in answers.items() if key not in path.hidden}
    noise = {key: data.draw(valid(form.fields[key]) | ANYTHING) for key in path.hidden}
    assert shape(walk(form, kept, {}, as_of=AS_OF)) == shape(path)
    assert shape(walk(form, {**kept, **noise}, {}, as_of=AS_OF)) == shape(path)


@given(drafts())
def test_every_field_is_on_the_path_or_hidden_and_steps_keep_their_order(draft) -> None:
    form, answers = draft
    path = walk(form, answers, {}, as_of=AS_OF)
    on_path = [state.field.key for step in path.steps for state in step.fields]
    assert sorted([*on_path, *path.hidden]) == sorted(form.fields)
    assert [step.number for step in path.steps] == sorted(step.number for step in path.steps)


@pytest.mark.parametrize("name", sorted(FORMS))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_resident_who_answers_what_shows_reaches_the_end_of_every_real_form(name: str, data) -> None:
    form = FORMS[name]
    stored = fill_in(form, {}, lambda field: data.draw(valid(field), label=field.key))
    assert answering.first_incomplete_step(form, stored, {}, as_of=AS_OF) is None
    path = walk(form, stored, {}, as_of=AS_OF)
    submitted = answering.submission(form, stored, {}, as_of=AS_OF).answers
    assert not submitted.keys() & path.hidden.keys()
    noise = {key: data.draw(valid(form.fields[key])) for key in path.hidden}
    assert answering.submission(form, {**stored, **noise}, {}, as_of=AS_OF).answers == submitted


ELDER = FORMS["svc-elder-allowance"]


def elder(**more: Any) -> dict[str, Any]:
    return {
        "name": "王秀英",
        "id_no": "11010519491231002X",
        "hukou_region": "500103",
        "live_region": "500103",
        "account_type": "social_card",
        "is_proxy": False,
        "phone": "13800138000",
        "promise": True,
        "sign": {"kind": "typed", "text": "王秀英"},
        **more,
    }


def test_the_bank_card_appears_only_if_she_chooses_it() -> None:
    social = walk(ELDER, elder(), {}, as_of=AS_OF)
    card = walk(ELDER, elder(account_type="bank_card"), {}, as_of=AS_OF)
    assert {"bank_card", "bank_name"} <= social.hidden.keys()
    assert not {"bank_card", "bank_name"} & card.hidden.keys()


def test_an_answer_that_is_hidden_itself_opens_nothing() -> None:
    form = FORMS["svc-afterlife"]
    open_path = walk(form, {"pension": True, "heir_multi": True}, {}, as_of=AS_OF)
    assert not {"heir_multi", "heir_share"} & open_path.hidden.keys()
    shut = walk(form, {"pension": False, "heir_multi": True}, {}, as_of=AS_OF)
    assert {"heir_multi", "heir_share"} <= shut.hidden.keys()


def test_what_was_not_asked_yet_hides_without_being_decided() -> None:
    answers = elder()
    del answers["account_type"]
    path = walk(ELDER, answers, {}, as_of=AS_OF)
    assert path.hidden["bank_card"] is False
    assert path.hidden["proxy_name"] is True


def test_an_answer_that_becomes_hidden_is_kept_and_comes_back() -> None:
    answers = elder(account_type="bank_card", bank_card="6222020000000000000", bank_name="工行")
    answers["account_type"] = "social_card"
    assert "bank_card" not in answering.submission(ELDER, answers, {}, as_of=AS_OF).answers
    answers["account_type"] = "bank_card"
    assert answering.submission(ELDER, answers, {}, as_of=AS_OF).answers["bank_name"] == "工行"


def test_changing_an_early_answer_reopens_only_the_step_that_depends_on_it() -> None:
    assert answering.first_incomplete_step(ELDER, elder(), {}, as_of=AS_OF) is None
    changed = elder(account_type="bank_card")
    assert answering.first_incomplete_step(ELDER, changed, {}, as_of=AS_OF) == 2
    with pytest.raises(FormIncomplete) as caught:
        answering.submission(ELDER, changed, {}, as_of=AS_OF)
    assert set(caught.value.errors) == {"bank_card", "bank_name"}
    assert caught.value.step == 2


def test_a_step_that_is_hidden_cannot_be_opened() -> None:
    form = FORMS["svc-public-rental"]
    with pytest.raises(StepNotFound):
        walk(form, {"want_subsidy": False}, {}, as_of=AS_OF).step(4)
    assert walk(form, {"want_subsidy": True}, {}, as_of=AS_OF).step(4).step.title == "账户"
    assert walk(form, {"want_subsidy": False}, {}, as_of=AS_OF).after(3) == 5


def test_saving_early_minds_what_is_wrong_but_not_what_is_missing() -> None:
    early = answering.validate_step(ELDER, 1, {"id_no": "1"}, {}, final=False, as_of=AS_OF)
    assert set(early.errors) == {"id_no"}
    assert early.next_step == 2
    late = answering.validate_step(ELDER, 1, {"id_no": "1"}, {}, final=True, as_of=AS_OF)
    assert {"id_no", "name", "hukou_region", "live_region"} == set(late.errors)
    assert late.next_step == 1


def test_a_step_of_defaults_is_done_only_after_somebody_looked_at_it() -> None:
    form = FORMS["svc-afterlife"]
    path = walk(form, {}, {}, as_of=AS_OF)
    defaults = [state for state in path.step(3).fields if state.origin is Origin.DEFAULT]
    assert len(defaults) == 5
    errors = answering.step_errors(form, path.step(3))
    assert errors["cancel_hukou"] == [answering.UNCONFIRMED]
    confirmed = answering.validate_step(
        form, 3, {"pay_account": "6222020000000000000"}, {}, final=True, as_of=AS_OF
    )
    assert confirmed.cleaned["cancel_hukou"] is True
    assert answering.step_errors(form, walk(form, confirmed.cleaned, {}, as_of=AS_OF).step(3)) == {}


def test_what_a_source_said_opens_the_path_and_is_named_in_the_submission() -> None:
    said = {
        "name": PrefilledValue("王秀英", "公安人口库", date(2026, 11, 1)),
        "hukou_region": PrefilledValue("500103", "居民户口簿", date(2026, 10, 1)),
    }
    answers = elder(name="别人")
    done = answering.submission(ELDER, answers, said, as_of=AS_OF)
    assert done.answers["name"] == "王秀英"
    assert done.provenance["name"] == answering.Provenance(Origin.SOURCE, "公安人口库", date(2026, 11, 1))
    assert done.provenance["hukou_region"].source == "居民户口簿"
    assert done.provenance["phone"].origin is Origin.ANSWER


@pytest.mark.parametrize("state", [SourceState.MISSING, SourceState.DOWN])
def test_a_locked_field_whose_source_is_silent_opens_for_typing_and_is_marked(state: SourceState) -> None:
    silent = {"name": PrefilledValue(None, "公安人口库", state=state)}
    shown = walk(ELDER, {}, silent, as_of=AS_OF).step(1).fields[0]
    assert (shown.locked, shown.marked, shown.value) == (False, True, None)
    done = answering.submission(ELDER, elder(), silent, as_of=AS_OF)
    assert done.provenance["name"].verify
    assert not done.provenance["phone"].verify


def test_what_a_source_says_in_a_shape_the_field_cannot_take_does_not_lock_anybody_out() -> None:
    odd = {"id_no": PrefilledValue("无", "公安人口库")}
    shown = walk(ELDER, {"id_no": "11010519491231002X"}, odd, as_of=AS_OF).step(1).fields[1]
    assert (shown.locked, shown.marked, shown.value) == (False, True, "11010519491231002X")
