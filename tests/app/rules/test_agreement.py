"""One meaning, several machines: the definition, the closures, the planes and Polars give the same answers.

`PAIRS=1000000 pytest tests/app/rules/test_agreement.py` (`make soak`) asks for as many as one likes.
"""

import datetime as dt
import os
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.rules.compilation import compile_condition
from app.rules.evaluation import evaluate
from app.rules.planes.answers import truths
from app.rules.planes.calendar import touched
from app.rules.planes.kernel import answered
from app.rules.planes.lowering import lowered
from app.rules.planes.tabulation import everything, tabulated
from app.rules.syntax import parse
from app.rules.vocabulary import resolve_params
from tests.app.rules import populations
from tests.app.rules import strategies as some
from tests.app.rules.second_opinion import Opinion

PEOPLE, RULES = 80, 5
PAIRS = int(os.environ.get("PAIRS", "12000"))
many = settings(
    max_examples=-(-PAIRS // (PEOPLE * RULES)),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target],  # a seed does not shrink
)


@st.composite
def rules_and_people(draw: st.DrawFn) -> Any:
    vocabulary = draw(some.vocabularies())
    rules = [draw(some.rules(vocabulary)) for _ in range(RULES)]
    return vocabulary, rules, draw(some.as_of_days), draw(st.integers(0, 2**32))


@many
@given(rules_and_people())
def test_every_machine_gives_the_answer_of_the_definition(drawn: Any) -> None:
    vocabulary, rules, as_of, seed = drawn
    nodes = [parse(rule, vocabulary) for rule in rules]
    people, homes = populations.subjects(vocabulary, seed, PEOPLE, as_of), populations.homes(seed, PEOPLE)
    params = {home: resolve_params(vocabulary, home) for home in populations.HOMES}
    program = lowered(nodes, as_of=as_of, parameters=vocabulary.params)
    table = tabulated(people, vocabulary, "person", everything(vocabulary, "person"), regions=homes)
    planes = answered(program, table)
    in_parts = answered(program, table, chunk=64)
    assert np.array_equal(planes.surely, in_parts.surely)
    assert np.array_equal(planes.possibly, in_parts.possibly)
    opinion = Opinion(people, vocabulary, "person", homes, as_of)
    for number, (rule, node) in enumerate(zip(rules, nodes, strict=True)):
        closures = {home: compile_condition(node, as_of=as_of, params=params[home]) for home in params}
        second = opinion.answer(rule).to_list()
        for person, home, plane, other in zip(people, homes, truths(planes, number), second, strict=True):
            defined = evaluate(node, person, as_of=as_of, params=params[home])
            assert closures[home](person) is defined, (rule, person, home)
            assert plane is defined, (rule, person, home)
            assert other is defined, (rule, person, home)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(rules_and_people(), st.integers(1, 120), st.sampled_from([64, 128, 192]))
def test_whom_the_calendar_does_not_touch_keeps_the_answer(drawn: Any, days: int, chunk: int) -> None:
    vocabulary, rules, as_of, seed = drawn
    nodes = [parse(rule, vocabulary) for rule in rules]
    people, homes = populations.subjects(vocabulary, seed, PEOPLE, as_of), populations.homes(seed, PEOPLE)
    later = as_of + dt.timedelta(days=days)
    before, after = (lowered(nodes, as_of=day, parameters=vocabulary.params) for day in (as_of, later))
    table = tabulated(people, vocabulary, "person", everything(vocabulary, "person"), regions=homes)
    then, now = answered(before, table, chunk=chunk), answered(after, table)
    may_change = touched(table, before, after)
    for number in range(len(nodes)):
        for one, other, may in zip(truths(then, number), truths(now, number), may_change, strict=True):
            assert one is other or may
