"""What must hold for every catalogue, rule, subject and day, unknowns and empty lists included."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.rules.compilation import compile_condition
from app.rules.evaluation import evaluate
from app.rules.explanation import asked_for, describe, explain
from app.rules.syntax import All, Not, dump, parse
from app.rules.syntax import Any as AnyOf
from app.rules.types import Derivation, Truth, Vocabulary
from app.rules.vocabulary import resolve_params
from tests.app.rules import plain_explanation
from tests.app.rules import strategies as some

law = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


def answered(vocabulary: Vocabulary, rule: Any, subject: Mapping[str, Any], as_of: dt.date) -> Truth:
    node = parse(rule, vocabulary)
    return evaluate(node, subject, as_of=as_of, params=resolve_params(vocabulary, "500103"))


@law
@given(st.data())
def test_the_closure_and_the_definition_agree_on_every_subject(data: st.DataObject) -> None:
    vocabulary = data.draw(some.vocabularies())
    node = parse(data.draw(some.rules(vocabulary)), vocabulary)
    params, as_of = resolve_params(vocabulary, "500103"), data.draw(some.as_of_days)
    condition = compile_condition(node, as_of=as_of, params=params)
    world = data.draw(some.worlds(vocabulary))
    for subject in (world, data.draw(some.views(world)), data.draw(some.messy_subjects(vocabulary)), {}):
        assert condition(subject) is evaluate(node, subject, as_of=as_of, params=params)


@law
@given(st.data())
def test_the_explanation_is_that_of_the_plain_definition_word_for_word(data: st.DataObject) -> None:
    vocabulary = data.draw(some.vocabularies())
    node = parse(data.draw(some.rules(vocabulary)), vocabulary)
    params, as_of = resolve_params(vocabulary, None), data.draw(some.as_of_days)
    for subject in (
        data.draw(some.views(data.draw(some.worlds(vocabulary)))),
        data.draw(some.messy_subjects(vocabulary)),
    ):
        explanation = explain(node, subject, as_of=as_of, params=params)
        assert explanation.truth is evaluate(node, subject, as_of=as_of, params=params)
        assert (explanation.truth is None) == bool(explanation.missing or explanation.missing_params)
        assert explanation == plain_explanation.explain(node, subject, as_of=as_of, params=params)
    assert describe(node, params=params)


@law
@given(st.data())
def test_a_tree_written_out_as_json_is_read_back_as_the_same_tree(data: st.DataObject) -> None:
    vocabulary = data.draw(some.vocabularies())
    node = parse(data.draw(some.rules(vocabulary)), vocabulary)
    written = json.loads(json.dumps(dump(node)))
    assert parse(written, vocabulary) == node
    assert dump(parse(written, vocabulary)) == written


@law
@given(st.data())
def test_double_negation_and_de_morgan_hold_in_three_answers(data: st.DataObject) -> None:
    vocabulary = data.draw(some.vocabularies())
    nodes = tuple(parse(rule, vocabulary) for rule in data.draw(st.lists(some.rules(vocabulary), max_size=3)))
    view = data.draw(some.views(data.draw(some.worlds(vocabulary))))
    context: Any = {"as_of": data.draw(some.as_of_days), "params": resolve_params(vocabulary, None)}
    denied = tuple(Not(node) for node in nodes)
    assert evaluate(Not(Not(All(nodes))), view, **context) is evaluate(All(nodes), view, **context)
    assert evaluate(Not(All(nodes)), view, **context) is evaluate(AnyOf(denied), view, **context)
    assert evaluate(Not(AnyOf(nodes)), view, **context) is evaluate(All(denied), view, **context)


@law
@given(st.data())
def test_learning_more_never_turns_yes_into_no_or_no_into_yes(data: st.DataObject) -> None:
    vocabulary = data.draw(some.vocabularies())
    rule, as_of = data.draw(some.rules(vocabulary, exists=False)), data.draw(some.as_of_days)
    world = data.draw(some.worlds(vocabulary))
    view = data.draw(some.views(world))
    known_now = answered(vocabulary, rule, view, as_of)
    if known_now is not None:
        assert answered(vocabulary, rule, world, as_of) is known_now


@law
@given(st.data())
def test_answering_everything_that_is_missing_decides(data: st.DataObject) -> None:
    vocabulary = data.draw(some.vocabularies())
    node = parse(data.draw(some.rules(vocabulary, exists=False)), vocabulary)
    params, as_of = resolve_params(vocabulary, None), data.draw(some.as_of_days)
    world = data.draw(some.worlds(vocabulary, dates_only=True))  # whoever is asked for a date has one
    view = data.draw(some.views(world))
    explanation = explain(node, view, as_of=as_of, params=params)
    learnt = learn(vocabulary, view, world, lambda name: name in explanation.missing)
    if not explanation.missing_params:
        assert evaluate(node, learnt, as_of=as_of, params=params) is not None


@law
@given(st.data())
def test_what_is_not_missing_never_changes_the_answer(data: st.DataObject) -> None:
    vocabulary = data.draw(some.vocabularies())
    node = parse(data.draw(some.rules(vocabulary, exists=False)), vocabulary)
    params, as_of = resolve_params(vocabulary, None), data.draw(some.as_of_days)
    world = data.draw(some.worlds(vocabulary))
    view = data.draw(some.views(world))
    explanation = explain(node, view, as_of=as_of, params=params)
    learnt = learn(vocabulary, view, world, lambda name: name not in explanation.missing)
    assert evaluate(node, learnt, as_of=as_of, params=params) is explanation.truth


@law
@given(st.data())
def test_on_a_whole_world_the_answer_is_that_of_ordinary_logic(data: st.DataObject) -> None:
    vocabulary = data.draw(some.vocabularies())
    rule, as_of = data.draw(some.rules(vocabulary)), data.draw(some.as_of_days)
    world = data.draw(some.worlds(vocabulary, dates_only=True))
    params = resolve_params(vocabulary, None)
    if None in params.values():
        params = {name: value if value is not None else 3 for name, value in params.items()}  # type: ignore[misc]
    expected = ordinary(rule, world, Ordinary(vocabulary, params, as_of, "person"))
    assert evaluate(parse(rule, vocabulary), world, as_of=as_of, params=params) is expected


def learn(
    vocabulary: Vocabulary,
    view: Mapping[str, Any],
    world: Mapping[str, Any],
    wanted: Callable[[str], bool],
    scope: str = "person",
    prefix: str = "",
) -> dict[str, Any]:
    """Fill in what the view does not know, as far as it is wanted, from the world it is a view of."""
    learnt = dict(view)
    for name, value in world.items():
        fact = vocabulary.fact(scope, name)
        if view.get(name) is None:
            if wanted(prefix + (asked_for(fact) if fact else name)):
                learnt[name] = value
        elif isinstance(value, list):
            pairs = zip(view[name], value, strict=True)
            learnt[name] = [learn(vocabulary, *pair, wanted, name, f"{prefix}{name}.") for pair in pairs]
    return learnt


class Ordinary:
    """A two-valued reading of a rule over a whole world, written without any of the product's machinery."""

    def __init__(self, vocabulary: Vocabulary, params: Mapping[str, Any], as_of: dt.date, scope: str) -> None:
        self.vocabulary, self.params, self.as_of, self.scope = vocabulary, params, as_of, scope


