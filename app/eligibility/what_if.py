"""Facts as anybody may type them into a what-if (自测): checked against the catalogue, kept nowhere."""

from collections.abc import Mapping

from app.foundation.errors import InvalidInput
from app.residents import fact_catalogue
from app.rules.types import Fact
from app.rules.values import read_fact

MOST_ITEMS = 50


def read(given: Mapping[str, object], *, scope: str) -> dict[str, object]:
    """Return the values in the catalogue's types; raises InvalidInput naming each wrong one by its path.

    Derived facts (周岁年龄) may be given instead of the date that they come from; null is unknown.
    """
    errors: dict[str, list[str]] = {}
    values = _read_scope(given, scope, "facts", errors)
    if errors:
        raise InvalidInput(errors)
    return values


def _read_scope(
    given: Mapping[str, object], scope: str, path: str, errors: dict[str, list[str]]
) -> dict[str, object]:
    vocabulary = fact_catalogue.vocabulary()
    values: dict[str, object] = {}
    for name, raw in given.items():
        place = f"{path}.{name[:64]}"
        fact = vocabulary.fact(scope, name)
        kind = vocabulary.lists.get(name)
        if raw is None:
            continue
        if fact is not None:
            values[name] = _read_one(fact, raw, place, errors)
        elif kind is not None and kind.owner == scope:
            values[name] = _read_items(raw, name, place, errors)
        else:
            errors[place] = ["没有这项信息"]
    return values


def _read_one(fact: Fact, raw: object, place: str, errors: dict[str, list[str]]) -> object:
    value = read_fact(fact, raw)
    if value is None:
        errors[place] = [f"“{fact.label}”的格式不对"]
    return value


def _read_items(raw: object, scope: str, place: str, errors: dict[str, list[str]]) -> list[dict[str, object]]:
    if not isinstance(raw, list) or len(raw) > MOST_ITEMS or not all(isinstance(item, dict) for item in raw):
        errors[place] = [f"应为列表，最多{MOST_ITEMS}项"]
        return []
    return [_read_scope(item, scope, f"{place}.{number}", errors) for number, item in enumerate(raw)]
