"""Reads what somebody told us into the type of the fact; what cannot be understood is unknown, never false.

JSON has no dates and no decimals, so ISO dates and numbers written as text are understood too.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from math import isfinite

from app.rules.types import Fact, FactType, Subject

REGION_LENGTHS = (2, 4, 6, 9, 12)  # GB/T 2260 pairs, then the triples of GB/T 10114 (streets, villages)
ISO_LENGTH = 10
LONGEST_NUMBER = 40
NOTHING: Subject = {}


def read_bool(raw: object) -> bool | None:
    """Only true and false are booleans; 0, 1 and "是" are not."""
    return raw if isinstance(raw, bool) else None


def read_number(raw: object) -> int | Decimal | None:
    """Read a finite number, also one written as text; a bool is not a number, NaN is unknown."""
    if type(raw) is int:
        return raw
    if isinstance(raw, Decimal):
        return raw if raw.is_finite() else None
    if isinstance(raw, float):
        return Decimal(repr(raw)) if isfinite(raw) else None
    if isinstance(raw, str) and len(raw) <= LONGEST_NUMBER:
        return _number_from_text(raw)
    return None


def _number_from_text(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def read_date(raw: object) -> date | None:
    """Read a date or `YYYY-MM-DD`; a moment with a time of day is somebody else's to turn into a day."""
    if type(raw) is date:
        return raw
    if isinstance(raw, str) and len(raw) == ISO_LENGTH:
        try:
            return date.fromisoformat(raw)
        except ValueError:
            return None
    return None


def read_region(raw: object) -> str | None:
    """Read a region code with a whole number of levels: "500103", never half a pair."""
    if isinstance(raw, str) and len(raw) in REGION_LENGTHS and raw.isascii() and raw.isdigit():
        return raw
    return None


def read_text(raw: object) -> str | None:
    """Read text; a field left blank was not answered."""
    return raw if isinstance(raw, str) and raw else None


def read_choices(raw: object) -> tuple[object, ...] | None:
    """Read the ticked options of a multiselect."""
    return tuple(raw) if isinstance(raw, list | tuple) else None


def read_anything(raw: object) -> object | None:
    """Presence is all that can be asked of a file or a list; an empty one is not there."""
    return raw if raw not in ("", [], (), {}) else None


READERS: Mapping[FactType, Callable[[object], object | None]] = {
    FactType.BOOL: read_bool,
    FactType.INT: read_number,
    FactType.DECIMAL: read_number,
    FactType.DATE: read_date,
    FactType.ENUM: read_text,
    FactType.REGION: read_region,
    FactType.TEXT: read_text,
    FactType.CHOICES: read_choices,
    FactType.OPAQUE: read_anything,
}


def read_fact(fact: Fact, raw: object) -> object | None:
    """Read a raw value as the fact's type; a code outside the enum (性别 9 未说明) is unknown."""
    value = READERS[fact.type](raw)
    if fact.type is FactType.ENUM and value not in fact.values:
        return None
    return value


def read_items(subject: Subject, name: str) -> Sequence[Subject] | None:
    """Return the items of a list, None if unknown; an item that is no mapping is wholly unknown."""
    items = subject.get(name)
    if not isinstance(items, list | tuple):
        return None
    return [item if isinstance(item, Mapping) else NOTHING for item in items]
