"""The nouns of a form: field types, fields, steps, definitions, and what an answer can be."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from app.forms.prefill import Prefill
from app.rules.syntax import Node

Answers: TypeAlias = Mapping[str, object]
"""Field key → answer as JSON can hold it: dates and money are text, see each class of `app.forms.fields`."""

KnownRegion: TypeAlias = Callable[[str], bool]
"""Says whether a six-digit code is an administrative division that exists."""


class FieldType(StrEnum):
    """What a field asks for."""

    TEXT = "text"
    TEXTAREA = "textarea"
    IDCARD = "idcard"
    PHONE = "phone"
    DATE = "date"
    NUMBER = "number"
    MONEY = "money"
    SELECT = "select"
    MULTISELECT = "multiselect"
    BOOL = "bool"
    REGION = "region"
    ADDRESS = "address"
    BANKCARD = "bankcard"
    USCC = "uscc"
    FILE = "file"
    SIGNATURE = "signature"
    LIST = "list"
    DECLARATION = "declaration"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select: the code that is stored and the Chinese that is read."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form.

    `minimum` and `maximum` bound a number or the count of a list's items; `maxlen` counts code points;
    `readonly` locks the field to what its `prefill` source says, as long as that source says anything;
    `check_digit` is off for account numbers that have none (单位账户).
    """

    key: str
    label: str
    type: FieldType
    required: bool = False
    help: str = ""
    example: str = ""
    maxlen: int | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    pattern: re.Pattern[str] | None = None
    options: tuple[Option, ...] = ()
    prefill: Prefill | None = None
    readonly: bool = False
    sensitive: bool = False
    check_digit: bool = True
    default: object = None
    show_if: Node | None = None
    item_fields: tuple["Field", ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One page of a form; its fields show only while `show_if` holds."""

    title: str
    fields: tuple[Field, ...]
    show_if: Node | None = None


def _any_region(_code: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class FormDefinition:
    """A checked form: its steps, and the order in which visibility is worked out.

    `order` names every field key after the fields and step its visibility depends on; `step_of` maps a key to
    the number of its step, from 1.
    """

    id: str
    version: int
    steps: tuple[Step, ...]
    fields: Mapping[str, Field] = field(compare=False, repr=False)
    step_of: Mapping[str, int] = field(compare=False, repr=False)
    order: tuple[str, ...] = field(compare=False, repr=False)
    known_region: KnownRegion = field(default=_any_region, compare=False, repr=False)

    @property
    def sensitive_keys(self) -> frozenset[str]:
        """The fields whose answers are encrypted in the row; a list counts if a field of its items does."""
        return frozenset(
            key
            for key, one in self.fields.items()
            if one.sensitive or any(inner.sensitive for inner in one.item_fields)
        )
