"""What a fact was before: kept with its time, sealed as it was, for two years, forgotten with its owner."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.foundation.transaction import atomic
from app.residents import closing, consents, exports, facts, history
from app.residents.models import PastFact, ResidentFact
from app.residents.types import Purpose
from tests.app.eligibility.knowing import learn

JANUARY, MAY, JUNE = date(2026, 1, 10), date(2026, 5, 1), date(2026, 6, 1)


@pytest.fixture
def person(sign_in, clock):
    person = sign_in.resident()
    with atomic():
        consents.grant(person.id, Purpose.MATCHING)
    return person


def told(person, day, **known):
    with atomic():
        learn(person.id, as_of_day=day, **known)


def on(person, *days):
    found = facts.on_days([person.id], days)[person.id]
    return [{name: known.value for name, known in found[day].items()} for day in days]


def test_a_fact_counts_from_the_day_it_was_stated_as_of_until_it_is_another(person, session):
    told(person, JANUARY, dibao=True)
    told(person, MAY, dibao=False)
    before = JANUARY - timedelta(days=1)
    assert on(person, before, JANUARY, MAY - timedelta(days=1), MAY, JUNE) == [
        {},
        {"dibao": True},
        {"dibao": True},
        {"dibao": False},
        {"dibao": False},
    ]
    row = session.scalars(select(PastFact)).one()
    assert (row.since, row.until, row.value) == (JANUARY, MAY, None)
    assert row.sealed is not None


def test_the_same_said_again_goes_on_and_is_no_past(person, session):
    told(person, JANUARY, dibao=True)
    told(person, MAY, dibao=True)
    assert on(person, JANUARY) == [{"dibao": True}]
    assert session.scalars(select(PastFact)).all() == []
    assert session.scalars(select(ResidentFact.as_of)).one() == MAY


def test_what_is_not_said_any_more_was_so_until_then(person, clock):
    told(person, JANUARY, dibao=True, hukou_region="500103")
    told(person, MAY, hukou_region="500103")
    assert on(person, MAY, date(2026, 6, 15)) == [
        {"dibao": True, "hukou_region": "500103"},
        {"hukou_region": "500103"},
    ]


def test_a_birth_date_was_always_so(person):
    told(person, MAY, birth_date="1944-03-07")
    assert on(person, JANUARY) == [{"birth_date": date(1944, 3, 7)}]


def test_a_department_beats_ones_own_word_of_the_same_day(person):
    with atomic():
        facts.state(person.id, "dibao", value=True)
    told(person, JANUARY, dibao=False)
    assert on(person, MAY) == [{"dibao": False}]


def test_a_copy_of_ones_data_has_what_was_before(person):
    told(person, JANUARY, dibao=True)
    told(person, MAY, dibao=False)
    with atomic():
        (own,) = exports.export(person.id)["subjects"]
    (earlier,) = own["earlier_facts"]
    assert earlier == {
        "name": "dibao",
        "kind": "registry",
        "value": True,
        "source": "测试部门",
        "since": JANUARY,
        "until": MAY,
    }


def test_what_is_older_than_two_years_is_forgotten(person, clock, session):
    told(person, JANUARY, dibao=True)
    told(person, MAY, dibao=False)
    clock.advance(days=700)
    with atomic():
        history.forget_old()
    assert len(session.scalars(select(PastFact)).all()) == 1
    clock.advance(days=60)
    with atomic():
        history.forget_old()
    assert session.scalars(select(PastFact)).all() == []


def test_the_past_goes_with_the_consent_and_with_the_account(person, clock, session):
    told(person, JANUARY, dibao=True)
    told(person, MAY, dibao=False)
    with atomic():
        consents.withdraw(person.id, Purpose.MATCHING)
    assert session.scalars(select(PastFact)).all() == []
    with atomic():
        facts.state(person.id, "dibao", value=True)
    session.query(ResidentFact).update({"since": JANUARY})
    session.expire_all()
    with atomic():
        facts.state(person.id, "dibao", value=False)
    assert len(session.scalars(select(PastFact)).all()) == 1
    with atomic():
        closing.request_closing(person.id)
    clock.advance(days=16)
    closing.erase_due()
    assert session.scalars(select(PastFact)).all() == []


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=6))
def test_periods_of_one_fact_never_overlap(stated):
    """Days stated in order: each day has the value that was stated last as of it or before."""
    ordered = sorted(dict(stated).items())
    periods = [
        (value, day, ordered[place + 1][0] if place + 1 < len(ordered) else None)
        for place, (day, value) in enumerate(ordered)
    ]

    class Row:
        def __init__(self, value, since):
            self.name, self.value, self.since = "dibao", value, since

    found = [(Row(value, since), until) for value, since, until in periods]
    for day in range(32):
        expected = [value for stated_on, value in ordered if stated_on <= day][-1:]
        assert [row.value for row in history.of_day(found, day)] == expected
