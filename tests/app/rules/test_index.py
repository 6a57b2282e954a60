"""The index loses nobody: every condition that is not false is among the candidates."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.rules.evaluation import evaluate
from app.rules.index import Index, listed, most_selective
from app.rules.syntax import parse
from app.rules.vocabulary import resolve_params
from tests.app.rules import populations
from tests.app.rules import strategies as some
from tests.app.rules.catalogue import policies, real


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.integers(0, 2**32))
def test_every_condition_that_is_not_false_is_a_candidate(data: st.DataObject, seed: int) -> None:
    vocabulary = data.draw(some.vocabularies())
    as_of = data.draw(some.as_of_days)
    rules: list[Any] = [
        {"all": data.draw(st.lists(some.rules(vocabulary), min_size=1, max_size=3))} for _ in range(8)
    ]
    nodes = [parse(rule, vocabulary) for rule in rules if some.depth(rule) <= 8]
    index, params = Index(nodes, as_of=as_of), resolve_params(vocabulary, "500103")
    for subject in populations.subjects(vocabulary, seed, 30, as_of):
        answers = [evaluate(node, subject, as_of=as_of, params=params) for node in nodes]
        found = index.candidates(subject, params=params)
        assert {place for place, answer in enumerate(answers) if answer is not False} <= set(listed(found))


def test_a_real_policy_is_entered_under_the_question_that_most_people_fail() -> None:
    policy = policies()["cq-yuzhong-elder"]
    leaf = most_selective(parse(policy["conditions"], real(), policy["audience"]))
    assert leaf is not None
    assert leaf.name == "hukou_region"


def test_whoever_lives_elsewhere_is_not_asked_and_whose_home_is_unknown_is() -> None:
    policy = policies()["cq-yuzhong-elder"]
    index = Index([parse(policy["conditions"], real())], as_of=populations.dt.date(2026, 11, 25))
    params = resolve_params(real(), None)
    assert index.candidates({"hukou_region": "340100"}, params=params) == 0
    assert index.candidates({"hukou_region": "500103"}, params=params) == 1
    assert index.candidates({}, params=params) == 1
