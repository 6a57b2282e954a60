"""Many conditions at once are answered and explained as each alone."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.rules.evaluation import evaluate
from app.rules.panel import Panel
from app.rules.syntax import parse
from app.rules.vocabulary import resolve_params
from tests.app.rules import plain_explanation, populations
from tests.app.rules import strategies as some
from tests.app.rules.catalogue import policies, real


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.integers(0, 2**32))
def test_whatever_is_not_false_is_explained_word_for_word_as_alone(data: st.DataObject, seed: int) -> None:
    vocabulary, as_of = data.draw(some.vocabularies()), data.draw(some.as_of_days)
    rules: list[Any] = [data.draw(some.rules(vocabulary)) for _ in range(4)]
    rules += [{"all": data.draw(st.permutations(rules))} for _ in range(4)]
    nodes = [parse(rule, vocabulary) for rule in rules if some.depth(rule) <= 8]
    context: Any = {"as_of": as_of, "params": resolve_params(vocabulary, data.draw(st.sampled_from(HOMES)))}
    panel = Panel(nodes, region_name="<{}>".format, **context)
    for subject in (*populations.subjects(vocabulary, seed, 20, as_of), {}):
        assert panel.explained(subject) == {
            place: plain_explanation.explain(node, subject, region_name="<{}>".format, **context)
            for place, node in enumerate(nodes)
            if evaluate(node, subject, **context) is not False
        }


HOMES = populations.HOMES


def test_what_two_policies_ask_is_told_once() -> None:
    bodies = [body for body in policies().values() if body["audience"] == "person"]
    nodes = [parse(body["conditions"], real()) for body in bodies]
    params = resolve_params(real(), None)
    told = Panel([*nodes, *nodes], as_of=populations.dt.date(2026, 11, 25), params=params).explained({})
    assert told
    for place in range(len(nodes)):
        assert (place in told) is (place + len(nodes) in told)
        if place in told:
            again = told[place + len(nodes)]
            assert all(one is other for one, other in zip(told[place].reasons, again.reasons, strict=True))
