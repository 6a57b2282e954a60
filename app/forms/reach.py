"""Finds steps that no answers can ever bring up."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from math import prod

from app.forms.types import Field, FieldType, FormDefinition, Step
from app.forms.visibility import walk
from app.rules.syntax import Leaf, Node, names_in
from app.rules.syntax import walk as nodes_of

MOST_TRIES = 20_000
AS_OF = date(2026, 1, 1)
"""Any day will do: the dates that are tried are counted from it."""


def unreachable_steps(definition: FormDefinition) -> list[int]:
    """Return the numbers of steps that stay hidden whatever is answered.

    Tries one answer from each range that a condition tells apart. A form with too many combinations passes.
    """
    return [
        number
        for number, step in enumerate(definition.steps, 1)
        if step.show_if is not None or all(field.show_if is not None for field in step.fields)
        if not _reachable(definition, number)
    ]


def _reachable(definition: FormDefinition, number: int) -> bool:
    conditions = _conditions_behind(definition, number)
    keys = sorted({key for condition in conditions for key in names_in(condition)})
    tried = [_telling(definition.fields[key], conditions) for key in keys]
    if prod(len(values) for values in tried) > MOST_TRIES:
        return True
    return any(
        any(step.number == number for step in walk(definition, answers, {}, as_of=AS_OF).steps)
        for answers in (dict(zip(keys, values, strict=True)) for values in product(*tried))
    )


def _conditions_behind(definition: FormDefinition, number: int) -> list[Node]:
    """Return the conditions of the step, of its fields, and of everything those look at."""
    found: list[Node] = []
    seen: set[str] = set()
    step = definition.steps[number - 1]
    waiting = [step.show_if, *(field.show_if for field in step.fields)]
    while waiting:
        condition = waiting.pop()
        if condition is None:
            continue
        found.append(condition)
        for key in names_in(condition) - seen:
            seen.add(key)
            waiting += [definition.fields[key].show_if, _step_of(definition, key).show_if]
    return found


def _step_of(definition: FormDefinition, key: str) -> Step:
    return definition.steps[definition.step_of[key] - 1]


def _telling(field: Field, conditions: Sequence[Node]) -> list[object]:
    """Return answers of which one lies in every range the conditions tell apart, none given among them."""
    written = [
        value
        for condition in conditions
        for node in nodes_of(condition)
        if isinstance(node, Leaf) and node.name == field.key
        for value in _values(node)
    ]
    return [None, *_samples(field, written)]


def _samples(field: Field, written: Sequence[object]) -> Sequence[object]:
    samples: Mapping[FieldType, Callable[[], Sequence[object]]] = {
        FieldType.BOOL: lambda: (True, False),
        FieldType.DECLARATION: lambda: (True,),
        FieldType.SELECT: lambda: [option.value for option in field.options],
        FieldType.MULTISELECT: lambda: [[option.value] for option in field.options],
        FieldType.NUMBER: lambda: _numbers(field, written),
        FieldType.MONEY: lambda: _numbers(field, written),
        FieldType.DATE: lambda: _dates(written),
        FieldType.REGION: lambda: ["990000", *(str(value).ljust(6, "0") for value in written)],
    }
    return samples.get(field.type, lambda: ["〇", *written])()


def _values(leaf: Leaf) -> Iterator[object]:
    if isinstance(leaf.value, tuple):
        yield from leaf.value
    else:
        yield leaf.value


def _numbers(field: Field, written: Sequence[object]) -> list[object]:
    edges = [Decimal(str(value)) for value in written if isinstance(value, int | Decimal)]
    near = sorted({edge + step for edge in edges for step in (-1, Decimal("-0.01"), 0, Decimal("0.01"), 1)})
    low, high = field.minimum, field.maximum
    fits = [one for one in near if (low is None or one >= low) and (high is None or one <= high)]
    return [str(one) for one in fits]


def _dates(written: Sequence[object]) -> list[object]:
    days = {value for value in written if isinstance(value, date)}
    counted = {AS_OF - timedelta(days=value) for value in written if type(value) is int}
    near = {day + timedelta(days=step) for day in days | counted for step in (-1, 0, 1)}
    return [day.isoformat() for day in sorted(near)]
