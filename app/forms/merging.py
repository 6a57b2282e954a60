"""Takes in what a client sent: nothing unknown, nothing locked, nothing masked, nothing boundless."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isfinite

from app.forms.errors import FieldFault
from app.forms.fields import RULES, rule_of
from app.forms.fields.base import is_blank
from app.forms.fields.lists import item_limits
from app.forms.prefill import PrefilledValue
from app.forms.types import Answers, Field, FieldType, FormDefinition
from app.forms.visibility import Origin, state_of

LOCKED = "该项由系统读取，不能修改"
UNKNOWN = "表单里没有这一项，请刷新后再填"
TOO_MUCH = "填写的内容过长，请缩短"
UNSTORABLE = "含有无法保存的字符，请删除后重新输入"
LONGEST_TEXT = 5_000
LONGEST_NUMBER = 64
"""Bits of a whole number."""
MOST_UNKNOWN = 20
DEEPEST = 3
"""A signature in an item of a list is the deepest answer there is."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The draft after a save, and what of the save was refused, by field path.

    Refused values are not in `answers`; a caller that answers with `errors` must not store anything.
    """

    answers: dict[str, object]
    errors: dict[str, list[str]]


def merge(
    definition: FormDefinition,
    stored: Answers,
    incoming: Answers,
    prefilled: Mapping[str, PrefilledValue],
    *,
    step: int | None = None,
) -> Merged:
    """Return `stored` with what `incoming` changes; null takes an answer back.

    A value that fits its field is kept in its one spelling, a wrong one as typed, so that a draft can be
    resumed. A masked value that came back unchanged means "as it was". With `step`, fields of other steps are
    refused.
    """
    answers, errors = dict(stored), dict[str, list[str]]()
    for key, value in islice(incoming.items(), len(definition.fields) + MOST_UNKNOWN):
        field = definition.fields.get(key)
        if field is None or (step is not None and definition.step_of[key] != step):
            errors[f"{key!s:.40}"] = [UNKNOWN]
            continue
        try:
            taken = _taken(definition, field, value, stored, prefilled)
        except FieldFault as fault:
            errors |= {f"{key}.{place}" if place else key: texts for place, texts in fault.errors.items()}
            continue
        if taken is None:
            answers.pop(key, None)
        else:
            answers[key] = taken
    return Merged(answers, errors)


def _taken(
    definition: FormDefinition,
    field: Field,
    value: object,
    stored: Answers,
    prefilled: Mapping[str, PrefilledValue],
) -> object:
    """Return what to store for one field, None for nothing; raises FieldFault where it is refused."""
    state = state_of(definition, field, stored, prefilled)
    if state.origin is Origin.SOURCE:
        if not _is_same(definition, field, value, state.value):
            raise FieldFault(LOCKED)
        return None
    if is_blank(value):
        return None
    _bounded(value, field)
    if field.type is FieldType.LIST and isinstance(value, list):
        source = prefilled.get(field.key)
        known = [*_rows(stored.get(field.key)), *_rows(source.value if source else None)]
        value = [_unmask_item(field, item, known, index) for index, item in enumerate(value)]
        if source is not None and source.readonly and _rows(source.value):
            _check_rows(definition, field, value, _rows(source.value))
    elif is_masked(field, value, state.value):
        value = state.value
    try:
        return rule_of(field).clean(field, value, definition.known_region)
    except FieldFault:
        return value


def is_masked(field: Field, value: object, known: object) -> bool:
    """Say whether `value` is only the mask of what is known already."""
    rule = rule_of(field)
    return rule.masked(field) and isinstance(known, str) and bool(known) and value == rule.mask(known)


def _is_same(definition: FormDefinition, field: Field, value: object, known: object) -> bool:
    if is_blank(value) or value == known or is_masked(field, value, known):
        return True
    try:
        return rule_of(field).clean(field, value, definition.known_region) == known
    except FieldFault:
        return False


def _rows(value: object) -> list[Mapping[str, object]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list | tuple) else []


def _unmask_item(field: Field, item: object, known: Sequence[Mapping[str, object]], index: int) -> object:
    """Put back what a reply had masked: from the item at the same place, else from the only one that fits."""
    if not isinstance(item, Mapping):
        return item
    fresh = dict(item)
    for inner in field.item_fields:
        if inner.key not in fresh:
            continue
        same_place = known[index : index + 1]
        for rows in (same_place, known):
            fits = {
                str(row[inner.key]) for row in rows if is_masked(inner, fresh[inner.key], row.get(inner.key))
            }
            if len(fits) == 1:
                fresh[inner.key] = fits.pop()
                break
    return fresh


def _check_rows(
    definition: FormDefinition, field: Field, items: object, rows: Sequence[Mapping[str, object]]
) -> None:
    """Refuse an item whose locked cells are not those of one row that the source gave."""
    locked = [inner for inner in field.item_fields if inner.readonly]
    if not locked:
        return
    errors = {
        f"{index}.{locked[0].key}": [LOCKED]
        for index, item in enumerate(items if isinstance(items, list) else ())
        if isinstance(item, Mapping)
        and not any(all(_is_same_cell(definition, inner, item, row) for inner in locked) for row in rows)
    }
    if errors:
        raise FieldFault(errors=errors)


def _is_same_cell(
    definition: FormDefinition, inner: Field, item: Mapping[str, object], row: Mapping[str, object]
) -> bool:
    if inner.key not in item:
        return False
    said, rule = row.get(inner.key), RULES[inner.type]
    try:
        return rule.clean(inner, item[inner.key], definition.known_region) == rule.clean(
            inner, said, definition.known_region
        )
    except FieldFault:
        return item[inner.key] == said


def _bounded(value: object, field: Field) -> None:
    """Refuse what no draft may hold: text without end, too many items, nesting, NUL and lone surrogates."""
    most = max(item_limits(field)[1], len(field.options))
    _check_size(value, most, 0)


def _check_size(value: object, most: int, depth: int) -> None:
    if not _storable(value):
        raise FieldFault(UNSTORABLE)
    match value:
        case str():
            too_much = len(value) > LONGEST_TEXT
        case int():
            too_much = value.bit_length() > LONGEST_NUMBER
        case list() | Mapping():
            too_much = depth == DEEPEST or len(value) > most
        case _:
            too_much = False
    if too_much:
        raise FieldFault(TOO_MUCH)
    if isinstance(value, list | Mapping):
        for part in (*value, *value.values()) if isinstance(value, Mapping) else value:
            _check_size(part, most, depth + 1)


def _storable(value: object) -> bool:
    """Say whether JSONB takes it: no NUL, no lone surrogate, no NaN."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
    return not isinstance(value, float) or isfinite(value)
