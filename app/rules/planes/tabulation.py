"""From subjects as mappings to columns: values are read as the language reads them, once, at this door."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from app.rules.planes.columns import Coded, Column, Dates, Flagged, Items, Numbers, Table, coded, narrowed
from app.rules.planes.lowering import Needed
from app.rules.planes.spans import HIGHEST, MOST_DIGITS, day_number
from app.rules.types import Fact, FactType, Subject, Vocabulary
from app.rules.values import read_fact, read_items

MOST_DECIMALS = 18


class DoesNotFit(Exception):
    """A number has more digits than a column can hold; `fact` names it, the number itself is not told."""

    def __init__(self, fact: str) -> None:
        super().__init__(f"{fact}：数字的位数超出了能精确保存的范围")
        self.fact = fact


def everything(vocabulary: Vocabulary, scope: str) -> Needed:
    """Need every fact of a scope and of its lists."""
    inner = [kind.name for kind in vocabulary.lists.values() if kind.owner == scope]
    return Needed(frozenset(vocabulary.facts[scope]), {name: everything(vocabulary, name) for name in inner})


def tabulated(
    subjects: Sequence[Subject],
    vocabulary: Vocabulary,
    scope: str,
    needed: Needed,
    *,
    regions: Sequence[str | None] | None = None,
) -> Table:
    """Return the table of subjects, their raw values read as the types of the catalogue.

    `regions` names for each the area whose parameters hold. Raises DoesNotFit.
    """
    columns = {}
    for name in sorted(needed.facts):
        fact = vocabulary.facts[scope][name]
        columns[name] = column_of(fact, [read_fact(fact, subject.get(name)) for subject in subjects])
    lists = {name: _items(subjects, vocabulary, name, inner) for name, inner in needed.lists.items()}
    areas = None if regions is None else _codes(regions)
    return Table(len(subjects), columns, lists, areas)


def column_of(fact: Fact, values: Sequence[Any]) -> Column:
    """Return the column of a fact from values of its type, None where unknown; raises DoesNotFit."""
    match fact.type:
        case FactType.BOOL:
            return Flagged(np.array([flag is True for flag in values], np.bool_), _known(values))
        case FactType.INT | FactType.DECIMAL:
            return _numbers(fact, values)
        case FactType.DATE:
            return _dates(values)
        case _:
            return _codes(values)


def _items(subjects: Sequence[Subject], vocabulary: Vocabulary, name: str, needed: Needed) -> Items:
    lists = [read_items(subject, name) for subject in subjects]
    flat = [item for items in lists for item in items or ()]
    counts = [len(items or ()) for items in lists]
    offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int64)
    return Items(tabulated(flat, vocabulary, name, needed), offsets, _known(lists))


def _known(values: Sequence[object | None]) -> Any:
    known = np.array([value is not None for value in values], np.bool_)
    return None if known.all() else known


def _dates(days: Sequence[date | None]) -> Dates:
    numbers = np.array([0 if day is None else day_number(day) for day in days], np.int32)
    return Dates(numbers, _known(days))


def _codes(texts: Sequence[str | None]) -> Coded:
    codes = tuple(sorted({text for text in texts if text is not None}))
    place = {code: number for number, code in enumerate(codes)}
    return coded(np.array([-1 if text is None else place[text] for text in texts], np.int64), codes)


def _numbers(fact: Fact, numbers: Sequence[int | Decimal | None]) -> Numbers:
    exact = [Fraction(0 if number is None else _within_reach(fact, number)) for number in numbers]
    decimals = next(
        (
            k
            for k in range(MOST_DECIMALS + 1)
            if all(10**k % each == 0 for each in {n.denominator for n in exact})
        ),
        None,
    )
    if decimals is None:
        raise DoesNotFit(fact.name)
    scale = 10**decimals
    whole = [int(number * scale) for number in exact]
    if any(abs(number) > HIGHEST for number in whole):
        raise DoesNotFit(fact.name)
    return Numbers(narrowed(np.array(whole, np.int64)), _known(numbers), scale)


def _within_reach(fact: Fact, number: int | Decimal) -> int | Decimal:
    """Refuse 1e999999 before anybody writes it out."""
    if isinstance(number, Decimal) and number and abs(number.adjusted()) > MOST_DIGITS:
        raise DoesNotFit(fact.name)
    return number
