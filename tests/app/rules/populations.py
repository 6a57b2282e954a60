"""Many subjects at once, by plain chance from a seed: Hypothesis draws rules and seeds, not a million people.

Unknown facts, unknown and empty lists, days around 29 February and month ends, and values nobody can read.
"""

import datetime as dt
from decimal import Decimal
from random import Random
from typing import Any

from app.rules.types import Fact, FactType, Vocabulary
from tests.app.rules import strategies as some

HOMES = [None, "500103", "500112", "340100", "110101"]
RUBBISH = [
    "",
    "NaN",
    "3.0",
    "2024-02-29",
    True,
    7,
    [],
    dt.datetime(2024, 2, 29, tzinfo=dt.UTC),
    Decimal("NaN"),
]


def subjects(vocabulary: Vocabulary, seed: int, size: int, as_of: dt.date) -> list[dict[str, Any]]:
    chance = Random(seed)  # noqa: S311 (a test wants the same people again, not a secret)
    return [person(vocabulary, "person", chance, as_of) for _ in range(size)]


def homes(seed: int, size: int) -> list[str | None]:
    return Random(seed).choices(HOMES, k=size)  # noqa: S311 (as above)


def person(vocabulary: Vocabulary, scope: str, chance: Random, as_of: dt.date) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, fact in vocabulary.facts[scope].items():
        lot = chance.random()
        if lot < 0.65:
            made[name] = value(fact, chance, as_of)
        elif lot < 0.72:
            made[name] = chance.choice(RUBBISH)
        elif lot < 0.8:
            made[name] = None
    inner = some.SCOPES[scope]
    if inner is not None and chance.random() < 0.85:
        made[inner] = [
            person(vocabulary, inner, chance, as_of) for _ in range(chance.choice([0, 0, 1, 2, 3]))
        ]
    elif inner is not None and chance.random() < 0.3:
        made[inner] = chance.choice([None, "许多", [None, 3]])
    return made


def value(fact: Fact, chance: Random, as_of: dt.date) -> Any:  # noqa: PLR0911 (one a type)
    if fact.derivation is not None and chance.random() < 0.6:
        return None
    match fact.type:
        case FactType.BOOL:
            return chance.random() < 0.5
        case FactType.INT:
            return chance.randint(-2, 6)
        case FactType.DECIMAL:
            return chance.choice(
                [chance.randint(-2, 6), Decimal(chance.randint(-10, 50)) / 10, chance.randint(-1, 5) + 0.5]
            )
        case FactType.DATE:
            return day(chance, as_of)
        case FactType.ENUM:
            return chance.choice([*some.CODES, "z"])
        case FactType.REGION:
            return chance.choice([*some.REGIONS, "5"])
        case _:
            return chance.choice(["x", "y", "甲"])


def day(chance: Random, as_of: dt.date) -> Any:
    """A day near an anniversary of `as_of`, a leap day, a month end, or any."""
    lot = chance.random()
    if lot < 0.2:
        return chance.choice(some.LEAP_DAYS)
    if lot < 0.6:
        year, month = divmod(as_of.year * 12 + as_of.month - 1 - chance.randint(-2, 80), 12)
        near = dt.date(year, month + 1, 1) + dt.timedelta(days=as_of.day - 1 + chance.randint(-2, 2))
        return near.isoformat() if lot < 0.3 else near
    return as_of - dt.timedelta(days=chance.randint(-400, 30_000))
