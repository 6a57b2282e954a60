"""Which facts each department may state, and in which shape (config/facts.yaml); nothing else is believed."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from app.gateways.registries.departments import BY_SOURCE, Department
from config import files

_REGION = re.compile(r"\d{6}(?:\d{6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class DeclaredFact:
    """A fact's type, who answers for it, and of whom it speaks (person, enterprise, or a list)."""

    kind: str
    values: tuple[str, ...]
    department: Department | None
    subject: str


@dataclass(frozen=True, slots=True)
class Declared:
    """Every fact and list that any department answers for."""

    facts: Mapping[str, DeclaredFact]
    lists: Mapping[str, Department | None]

    def believes_fact(self, department: Department, name: str, value: object) -> bool:
        """Say whether `department` may state `name`, and `value` has its type."""
        fact = self.facts.get(name)
        return fact is not None and fact.department is department and _fits(fact, value)

    def believes_list(self, department: Department, name: str, items: object) -> bool:
        """Say whether `department` may state the list, and every entry is made of the list's own facts."""
        if self.lists.get(name) is not department or not isinstance(items, list):
            return False
        return all(isinstance(item, dict) and self._believes_item(name, item) for item in items)

    def _believes_item(self, name: str, item: Mapping[str, Any]) -> bool:
        known = {key: fact for key, fact in self.facts.items() if fact.subject == name}
        return all(
            key in known and (value is None or _fits(known[key], value)) for key, value in item.items()
        )


@cache
def declared() -> Declared:
    """Read config/facts.yaml once."""
    content = files.read("facts")
    facts = {
        entry["name"]: DeclaredFact(
            entry["type"],
            tuple(map(str, entry.get("values", ()))),
            BY_SOURCE.get(entry["source"]),
            entry["subject"],
        )
        for entry in content["facts"]
    }
    return Declared(facts, {name: BY_SOURCE.get(entry["source"]) for name, entry in content["lists"].items()})


def _fits(fact: DeclaredFact, value: object) -> bool:
    match fact.kind:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "decimal":
            return _is_decimal(value)
        case "date":
            return _is_date(value)
        case "enum":
            return isinstance(value, str) and value in fact.values
        case _:
            return isinstance(value, str) and _REGION.fullmatch(value) is not None


def _is_decimal(value: object) -> bool:
    if isinstance(value, str):
        try:
            return Decimal(value).is_finite()
        except InvalidOperation:
            return False
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False
