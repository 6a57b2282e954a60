"""What is foreseen for one subject is the definition, evaluated day by day: laws, and tempting dates."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.eligibility import renewals
from app.eligibility.assessment import region_params
from app.eligibility.definition import read_policy
from app.eligibility.errors import PolicyFaulty
from app.eligibility.foresight import notice_days, upcoming, why
from app.residents import fact_catalogue
from app.rules.ages import full_months
from app.rules.evaluation import evaluate
from tests.app.eligibility.population import people as some

law = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
tempting = [dt.date(2027, 2, 28), dt.date(2028, 2, 29), dt.date(2027, 3, 31), dt.date(2027, 12, 31)]
days = st.dates(dt.date(2026, 1, 1), dt.date(2028, 12, 31)) | st.sampled_from(tempting)
DAY = dt.timedelta(days=1)


def holds(policy, subject, day, params):
    """The definition, asked anew on a day."""
    return policy.in_force(day) and evaluate(policy.conditions, subject, as_of=day, params=params)


def by_definition(policies, subject, as_of, params, horizon):
    return {
        (policy.id, day, before, after)
        for policy in policies
        for ahead in range(1, horizon + 1)
        for day in [as_of + ahead * DAY]
        for before, after in [[holds(policy, subject, one, params) for one in (day - DAY, day)]]
        if before is not after
    }


@law
@given(st.integers(0, 5000), days, st.integers(1, 90), st.data())
def test_what_is_foreseen_is_the_difference_of_the_definition_day_by_day(seed, as_of, horizon, data):
    (subject,) = some.people(1, seed)
    edges = st.sampled_from([as_of + n * DAY for n in (-1, 0, 1, horizon - 1, horizon, horizon + 1)])
    near = edges | st.dates(as_of - 5 * DAY, as_of + (horizon + 5) * DAY)
    if data.draw(st.booleans()):
        born = data.draw(near | st.sampled_from([as_of.replace(day=28) + 3 * DAY, dt.date(2028, 2, 29)]))
        subject["birth_date"] = dt.date(born.year - 80, born.month, min(born.day, 28))
        subject["children"] = [{**item, "child_birth_date": born} for item in subject.get("children") or ()]
    places = st.integers(0, len(some.policies()) - 1)
    policies = [some.policies()[n] for n in data.draw(st.lists(places, min_size=1, max_size=6, unique=True))]
    begins, ends = sorted([data.draw(near), data.draw(near)])
    policies[0] = replace(policies[0], valid_from=begins, valid_to=ends)
    params = region_params(fact_catalogue.region_of(subject))
    found = upcoming(policies, subject, as_of=as_of, params=params, days=horizon)
    turned = {(one.policy.id, one.day, one.before, one.after) for one in found if not one.renewal}
    assert turned == by_definition(policies, subject, as_of, params, horizon)
    assert all(why(one, subject, params) for one in found)
    assert [one.day for one in found] == sorted(one.day for one in found)


def elder_allowance(**more):
    raw = dict(next(one for one in some.policies() if one.id == "cq-yuzhong-elder").raw)
    return read_policy({**raw, **more}, version=1)


@pytest.mark.parametrize(
    ("born", "day"),
    [
        (dt.date(1948, 2, 29), dt.date(2028, 2, 29)),  # 80 in a leap year: on the day itself
        (dt.date(1944, 2, 29), dt.date(2024, 2, 29)),
        (dt.date(1948, 2, 28), dt.date(2028, 2, 28)),
        (dt.date(1947, 12, 31), dt.date(2027, 12, 31)),
        (dt.date(1948, 1, 1), dt.date(2028, 1, 1)),
    ],
)
def test_the_birthday_is_the_day_foreseen(born, day):
    subject = {"birth_date": born, "hukou_region": "500103"}
    for before in (1, 2, 90):
        (found,) = upcoming(
            [elder_allowance()], subject, as_of=day - before * DAY, params=region_params("500103")
        )
        assert (found.kind, found.day) == ("begins", day)
    assert upcoming([elder_allowance()], subject, as_of=day, params=region_params("500103")) == []
    assert upcoming([elder_allowance()], subject, as_of=day - 91 * DAY, params=region_params("500103")) == []


def test_a_child_of_29_february_turns_three_on_1_march():
    policy = next(one for one in some.policies() if one.id == "cn-childcare-allowance")
    child = {"child_birth_date": dt.date(2024, 2, 29), "child_lawful": True, "child_nationality": "CHN"}
    family = {"is_guardian": True, "children": [child]}
    (found,) = upcoming([policy], family, as_of=dt.date(2027, 1, 1), params={})
    assert (found.kind, found.day, found.last_day) == ("ends", dt.date(2027, 3, 1), dt.date(2027, 2, 28))
    assert why(found, family, {}) == ["2027年3月1日孩子满3周岁"]


def test_what_is_unknown_may_begin_and_may_end():
    policy = replace(elder_allowance(), valid_from=dt.date(2026, 12, 1), valid_to=dt.date(2026, 12, 31))
    found = upcoming([policy], {"hukou_region": "500103"}, as_of=some.DAY, params={})
    assert [(one.kind, one.day) for one in found] == [
        ("may_begin", dt.date(2026, 12, 1)),
        ("may_end", dt.date(2027, 1, 1)),
    ]
    assert [why(one, {}, {}) for one in found] == [
        ["政策自2026年12月1日起实施"],
        ["政策到2026年12月31日结束"],
    ]


VERIFIED = "elder_allowance_verified_on"
YEARLY = {"every_months": 12, "notice_days": 60, "since": VERIFIED}


@law
@given(st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31)) | st.sampled_from(tempting), st.integers(1, 90))
def test_a_renewal_falls_due_when_its_months_are_full(since, ahead):
    policy = elder_allowance(renewal=YEARLY)
    due = next(day for day in (since + n * DAY for n in range(360, 372)) if full_months(since, day) == 12)
    subject = {"birth_date": dt.date(1936, 1, 1), "hukou_region": "500103", VERIFIED: since}
    (found,) = upcoming([policy], subject, as_of=due - ahead * DAY, params={})
    assert (found.kind, found.day, found.last_day) == ("renewal", due, due)
    assert notice_days(policy, found.kind) == 60
    assert "满12个月" in why(found, subject, {})[0]
    assert upcoming([policy], subject, as_of=due, params={}) == []  # announced before, not after


def test_nobody_renews_a_policy_that_is_over_by_then():
    policy = replace(elder_allowance(renewal=YEARLY), valid_to=dt.date(2026, 12, 1))
    subject = {"birth_date": dt.date(1936, 1, 1), "hukou_region": "500103", VERIFIED: dt.date(2025, 12, 20)}
    found = upcoming([policy], subject, as_of=some.DAY, params={})
    assert [one.kind for one in found] == ["ends"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"every_months": 0}, "renewal.every_months"),
        ({"every_months": True}, "renewal.every_months"),
        ({"notice_days": 91}, "renewal.notice_days"),
        ({"since": "age"}, "renewal.since"),
        ({"since": "dibao"}, "renewal.since"),
        ({"since": "nothing"}, "renewal.since"),
        ({"service_id": 7}, "renewal.service_id"),
        ({"more": 1}, "renewal"),
    ],
)
def test_a_renewal_that_makes_no_sense_is_refused_with_its_place(wrong, path):
    with pytest.raises(PolicyFaulty) as refused:
        elder_allowance(renewal={**YEARLY, **wrong})
    assert list(refused.value.errors) == [path]


def test_a_renewal_needs_somewhere_to_renew():
    assert list(renewals.faults({"audience": "person", "renewal": YEARLY})) == ["renewal.service_id"]
    assert renewals.faults({"audience": "person", "renewal": Decimal(1)}) != {}
