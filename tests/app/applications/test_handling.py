"""Stages of any shape: what opens when, what a refusal leads to, what a case waits for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.applications.errors import NotAllowedNow
from app.applications.stage_types import ENDED, StageState
from app.applications.stages.handling import Handling, fold
from app.applications.stages.plan import Plan
from app.applications.types import Event, EventKind
from app.catalogue.types import Stage

BEGIN = datetime(2026, 3, 2, 1, tzinfo=UTC)


def stage(name, *after, **kind):
    usual = {"id": name, "name": name, "department": "11", "after": after, "limit_days": 1}
    return Stage(**usual, **kind)


def ordinary(*stages):
    return Plan(stages, one_thing=False)


@st.composite
def plans(draw):
    """Any DAG: a stage follows some of those before it."""
    stages = []
    for number in range(draw(st.integers(1, 8))):
        after = draw(st.sets(st.sampled_from([s.id for s in stages]), max_size=3)) if stages else ()
        kind = {"clock": draw(st.sampled_from(["counted", "excluded"]))}
        if draw(st.booleans()):
            kind["when"] = {"field": "x", "op": "eq", "value": True}
        stages.append(stage(f"s{number}", *sorted(after), **kind))
    one_thing = draw(st.booleans())
    counted = [s.id for s in stages if not s.excluded]
    if not one_thing and counted and draw(st.booleans()):
        last = counted[-1]
        stages = [stage(s.id, *s.after, clock=s.clock, decides=True) if s.id == last else s for s in stages]
    return Plan(tuple(stages), one_thing)


def open_stages(handling):
    decisive = handling.plan.decisive
    return [
        name
        for name, standing in handling.standings.items()
        if standing.state is StageState.OPEN and (decisive is None or name != decisive.id)
    ]


def accepted(plan):
    details = {"stages": [s.id for s in plan.stages]}
    return Event(3, EventKind.ACCEPTED, BEGIN, "officer", "x", details)


def ended(number, name, outcome):
    details = {"stage": name, "outcome": outcome.value, "left": 0, "uncounted": False, "settled": False}
    at = BEGIN + timedelta(hours=number)
    return Event(3 + number, EventKind.STAGE_ENDED, at, "officer", "x", details)


@given(plans(), st.data())
def test_stages_open_in_their_order_and_none_is_forgotten(plan, data) -> None:
    events, handling = [accepted(plan)], Handling.begun(plan, BEGIN)
    while waiting := open_stages(handling):
        for name, standing in handling.standings.items():
            over = all(handling.standings[one].ended for one in plan.by_id[name].after)
            assert (standing.state is not StageState.WAITING) is over
        name = data.draw(st.sampled_from(waiting))
        outcome = data.draw(st.sampled_from([StageState.PASSED, StageState.REFUSED]))
        left = handling.left
        events.append(ended(len(events), name, outcome))
        handling = handling.after(events[-1])
        assert handling.left <= left
    assert fold(events, lambda _: plan) == handling
    assert handling.left == 0
    if plan.decisive is None:
        assert all(standing.state in ENDED for standing in handling.standings.values())


@given(plans(), st.data())
def test_what_was_approved_is_finished_and_what_was_stopped_is_over(plan, data) -> None:
    handling = Handling.begun(plan, BEGIN)
    while waiting := open_stages(handling):
        handling = handling.ended(data.draw(st.sampled_from(waiting)), StageState.PASSED, BEGIN)
    approved = handling.decided(BEGIN)
    while waiting := open_stages(approved):
        approved = approved.ended(waiting[0], StageState.PASSED, BEGIN)
    assert {standing.state for standing in approved.standings.values()} == {StageState.PASSED}
    stopped = Handling.begun(plan, BEGIN).stopped(BEGIN)
    assert all(standing.ended for standing in stopped.standings.values())


@given(plans())
def test_a_stage_that_is_not_open_does_not_end(plan) -> None:
    handling = Handling.begun(plan, BEGIN)
    shut = [name for name, standing in handling.standings.items() if standing.state is not StageState.OPEN]
    for name in [*shut, "nothing"]:
        with pytest.raises(NotAllowedNow):
            handling.ended(name, StageState.PASSED, BEGIN)


def test_in_an_ordinary_case_a_refusal_is_an_opinion() -> None:
    plan = ordinary(stage("check"), stage("review", "check"), stage("decide", "review", decides=True))
    handling = Handling.begun(plan, BEGIN).ended("check", StageState.REFUSED, BEGIN)
    assert handling.standings["review"].state is StageState.OPEN
    assert handling.unconfirmed == ("check",)


def test_in_a_matter_of_many_items_what_follows_a_refused_one_is_cancelled() -> None:
    plan = Plan((stage("a"), stage("b", "a"), stage("c", "b"), stage("d")), one_thing=True)
    handling = Handling.begun(plan, BEGIN).ended("a", StageState.REFUSED, BEGIN)
    states = {name: standing.state.value for name, standing in handling.standings.items()}
    assert states == {"a": "refused", "b": "cancelled", "c": "cancelled", "d": "open"}


def test_only_stages_that_do_not_count_are_being_done() -> None:
    plan = ordinary(stage("a", clock="excluded"), stage("b", "a"), stage("pay", "b", clock="excluded"))
    handling = Handling.begun(plan, BEGIN)
    assert handling.uncounted
    assert not handling.ended("a", StageState.PASSED, BEGIN).uncounted
