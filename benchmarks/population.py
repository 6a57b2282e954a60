"""A population as columns, made at once from a seed, and rules in the shapes of the real policies.

Shares and gaps are plausible, not counted: between none and 45 % of a fact is unknown. Whoever wants a
realistic population reads it from a snapshot.
"""

import copy
import datetime as dt
import json
import random
from typing import Any

import numpy as np

from app.residents import fact_catalogue
from app.rules.planes.columns import (
    Coded,
    Column,
    Dates,
    Flagged,
    Items,
    Numbers,
    Table,
    coded,
    first_known,
    narrowed,
)
from app.rules.planes.lowering import Needed
from app.rules.planes.spans import day_number
from app.rules.types import Fact, FactType
from config import files

DAY = dt.date(2026, 11, 25)
CITIES = ["5001", "5002", "3401", "3402", "3403", "3410", "1201"]
COUNTIES = [f"{city}{number:02d}" for city in CITIES for number in range(1, 17)]
RARE = {
    "dibao": 0.03, "dibao_edge": 0.02, "tekun": 0.004, "disability_cert_valid": 0.06, "veteran": 0.035,
    "business_registered": 0.07, "hard_to_employ": 0.03, "unemployed_registered": 0.04, "new_settler": 0.02,
    "rural_fp_eligible": 0.05, "flexible_registered": 0.08, "owns_local_home": 0.6, "credit_good": 0.95,
    "is_guardian": 0.3, "ui_benefit_receiving": 0.02, "in_care_institution": 0.01,
    "work_injury_nursing": 0.003,
    "family_difficulty_student": 0.03, "maternity_insured": 0.3, "household_property_ok": 0.7,
}  # fmt: skip
ORDINARY = 0.45
REGISTERED = {
    "birth_date": 0.0,
    "gender": 0.0,
    "hukou_region": 0.02,
    "residence_region": 0.05,
    "nationality": 0.0,
}
"""Gaps of what 公安 holds about everybody."""
LOCAL = 0.4


def table(size: int, needed: Needed, *, seed: int = 20260101) -> Table:
    """Return so many invented people with the columns needed."""
    return _table(size, needed, "person", np.random.default_rng(seed))


def _table(size: int, needed: Needed, scope: str, chance: Any) -> Table:
    facts = fact_catalogue.vocabulary().facts[scope]
    columns = {
        name: _column(facts[name], size, chance)
        for name in sorted(needed.facts)
        if not facts[name].derived_from
    }
    lists = {}
    for name, inner in needed.lists.items():
        counts = chance.choice([0, 1, 2, 3], size, p=[0.65, 0.22, 0.11, 0.02])
        known = chance.random(size) >= 0.08
        offsets = np.concatenate(([0], np.cumsum(np.where(known, counts, 0)))).astype(np.int64)
        lists[name] = Items(_table(int(offsets[-1]), inner, name, chance), offsets, known)
    areas = [columns[name] for name in fact_catalogue.REGION_FACTS if name in columns]
    regions = first_known([area for area in areas if isinstance(area, Coded)]) if areas else None
    return Table(size, columns, lists, regions)


def _column(fact: Fact, size: int, chance: Any) -> Column:
    gaps = REGISTERED.get(fact.name, (sum(map(ord, fact.name)) % 10) * 0.05)
    known = None if gaps == 0 else chance.random(size) >= gaps
    match fact.type:
        case FactType.BOOL:
            return Flagged(chance.random(size) < RARE.get(fact.name, ORDINARY), known)
        case FactType.INT:
            top = int(fact.maximum or 60)
            return Numbers(narrowed(np.minimum(chance.geometric(4 / (top + 4), size) - 1, top)), known)
        case FactType.DECIMAL:
            return Numbers(np.exp(chance.normal(8.2, 0.7, size)).astype(np.int32), known)
        case FactType.DATE:
            span = 98 * 365 if fact.name == "birth_date" else 18 * 365
            back = chance.beta(1.6, 2.0, size) * span
            return Dates((day_number(DAY) - back).astype(np.int32), known)
        case FactType.ENUM:
            return _coded(chance.integers(0, len(fact.values), size), fact.values, known)
        case _:
            return _coded(
                np.minimum(chance.geometric(0.03, size) - 1, len(COUNTIES) - 1), tuple(COUNTIES), known
            )


def _coded(places: Any, codes: tuple[str, ...], known: Any) -> Coded:
    return coded(places if known is None else np.where(known, places, -1), codes)


def rules(count: int, *, seed: int = 7) -> list[dict[str, Any]]:
    """Return conditions in the shapes of the real policies for people: other places, ages and thresholds."""
    chance = random.Random(seed)  # noqa: S311 (the same rules again, not a secret)
    shapes = [raw["conditions"] for raw in files.read_all("policies") if raw["audience"] == "person"]
    made: list[dict[str, Any]] = []
    seen: set[str] = set()
    while len(made) < count:
        rule = copy.deepcopy(shapes[len(made) % len(shapes)])
        _vary(rule, chance)
        if "hukou_region" not in json.dumps(rule, default=str) and chance.random() < LOCAL:
            rule = {"all": [*(rule.get("all") or [rule]), _here(chance)]}
        text = json.dumps(rule, sort_keys=True, default=str)
        if text not in seen or chance.random() < 0.02:
            seen.add(text)
            made.append(rule)
    return made


def _here(chance: random.Random) -> dict[str, Any]:
    lot = chance.random()
    area = (
        chance.choice(["50", "34", "12"])
        if lot < 0.5
        else chance.choice(CITIES if lot < 0.8 else COUNTIES[:40])
    )
    return {"fact": "hukou_region", "op": "prefix", "value": area}


def _vary(rule: Any, chance: random.Random) -> None:  # noqa: C901 (one a kind of value)
    """Change what a city would set differently; the shape stays."""
    for key in ("all", "any"):
        for member in rule.get(key, []):
            _vary(member, chance)
    for key in ("not", "where"):
        if key in rule:
            _vary(rule[key], chance)
    value, fact = rule.get("value"), rule.get("fact")
    if fact is None or isinstance(value, bool | dict) or value is None:
        return
    if fact.endswith("_region"):
        rule.update(op="prefix", value=_here(chance)["value"])
    elif isinstance(value, int) and value > 3:
        rule["value"] = value + chance.choice([0, 0, value // 6, -(value // 6)])
    elif rule["op"] == "between" and isinstance(value[0], int):
        rule["value"] = [value[0], value[1] + chance.choice([0, 1, 5])]
