"""The nouns of the condition language: facts, lists, parameters, and the catalogue of them all."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.rules.syntax import Node

Truth = bool | None
"""Kleene's three answers; None is unknown, never false."""

Subject = Mapping[str, object]
"""What is known about one person, enterprise or list item: a missing key or None is unknown, a list fact is a
sequence of mappings."""

Params = Mapping[str, Decimal | None]
"""Regional parameters already looked up for the subject's region; a missing key or None is unknown."""

Scalar = bool | int | Decimal | date | str


class FactType(StrEnum):
    """What a fact or a form field can hold."""

    BOOL = "bool"
    INT = "int"
    DECIMAL = "decimal"
    DATE = "date"
    ENUM = "enum"
    REGION = "region"
    TEXT = "text"
    CHOICES = "choices"  # several of an enum: a multiselect of a form
    OPAQUE = "opaque"  # a file, a signature, a list: only its presence can be asked for


class Operator(StrEnum):
    """The eleven operators of a leaf."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    BETWEEN = "between"
    PREFIX = "prefix"
    WITHIN_DAYS = "within_days"
    EXISTS = "exists"


class Quantifier(StrEnum):
    """How a condition speaks about the items of a list."""

    ANY = "any"
    ALL = "all"
    COUNT = "count"


class Derivation(StrEnum):
    """How a number is derived from a date at `as_of`."""

    FULL_YEARS = "full_years"
    FULL_MONTHS = "full_months"


class Asking(StrEnum):
    """How a missing fact is obtained; fetching costs the resident less than asking."""

    FETCH = "fetch"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Fact:
    """One entry of the fact catalogue, or one field of a form seen as a fact.

    `values` are the codes of an enum, `labels` the Chinese for them (also for the grades of a small int);
    `minimum` and `maximum` bound a number nobody has told us; `applicable_if` false makes every leaf false.
    """

    name: str
    label: str
    type: FactType
    subject: str
    unit: str = ""
    values: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    sensitive: bool = False
    derived_from: str | None = None
    derivation: Derivation | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    how: Asking = Asking.FETCH
    question: str = ""
    applicable_if: "Node | None" = None


@dataclass(frozen=True, slots=True)
class FieldKind:
    """What a form tells the language about one of its fields: type, Chinese label, codes and their labels."""

    type: FactType
    label: str = ""
    values: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListKind:
    """A list a subject has (子女 of a person, 新招用人员 of an enterprise).

    Its items are a scope of their own, named like the list; `owner` is the scope that has the list.
    """

    name: str
    label: str
    owner: str
    item_label: str
    source: str = ""
    sensitive: bool = False
    how: Asking = Asking.FETCH
    question: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number every region sets for itself; `by_region` maps codes to it, None = not yet entered.

    Where a region entered since when each number holds, `dated` has them by region, earliest first, and
    `by_region` the last of them.
    """

    name: str
    label: str
    by_region: Mapping[str, Decimal | None]
    verification: str = ""
    note: str = ""
    dated: Mapping[str, tuple[tuple[date, Decimal | None], ...]] = field(default_factory=dict)

    def on(self, day: date) -> "Parameter":
        """Return it as it stood on a day; before a region's first number it is not known there."""
        if not self.dated:
            return self
        then = {
            region: next((number for since, number in reversed(numbers) if since <= day), None)
            for region, numbers in self.dated.items()
        }
        return replace(self, by_region={**self.by_region, **then}, dated={})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything a condition may name: facts by scope, lists, parameters."""

    facts: Mapping[str, Mapping[str, Fact]]
    lists: Mapping[str, ListKind]
    params: Mapping[str, Parameter]

    def params_on(self, day: date) -> Mapping[str, Parameter]:
        """Return the parameters as they stood on a day."""
        return {name: param.on(day) for name, param in self.params.items()}

    def fact(self, scope: str, name: str) -> Fact | None:
        """Return a fact of the scope, or None if the catalogue has none of that name there."""
        return self.facts.get(scope, {}).get(name)

    def find(self, scope: str, path: str) -> "Fact | ListKind | None":
        """Return what a name of `missing` stands for: `dibao`, `children` or `children.child_lawful`."""
        *outer, name = path.split(".")
        return self.fact(outer[-1] if outer else scope, name) or self.lists.get(name)

    def scope_of(self, name: str) -> str | None:
        """Return the scope a fact lives in, for a message to somebody who looked in the wrong one."""
        return next((scope for scope, facts in self.facts.items() if name in facts), None)
