import pickle
from datetime import UTC, datetime
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.foundation import clock as product_clock
from app.foundation import deadlines, logging, masking, regions
from app.foundation.deadlines import DeadlinePassed
from app.foundation.errors import DomainError, InvalidInput, TooManyRequests, Unavailable
from app.foundation.ids import new_id


def test_ids_are_ordered_by_time_and_never_repeat():
    made = [new_id() for _ in range(5_000)]
    assert len(set(made)) == len(made)
    milliseconds = [value.int >> 80 for value in made]
    assert milliseconds == sorted(milliseconds)
    assert {(value.version, value.variant) for value in made} == {(7, RFC_4122)}


def test_a_day_begins_in_shanghai(clock):
    clock.set(datetime(2026, 6, 15, 15, 59, tzinfo=UTC))
    assert product_clock.today().isoformat() == "2026-06-15"
    clock.advance(minutes=1)
    assert product_clock.today().isoformat() == "2026-06-16"


@pytest.mark.parametrize(
    ("scope", "code", "covered"),
    [
        ("000000", "500103", True),
        ("500000", "500103", True),
        ("50", "500103", True),
        ("500103", "500103", True),
        ("500103", "500105", False),
        ("1", "110101", False),
        ("500103", "500000", False),
        ("340100", "340123", True),
        ("500103", "500103002003", True),
        ("500103002000", "500103002003", True),
        ("500103002000", "500103002130", True),
        ("500103002000", "500103012003", False),
        ("500103002003", "500103002003", True),
        ("500103002003", "500103", False),
        ("500103020000", "500103020001", True),
        ("500103020000", "500103021001", False),
        ("5001030", "500103002003", False),
    ],
)
def test_an_area_covers_what_lies_in_it_by_whole_levels(scope, code, covered):
    assert regions.covers(scope, code) is covered


def test_the_areas_around_a_place_go_up_to_the_nation():
    assert regions.ancestors("500103") == ("500103", "500100", "500000", "000000")
    assert regions.ancestors("000000") == ("000000",)
    assert regions.ancestors("500103002003") == (
        *("500103002003", "500103002000", "500103", "500100", "500000", "000000"),
    )
    assert regions.ancestors("340200001002") == ("340200001002", "340200001000", "340200", "340000", "000000")


@given(st.text(st.characters(exclude_characters="*"), min_size=3, max_size=40))
def test_a_mask_never_shows_everything(value):
    for mask in (masking.id_number, masking.phone, masking.card, masking.name, masking.text):
        assert mask(value) != value


def test_one_recognises_ones_own():
    assert masking.id_number("500103194403077429") == "500***********7429"
    assert masking.phone("13900007429") == "139****7429"
    assert masking.card("6222020200001234567") == "**** 4567"
    assert (masking.name("李雷"), masking.name("陈桂英")) == ("李*", "陈*英")


@pytest.mark.parametrize(
    "secret", ["500103194403077429", "13900007429", "Bearer abc.def", "access_token=abc"]
)
def test_what_looks_like_a_secret_is_blotted_out_of_a_log_line(secret):
    line = logging.blot(None, "", {"event": f"said {secret} aloud"})["event"]
    assert secret not in line
    assert line.startswith("said ")


def test_an_id_of_ours_stays_whole_in_a_log_line():
    for _ in range(20_000):
        value = str(new_id())
        assert logging.blot(None, "", {"id": value})["id"] == value


def test_after_the_deadline_no_statement_is_sent(session):
    deadlines.start(-1)
    with pytest.raises(DeadlinePassed):
        session.execute(select(1))
    deadlines.clear()
    assert session.execute(select(1)).scalar() == 1


@pytest.mark.parametrize(
    "refusal",
    [
        DomainError("说明"),
        TooManyRequests(retry_after=7),
        InvalidInput({"name": ["请填写"]}),
        Unavailable("部门没有应答", retry_after=3),
    ],
)
def test_a_refusal_travels_between_processes_as_it_is(refusal):
    found = pickle.loads(pickle.dumps(refusal))  # noqa: S301 our own bytes
    assert type(found) is type(refusal)
    assert (found.code, found.message, found.args) == (refusal.code, refusal.message, refusal.args)
    assert vars(found) == vars(refusal)
