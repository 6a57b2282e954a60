"""Rules and subjects over the real catalogue, by plain chance from a seed.

The strategies draw catalogues as well; a machine far away knows only the one that is installed there.
"""

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

from app.rules.types import Fact, FactType, Vocabulary
from app.rules.values import read_date, read_fact
from tests.app.rules import populations
from tests.app.rules import strategies as some

LEAVES = 5
ORDERED = (FactType.INT, FactType.DECIMAL, FactType.DATE)
NUMBERS = (FactType.INT, FactType.DECIMAL)
DAYS = [
    dt.date(2024, 2, 29), dt.date(2025, 2, 28), dt.date(2025, 3, 1), dt.date(2026, 11, 30),
    dt.date(2026, 12, 31), dt.date(2026, 11, 25),
]  # fmt: skip
"""Leap days, the days beside those that are missing, month ends, any."""


def subject(vocabulary: Vocabulary, scope: str, chance: Random, as_of: dt.date) -> dict[str, Any]:
    """What is stored of somebody: values as the product reads them, nothing where it cannot."""
    made: dict[str, Any] = {}
    for name, fact in vocabulary.facts[scope].items():
        if fact.derived_from or chance.random() < 0.25:
            continue
        raw = (
            chance.choice(populations.RUBBISH)
            if chance.random() < 0.05
            else value(fact, vocabulary, chance, as_of)
        )
        read = read_fact(fact, raw)
        if read is not None:
            made[name] = read
    for kind in vocabulary.lists.values():
        if kind.owner == scope and chance.random() < 0.8:
            made[kind.name] = [
                subject(vocabulary, kind.name, chance, as_of) for _ in range(chance.choice([0, 0, 1, 2, 3]))
            ]
    return made


def value(fact: Fact, vocabulary: Vocabulary, chance: Random, as_of: dt.date) -> Any:
    """A value near those that rules ask about."""
    if fact.type is FactType.ENUM:
        return chance.choice(fact.values)
    if fact.type in NUMBERS and chance.random() < 0.4:
        return number(vocabulary, chance)
    return populations.value(fact, chance, as_of)


def number(vocabulary: Vocabulary, chance: Random) -> Any:
    """A number that some region has set, or its neighbour."""
    bounds = sorted(
        {one for param in vocabulary.params.values() for one in param.by_region.values() if one is not None}
    )
    return int(chance.choice(bounds)) + chance.randint(-1, 1)


def rule(vocabulary: Vocabulary, scope: str, chance: Random, depth: int = 3) -> Any:
    """A rule over a scope and the lists below it."""
    lot = chance.random()
    if depth and lot < 0.45:
        members = [rule(vocabulary, scope, chance, depth - 1) for _ in range(chance.choice([0, 1, 2, 2, 3]))]
        return {chance.choice(["all", "any"]): members}
    if depth and lot < 0.6:
        return {"not": rule(vocabulary, scope, chance, depth - 1)}
    lists = [kind.name for kind in vocabulary.lists.values() if kind.owner == scope]
    if depth and lists and lot < 0.75:
        name = chance.choice(lists)
        asked = {"list": name, "where": rule(vocabulary, name, chance, depth - 1)}
        quant = chance.choice(["any", "all", "count"])
        counted = {"op": chance.choice(some.COUNT_OPERATORS), "value": chance.randint(0, 3)}
        return {**asked, "quant": quant, **(counted if quant == "count" else {})}
    return leaf(chance.choice(list(vocabulary.facts[scope].values())), vocabulary, chance)


def leaf(fact: Fact, vocabulary: Vocabulary, chance: Random) -> dict[str, Any]:
    """A comparison that the type of the fact allows."""

    def one() -> Any:
        return asked(fact, vocabulary, chance)

    choices: list[tuple[str, Any]] = [(chance.choice(["eq", "ne"]), one()), ("exists", None)]
    if fact.type is not FactType.BOOL:
        choices.append(("in", [one() for _ in range(chance.randint(0, 3))]))
    if fact.type in ORDERED:
        choices.append((chance.choice(["lt", "le", "gt", "ge"]), one()))
        choices.append(("between", sorted([one(), one()])))
    if fact.type in NUMBERS:
        choices.append(
            (chance.choice(some.COUNT_OPERATORS), {"param": chance.choice(sorted(vocabulary.params))})
        )
    if fact.type is FactType.DATE:
        choices.append(("within_days", chance.choice([0, 30, 365, 4000])))
    if fact.type is FactType.REGION:
        choices.append(("prefix", chance.choice(some.PREFIXES)))
    op, bound = chance.choice(choices)
    return {"fact": fact.name, "op": op, **({} if op == "exists" else {"value": bound})}


def asked(fact: Fact, vocabulary: Vocabulary, chance: Random) -> Any:  # noqa: PLR0911 (one a type)
    """A value that a rule may compare with."""
    match fact.type:
        case FactType.DATE:
            near = read_date(populations.day(chance, chance.choice(DAYS)))
            return near if chance.random() < 0.5 else chance.choice(some.LEAP_DAYS)
        case FactType.REGION:
            return chance.choice([code for code in some.REGIONS if len(code) == 6])
        case FactType.INT | FactType.DECIMAL if fact.derived_from:
            return chance.randint(0, 90)
        case FactType.DECIMAL if chance.random() < 0.3:
            return Decimal(chance.randint(-10, 50)) / 10
        case FactType.INT | FactType.DECIMAL:
            return number(vocabulary, chance) if chance.random() < 0.5 else chance.randint(-2, 6)
        case FactType.BOOL:
            return chance.random() < 0.5
        case _:
            return value(fact, vocabulary, chance, DAYS[0])
