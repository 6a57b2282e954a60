"""An incremental day, and the days ahead, are the full difference: laws, not examples."""

import datetime as dt
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.eligibility.assessment import region_params
from app.eligibility.foresight import upcoming
from app.eligibility.population import foresight
from app.eligibility.population.incremental import stepped
from app.residents import fact_catalogue
from app.rules.evaluation import evaluate
from app.rules.foresight import turns
from app.rules.planes.answers import changes
from app.rules.planes.fingerprints import fingerprints
from app.rules.planes.kernel import answered
from app.rules.planes.tabulation import everything
from app.rules.types import FactType
from tests.app.eligibility.population import people as some

law = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
days = st.dates(dt.date(2026, 1, 1), dt.date(2028, 3, 1)) | st.sampled_from(
    [dt.date(2027, 2, 28), dt.date(2028, 2, 29)]
)


@law
@given(st.integers(0, 1000), days, st.integers(1, 40))
def test_an_incremental_day_is_the_full_difference(seed, day, passing):
    old, new = some.book(day), some.book(day + dt.timedelta(days=passing))
    before = some.people(150, seed)
    after = some.people(12, seed + 1) + before[12:]
    needed = old.needed | new.needed
    table_before, table_after = some.table(before, needed), some.table(after, needed)
    changed = fingerprints(table_before) != fingerprints(table_after)
    then, now = answered(old.program, table_before), answered(new.program, table_after)
    planes, found = stepped(then, table_after, old, new, changed=changed)
    assert np.array_equal(planes.surely, now.surely)
    assert np.array_equal(planes.possibly, now.possibly)
    full = changes(then, now)
    assert [found.rules.tolist(), found.rows.tolist()] == [full.rules.tolist(), full.rows.tolist()]
    assert [found.before.tolist(), found.after.tolist()] == [full.before.tolist(), full.after.tolist()]


@law
@given(st.integers(0, 1000))
def test_a_fingerprint_is_another_exactly_where_a_fact_is(seed):
    before = some.people(60, seed)
    after = [dict(person) for person in before]
    after[3]["dibao"] = not after[3].get("dibao")
    after[5]["children"] = [*(after[5].get("children") or []), {}]
    after[7].pop("birth_date", None)
    needed = everything(fact_catalogue.vocabulary(), "person")
    one, other = (fingerprints(some.table(people, needed)) for people in (before, after))
    other_order = fingerprints(some.table(before[::-1], needed))[::-1]
    assert np.flatnonzero(one != other).tolist() == [n for n in (3, 5, 7) if before[n] != after[n]]
    assert np.array_equal(one, other_order)


def test_a_fingerprint_tells_yes_no_and_unknown_of_every_flag_apart():
    vocabulary = fact_catalogue.vocabulary()
    flags = [fact.name for fact in vocabulary.facts["person"].values() if fact.type is FactType.BOOL]
    for start in (True, False, None):
        everybody = dict.fromkeys(flags, start)
        others = [{**everybody, name: not start} for name in flags]
        nobody_knows = [{**everybody, name: None} for name in flags]
        people = [everybody, *others, *(nobody_knows if start is not None else [])]
        found = fingerprints(some.table(people, everything(vocabulary, "person")))
        assert len(set(found.tolist())) == len(people) > 30


@law
@given(st.integers(0, 1000), st.integers(1, 30))
def test_the_days_ahead_of_a_population_are_those_of_each_subject(seed, horizon):
    known, book = some.people(60, seed), some.book()
    table = some.table(known, book.needed)
    today = answered(book.program, table)
    population = {
        (one.day, book.policies[rule].id, row, after == 2)
        for one in foresight.ahead(today, table, book, days=horizon)
        for rule, row, before, after in zip(
            *(getattr(one.changes, name).tolist() for name in ("rules", "rows", "before", "after")),
            strict=True,
        )
        if 2 in (before, after)
    }
    each = {
        (one.day, one.policy.id, row, one.after is True)
        for row, values in enumerate(known)
        for one in upcoming(
            book.policies,
            values,
            as_of=some.DAY,
            params=region_params(fact_catalogue.region_of(values)),
            days=horizon,
        )
        if True in (one.before, one.after) and not one.renewal
    }
    assert population == each


def test_the_eightieth_birthday_and_the_third_are_foreseen():
    born = dt.date(1946, 12, 20)
    elder = {"birth_date": born, "hukou_region": "500103"}
    found = {
        (one.policy.id, one.day, one.kind)
        for one in upcoming(some.book().policies, elder, as_of=some.DAY, params=region_params("500103"))
    }
    assert ("cq-yuzhong-elder", dt.date(2026, 12, 20), "begins") in found
    child = {"child_birth_date": dt.date(2024, 2, 29), "child_lawful": True, "child_nationality": "CHN"}
    family = {"is_guardian": True, "children": [child]}
    policy = next(policy for policy in some.policies() if policy.id == "cn-childcare-allowance")
    (turn,) = turns(policy.conditions, family, as_of=dt.date(2027, 1, 1), days=90, params={})
    assert (turn.day, turn.before, turn.after) == (dt.date(2027, 3, 1), True, False)


def test_a_policy_that_begins_or_ends_in_the_window_is_foreseen():
    policy = replace(some.policies()[0], valid_from=dt.date(2026, 12, 1), valid_to=dt.date(2026, 12, 31))
    known = some.people(400)
    eligible = [
        p
        for p in known
        if evaluate(policy.conditions, p, as_of=some.DAY, params=region_params("340100")) is True
    ]
    book = some.book(chosen=[policy])
    table = some.table(known, book.needed)
    days_ahead = {one.day for one in foresight.ahead(answered(book.program, table), table, book)}
    assert days_ahead >= ({dt.date(2026, 12, 1), dt.date(2027, 1, 1)} if eligible else set())
    assert min(days_ahead, default=dt.date(2026, 12, 1)) == dt.date(2026, 12, 1)
