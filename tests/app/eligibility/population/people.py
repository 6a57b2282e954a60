"""Invented people over the real catalogue, by plain chance from a seed, and the real policies over them."""

import datetime as dt
from decimal import Decimal
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from app.eligibility.definition import read_policy
from app.eligibility.loading import plain
from app.eligibility.population.rulebook import Rulebook
from app.eligibility.types import Audience
from app.residents import fact_catalogue
from app.residents.columnar import Row
from app.rules.planes.tabulation import tabulated
from app.rules.types import Fact, FactType
from config import files

DAY = dt.date(2026, 11, 25)
REGIONS = ["500103", "500112", "340100", "341000", "120104"]


@cache
def policies() -> Any:
    return tuple(read_policy(plain(raw), version=1) for raw in files.read_all("policies"))


def book(as_of: dt.date = DAY, chosen: Any = None) -> Rulebook:
    return Rulebook.of(policies() if chosen is None else chosen, Audience.PERSON, as_of)


def people(size: int, seed: int = 7) -> list[dict[str, Any]]:
    chance = Random(seed)  # noqa: S311 (a test wants the same people again, not a secret)
    return [person("person", chance) for _ in range(size)]


def person(scope: str, chance: Random) -> dict[str, Any]:
    vocabulary = fact_catalogue.vocabulary()
    made = {
        fact.name: value(fact, chance)
        for fact in vocabulary.facts[scope].values()
        if not fact.derived_from and chance.random() < 0.9
    }
    for kind in vocabulary.lists.values():
        if kind.owner == scope and chance.random() < 0.9:
            made[kind.name] = [person(kind.name, chance) for _ in range(chance.choice([0, 1, 2]))]
    return made


def value(fact: Fact, chance: Random) -> Any:
    match fact.type:
        case FactType.BOOL:
            return chance.random() < 0.6
        case FactType.INT:
            return chance.randint(int(fact.minimum or 0), int(fact.maximum or 40))
        case FactType.DECIMAL:
            return Decimal(chance.randint(0, 60_000)) / 10
        case FactType.DATE:
            years = 4 if fact.subject == "children" or fact.name != "birth_date" else 100
            return DAY - dt.timedelta(days=chance.randint(-30, years * 365))
        case FactType.ENUM:
            return chance.choice(fact.values)
        case _:
            return chance.choice(REGIONS)


def rows(known: list[dict[str, Any]], changed_on: dt.date = DAY) -> list[Row]:
    return [
        Row(UUID(int=number + 1), fact_catalogue.region_of(values), changed_on, values)
        for number, values in enumerate(known)
    ]


def table(known: list[dict[str, Any]], needed: Any) -> Any:
    regions = [fact_catalogue.region_of(values) for values in known]
    return tabulated(known, fact_catalogue.vocabulary(), "person", needed, regions=regions)
