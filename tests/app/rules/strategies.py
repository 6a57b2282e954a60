"""Hypothesis: random catalogues, rules over them, whole worlds, and what is known of a world (views).

A world is consistent: a fact that cannot apply has no value in it, and an age is either given or follows from
its date. A view is a world with parts forgotten; lists may be forgotten whole.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any

from hypothesis import strategies as st

from app.rules.types import Fact, FactType, Vocabulary
from app.rules.vocabulary import build_vocabulary

SCOPES = {"person": "children", "children": "toys", "toys": None}
REGIONS = ["500103", "500112", "500000", "340100", "341000", "110101", "500103001", "50"]
PREFIXES = ["50", "5001", "500103", "34", "000000", "500000", "3410"]
CODES = ["a", "b", "c"]
LEAP_DAYS = [dt.date(2024, 2, 29), dt.date(1960, 2, 29), dt.date(2020, 2, 29)]
COUNT_OPERATORS = ["eq", "ne", "lt", "le", "gt", "ge"]

days = st.one_of(
    st.sampled_from(LEAP_DAYS),
    st.dates(dt.date(1900, 1, 1), dt.date(1970, 12, 31)),
    st.dates(dt.date(2018, 1, 1), dt.date(2027, 12, 31)),
)
as_of_days = st.one_of(
    st.sampled_from([dt.date(2026, 11, 23), dt.date(2025, 2, 28), dt.date(2025, 3, 1), dt.date(2024, 2, 29)]),
    st.dates(dt.date(2019, 1, 1), dt.date(2027, 12, 31)),
)
small_ints = st.integers(-2, 6)
money = st.decimals(-1, 5, places=1)
scalars: dict[FactType, st.SearchStrategy[Any]] = {
    FactType.BOOL: st.booleans(),
    FactType.INT: small_ints,
    FactType.DECIMAL: st.one_of(small_ints, money),
    FactType.DATE: days,
    FactType.ENUM: st.sampled_from(CODES),
    FactType.REGION: st.sampled_from(REGIONS),
    FactType.TEXT: st.sampled_from(["x", "y", "甲"]),
}


@cache
def vocabulary_of(seed: int) -> Vocabulary:
    """One of the random catalogues, made once: making one costs more than a hundred answers."""
    chance = Random(seed)  # noqa: S311 (a test wants the same catalogue again, not a secret)
    facts = [fact for scope in SCOPES for fact in facts_of(scope, chance)]
    lists = {name: {"label": name, "subject": owner} for owner, name in SCOPES.items() if name}
    numbers = [None, -1, 0, 2, 3.5]
    areas = ("000000", "500000", "500103", "340000")
    params = {
        name: {"label": name, "by_region": {area: chance.choice(numbers) for area in areas}}
        for name in ("p0", "p1")
    }
    return build_vocabulary({"lists": lists, "facts": facts}, params)


def facts_of(scope: str, chance: Random) -> Iterator[dict[str, Any]]:
    place = {"subject": scope}
    flag: dict[str, Any] = {"name": f"{scope}_b1", "label": "乙类人员", "type": "bool", **place}
    if chance.random() < 0.5:
        flag["applicable_if"] = {"fact": f"{scope}_b0", "op": "eq", "value": chance.random() < 0.5}
    yield {"name": f"{scope}_b0", "label": "有甲", "type": "bool", **place}
    yield flag
    yield {"name": f"{scope}_day", "label": "日期", "type": "date", **place}
    age = {"name": f"{scope}_age", "label": "年龄", "type": "int", "derived_from": f"{scope}_day"}
    yield {**age, "unit": chance.choice(["岁", "月"]), **place}
    for index in range(chance.randint(1, 4)):
        kind = chance.choice(["int", "decimal", "date", "enum", "region", "text"])
        fact: dict[str, Any] = {"name": f"{scope}_f{index}", "label": f"第{index}项", "type": kind, **place}
        if kind == "enum":
            fact["values"] = CODES
        if chance.random() < 0.3:
            on = f"{scope}_b{chance.randint(0, 1)}"
            fact["applicable_if"] = {"fact": on, "op": "eq", "value": chance.random() < 0.5}
        yield fact


def vocabularies() -> st.SearchStrategy[Vocabulary]:
    return st.integers(0, 63).map(vocabulary_of)


def rules(vocabulary: Vocabulary, *, exists: bool = True, scope: str = "person") -> st.SearchStrategy[Any]:
    """Rules over the catalogue as data; shallow enough that the eight levels always suffice."""
    leaves = st.sampled_from(sorted(vocabulary.facts[scope])).flatmap(
        lambda name: leaf(vocabulary.facts[scope][name], vocabulary, exists=exists)
    )
    inner = SCOPES[scope]
    base = leaves if inner is None else leaves | list_nodes(vocabulary, inner, exists=exists)
    return st.recursive(
        base,
        lambda nodes: st.one_of(
            st.builds(lambda members: {"all": members}, st.lists(nodes, max_size=3)),
            st.builds(lambda members: {"any": members}, st.lists(nodes, max_size=3)),
            st.builds(lambda member: {"not": member}, nodes),
        ),
        max_leaves=4,
    ).filter(lambda rule: depth(rule) <= 8)


def list_nodes(vocabulary: Vocabulary, name: str, *, exists: bool) -> st.SearchStrategy[Any]:
    where = rules(vocabulary, exists=exists, scope=name)
    plain = st.builds(
        lambda quant, inner: {"list": name, "quant": quant, "where": inner},
        st.sampled_from(["any", "all"]),
        where,
    )
    counting = st.builds(
        lambda inner, op, value: {"list": name, "quant": "count", "where": inner, "op": op, "value": value},
        where,
        st.sampled_from(COUNT_OPERATORS),
        st.integers(0, 3),
    )
    return plain | counting


def leaf(fact: Fact, vocabulary: Vocabulary, *, exists: bool) -> st.SearchStrategy[Any]:
    one = scalars[fact.type]
    choices = [st.builds(lambda op, value: (op, value), st.sampled_from(["eq", "ne"]), one)]
    if fact.type is FactType.REGION:
        full = st.sampled_from([code for code in REGIONS if len(code) == 6])
        prefix = st.sampled_from(PREFIXES)
        choices = [
            st.tuples(st.sampled_from(["eq", "ne"]), full),
            st.tuples(st.just("in"), st.lists(full, max_size=2)),
        ]
        choices += [st.tuples(st.just("prefix"), prefix | st.lists(prefix, max_size=2))]
    elif fact.type is not FactType.BOOL:
        choices.append(st.tuples(st.just("in"), st.lists(one, max_size=3)))
    if fact.type in (FactType.INT, FactType.DECIMAL, FactType.DATE):
        choices.append(st.tuples(st.sampled_from(["lt", "le", "gt", "ge"]), one))
        choices.append(st.tuples(st.just("between"), st.tuples(one, one).map(sorted)))
    if fact.type in (FactType.INT, FactType.DECIMAL):
        param = st.sampled_from([{"param": "p0"}, {"param": "p1"}])
        choices.append(st.tuples(st.sampled_from(COUNT_OPERATORS), param))
    if fact.type is FactType.DATE:
        choices.append(st.tuples(st.just("within_days"), st.integers(0, 4000) | st.just({"param": "p0"})))
    said = st.one_of(choices).map(lambda pair: {"fact": fact.name, "op": pair[0], "value": pair[1]})
    return said | st.just({"fact": fact.name, "op": "exists"}) if exists else said


def depth(rule: Any) -> int:
    inner = rule.get("all") or rule.get("any") or [rule[key] for key in ("not", "where") if key in rule]
    return 1 + max((depth(member) for member in inner), default=0)


@st.composite
def worlds(
    draw: st.DrawFn, vocabulary: Vocabulary, scope: str = "person", *, dates_only: bool = False
) -> dict[str, Any]:
    """Draw a world; with `dates_only` every age follows from its date."""
    world: dict[str, Any] = {}
    age_given = not dates_only and draw(st.integers(0, 3)) == 0
    for fact in vocabulary.facts[scope].values():
        if fact.derivation is not None and not age_given:
            continue
        if fact.name == f"{scope}_day" and age_given:
            continue
        world[fact.name] = draw(scalars[fact.type])
    for flag in (f"{scope}_b0", f"{scope}_b1"):  # the flags first: others rest on them
        drop_inapplicable(world, vocabulary.facts[scope][flag])
    for fact in vocabulary.facts[scope].values():
        drop_inapplicable(world, fact)
    inner = SCOPES[scope]
    if inner is not None:
        world[inner] = draw(st.lists(worlds(vocabulary, inner, dates_only=dates_only), max_size=3))
    return world


def drop_inapplicable(world: dict[str, Any], fact: Fact) -> None:
    condition = fact.applicable_if
    if condition is not None and world.get(condition.name) != condition.value:
        world.pop(fact.name, None)


@st.composite
def views(draw: st.DrawFn, world: dict[str, Any]) -> dict[str, Any]:
    view: dict[str, Any] = {}
    for name, value in world.items():
        forgotten = draw(st.integers(0, 2)) == 0
        if forgotten:
            if draw(st.booleans()):
                view[name] = None
        elif isinstance(value, list):
            view[name] = [draw(views(item)) for item in value]
        else:
            view[name] = value
    return view


junk = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**20), st.floats(), st.text(max_size=3), st.datetimes(), days,
    st.sampled_from([Decimal("NaN"), Decimal("sNaN"), "2024-02-29", "3.0", "NaN", "1e999999"]),
    st.sampled_from([[], {}, [None, 3, {}]]), st.sampled_from(REGIONS), st.sampled_from(CODES),
)  # fmt: skip


def messy_subjects(vocabulary: Vocabulary) -> st.SearchStrategy[dict[str, Any]]:
    """What a careless caller could pass: any value under any name."""
    names = [name for facts in vocabulary.facts.values() for name in facts]
    item = st.dictionaries(st.sampled_from(names), junk, max_size=12)
    several = st.lists(item | junk, max_size=3)
    return st.builds(lambda facts, children: {**facts, "children": children}, item, several | junk)
