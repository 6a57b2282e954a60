"""Small changes of a policy that its worked cases must notice: one unit, one operator, one branch."""

import re
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from app.residents import fact_catalogue
from app.rules.types import Fact, FactType

Body = dict[str, Any]
Path = tuple[str | int, ...]

TURNED = {"le": "lt", "lt": "le", "ge": "gt", "gt": "ge", "eq": "ne", "ne": "eq"}
UNITS = {FactType.INT: Decimal(1), FactType.DECIMAL: Decimal("0.01")}
PER_MILLE = Decimal("0.001")


def mutants(body: Body) -> Iterator[tuple[str, Body]]:
    """Every changed policy with a name for the change: `conditions.all.0 value 80 → 81`."""
    for path, what, changed in _changes(body):
        mutant = deepcopy(body)
        if path:
            _parent(mutant, path)[path[-1]] = changed
        yield f"{'.'.join(map(str, path))} {what}", mutant


def _parent(body: Any, path: Path) -> Any:
    for step in path[:-1]:
        body = body[step]
    return body


def _changes(body: Body) -> Iterator[tuple[Path, str, Any]]:
    benefit, scope = body["benefit"], body["audience"]
    yield from _node(body["conditions"], scope, ("conditions",))
    for index, tier in enumerate(benefit.get("tiers", ())):
        here: Path = ("benefit", "tiers", index)
        yield from _node(tier["when"], scope, (*here, "when"))
        yield from _numbers(tier, here, {"amount": 1, "rate": PER_MILLE, "months": 1})
    if "per" in benefit:
        yield from _node(benefit["per"]["where"], benefit["per"]["list"], ("benefit", "per", "where"))
    yield from _numbers(benefit, ("benefit",), {"amount": 1})
    yield from _numbers(benefit.get("cap", {}), ("benefit", "cap"), {"value": 1})
    yield from _expression(benefit)
    for key in ("valid_from", "valid_to"):
        for days in (-1, 1) if body[key] else ():
            moved = date.fromisoformat(body[key]) + timedelta(days)
            yield (key,), f"→ {moved}", moved.isoformat()


def _numbers(body: Body, path: Path, units: dict[str, Any]) -> Iterator[tuple[Path, str, Any]]:
    for key, unit in units.items():
        if body.get(key) is not None:
            for moved in _either_side(body[key], unit):
                if moved >= 0:
                    yield (*path, key), f"{body[key]} → {moved}", moved


def _either_side(number: Any, unit: Any) -> tuple[Any, ...]:
    around = Decimal(str(number)) - Decimal(unit), Decimal(str(number)) + Decimal(unit)
    return tuple(int(one) if one == int(one) else float(one) for one in around)


def _expression(benefit: Body) -> Iterator[tuple[Path, str, Any]]:
    text = benefit.get("expr", "")
    for match in re.finditer(r"(?<![\w.])\d+(\.\d+)?", text):
        if re.search(r",\s*$", text[: match.start()]) and "round" in text and match.end() == len(text) - 1:
            continue  # the places that money is rounded to
        moved = str(Decimal(match[0]) + (Decimal(1) if match[1] is None else PER_MILLE))
        changed = text[: match.start()] + moved + text[match.end() :]
        yield ("benefit", "expr"), f"→ {changed}", changed


def _node(node: Body, scope: str, path: Path) -> Iterator[tuple[Path, str, Any]]:
    match node:
        case {"all": list(members)} | {"any": list(members)}:
            yield from _group(node, members, scope, path)
        case {"not": member}:
            yield path, "without its not", member
            yield from _node(member, scope, (*path, "not"))
        case {"list": name, "where": where}:
            yield from _list(node, path)
            yield from _node(where, name, (*path, "where"))
        case _:
            yield from _leaf(node, scope, path)


def _group(node: Body, members: list[Body], scope: str, path: Path) -> Iterator[tuple[Path, str, Any]]:
    kind, other = ("all", "any") if "all" in node else ("any", "all")
    yield path, f"{kind} → {other}", {other: members}
    for index, member in enumerate(members):
        yield (*path, kind), f"without {index}", members[:index] + members[index + 1 :]
        yield from _node(member, scope, (*path, kind, index))


def _list(node: Body, path: Path) -> Iterator[tuple[Path, str, Any]]:
    if node["quant"] == "count":
        for moved in _either_side(node["value"], 1):
            yield (*path, "value"), f"{node['value']} → {moved}", moved
        yield (*path, "op"), f"{node['op']} turned", TURNED[node["op"]]
    else:
        yield (*path, "quant"), "any ↔ all", "all" if node["quant"] == "any" else "any"


def _leaf(leaf: Body, scope: str, path: Path) -> Iterator[tuple[Path, str, Any]]:
    fact = fact_catalogue.vocabulary().fact(scope, leaf["fact"])
    assert fact is not None
    if leaf["op"] in TURNED:
        yield (*path, "op"), f"{leaf['op']} → {TURNED[leaf['op']]}", TURNED[leaf["op"]]
    yield from _value(fact, leaf["op"], leaf["value"], (*path, "value"))


def _value(fact: Fact, op: str, value: Any, here: Path) -> Iterator[tuple[Path, str, Any]]:
    match value:
        case bool():
            yield here, "the other truth", not value
        case list():
            yield from _ends(value, UNITS[fact.type], here) if op == "between" else _members(value, here)
        case str() if op == "prefix":
            yield here, "the next region", value[:-1] + str((int(value[-1]) + 1) % 10)
        case str():
            yield here, "another code", next(code for code in fact.values if code != value)
        case int() | float():
            unit = 1 if op == "within_days" else UNITS[fact.type]
            for moved in _either_side(value, unit):
                yield here, f"{value} → {moved}", moved


def _members(members: list[Any], here: Path) -> Iterator[tuple[Path, str, Any]]:
    for member in members:
        yield here, f"without {member}", [other for other in members if other != member]


def _ends(ends: list[Any], unit: Decimal, here: Path) -> Iterator[tuple[Path, str, Any]]:
    for index in (0, 1):
        for moved in _either_side(ends[index], unit):
            changed = [moved if place == index else end for place, end in enumerate(ends)]
            yield here, f"{ends} → {changed}", changed