def ordinary(rule: Any, world: Mapping[str, Any], context: Ordinary) -> bool:
    if "all" in rule:
        return all(ordinary(member, world, context) for member in rule["all"])
    if "any" in rule:
        return any(ordinary(member, world, context) for member in rule["any"])
    if "not" in rule:
        return not ordinary(rule["not"], world, context)
    if "list" in rule:
        inside = Ordinary(context.vocabulary, context.params, context.as_of, rule["list"])
        answers = [ordinary(rule["where"], item, inside) for item in world[rule["list"]]]
        if rule["quant"] == "count":
            return compared(rule["op"], sum(answers), rule["value"], context)
        return any(answers) if rule["quant"] == "any" else all(answers)
    return leaf_holds(rule, world, context)


def leaf_holds(rule: Any, world: Mapping[str, Any], context: Ordinary) -> bool:
    fact = context.vocabulary.facts[context.scope][rule["fact"]]
    value = world.get(fact.name)
    if fact.derivation and world.get(str(fact.derived_from)) is not None:
        born, years = world[str(fact.derived_from)], fact.derivation is Derivation.FULL_YEARS
        value = birthdays(born, context.as_of, 12 if years else 1)
    if value is None or (fact.derivation and value < 0):
        return False  # in a whole world only what cannot apply has no value
    if rule["op"] == "exists":
        return True
    wanted = rule["value"]
    return compared(
        rule["op"], value, context.params[wanted["param"]] if isinstance(wanted, dict) else wanted, context
    )


def birthdays(born: dt.date, as_of: dt.date, months_each: int) -> int:
    """Count the anniversaries passed, one by one; -1 before birth."""
    if as_of < born:
        return -1
    passed = 0
    while True:
        years, month = divmod(born.month - 1 + (passed + 1) * months_each, 12)
        if (as_of.year, as_of.month, as_of.day) < (born.year + years, month + 1, born.day):
            return passed
        passed += 1


def compared(op: str, value: Any, wanted: Any, context: Ordinary) -> bool:
    if op == "within_days":
        return (
            context.as_of - dt.timedelta(days=int(wanted)) <= value <= context.as_of if wanted >= 0 else False
        )
    if op == "prefix":
        areas = wanted if isinstance(wanted, list) else [wanted]
        return any(value.startswith(area.rstrip("0") + "0" * (len(area.rstrip("0")) % 2)) for area in areas)
    return {
        "eq": lambda: value == wanted, "ne": lambda: value != wanted, "lt": lambda: value < wanted,
        "le": lambda: value <= wanted, "gt": lambda: value > wanted, "ge": lambda: value >= wanted,
        "in": lambda: value in wanted, "between": lambda: wanted[0] <= value <= wanted[1],
    }[op]()  # fmt: skip
