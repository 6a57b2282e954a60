"""The path: which steps and fields show, in order, recomputed from the answers every time.

A condition sees only what itself shows: a hidden answer is kept in the draft, but counts as unknown. An
unknown condition hides until it is answered (design/conditions.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.forms.errors import FieldFault, StepNotFound
from app.forms.fields import rule_of
from app.forms.fields.base import is_blank
from app.forms.prefill import PrefilledValue
from app.forms.types import Answers, Field, FormDefinition, Step
from app.rules.evaluation import evaluate
from app.rules.syntax import Node


class Origin(StrEnum):
    """Where the value of a field comes from now."""

    ANSWER = "answer"
    SOURCE = "source"
    """Locked: what the source says is the answer."""
    SUGGESTION = "suggestion"
    """Read from a source, to be confirmed or changed by the resident."""
    DEFAULT = "default"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field on the path: its value now, and where that comes from.

    `marked` says that the field is typed only because its source was down or held nothing: verify it later.
    """

    field: Field
    value: object
    origin: Origin
    prefilled: PrefilledValue | None = None
    marked: bool = False

    @property
    def locked(self) -> bool:
        """Say whether the resident may not change it."""
        return self.origin is Origin.SOURCE


@dataclass(frozen=True, slots=True)
class StepState:
    """One step on the path with the fields that show."""

    number: int
    step: Step
    fields: tuple[FieldState, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """What shows now. `hidden` maps every other field to whether the answers given so far decide it.

    True in `hidden` is "does not apply"; False is "depends on something not yet answered".
    """

    steps: tuple[StepState, ...]
    hidden: Mapping[str, bool]

    @property
    def values(self) -> dict[str, object]:
        """The value of every field that shows and has one."""
        return {
            state.field.key: state.value
            for step in self.steps
            for state in step.fields
            if state.origin is not Origin.NONE
        }

    def step(self, number: int) -> StepState:
        """Return a step on the path; raises StepNotFound for one that is hidden or does not exist."""
        for step in self.steps:
            if step.number == number:
                return step
        raise StepNotFound

    def after(self, number: int) -> int | None:
        """Return the number of the next step on the path, None after the last."""
        return next((step.number for step in self.steps if step.number > number), None)


def walk(
    definition: FormDefinition,
    answers: Answers,
    prefilled: Mapping[str, PrefilledValue],
    *,
    as_of: date,
) -> Path:
    """Work out the path of these answers; `as_of` is the day conditions on dates are counted from."""
    shows: dict[str, bool | None] = {}
    values: dict[str, object] = {}
    states: dict[str, FieldState] = {}
    steps: dict[int, bool | None] = {}
    for key in definition.order:
        number = definition.step_of[key]
        if number not in steps:
            steps[number] = _holds(definition.steps[number - 1].show_if, values, as_of)
        field = definition.fields[key]
        shows[key] = steps[number]
        if shows[key] is True:
            shows[key] = _holds(field.show_if, values, as_of)
        if shows[key] is not True:
            continue
        states[key] = state_of(definition, field, answers, prefilled)
        if states[key].origin is not Origin.NONE:
            values[key] = states[key].value
    return Path(
        tuple(_steps(definition, states)),
        {key: shown is False for key, shown in shows.items() if shown is not True},
    )


def _holds(condition: Node | None, values: Answers, as_of: date) -> bool | None:
    if condition is None:
        return True
    return evaluate(condition, values, as_of=as_of, params={})


def _steps(definition: FormDefinition, states: Mapping[str, FieldState]) -> list[StepState]:
    found = []
    for number, step in enumerate(definition.steps, 1):
        showing = tuple(states[field.key] for field in step.fields if field.key in states)
        if showing:
            found.append(StepState(number, step, showing))
    return found


def state_of(
    definition: FormDefinition,
    field: Field,
    answers: Answers,
    prefilled: Mapping[str, PrefilledValue],
) -> FieldState:
    """Return the value of one field: a locked source beats the answer, the answer beats a suggestion."""
    said = prefilled.get(field.key)
    read = _usable(definition, field, said)
    vouched = read is not None and said is not None and said.readonly
    if vouched and field.readonly:
        return FieldState(field, read, Origin.SOURCE, said)
    marked = not vouched and (field.readonly or any(inner.readonly for inner in field.item_fields))
    answer = answers.get(field.key)
    if not is_blank(answer):
        return FieldState(field, answer, Origin.ANSWER, said, marked)
    if read is not None:
        return FieldState(field, read, Origin.SUGGESTION, said, marked)
    if field.default is not None:
        return FieldState(field, field.default, Origin.DEFAULT, said, marked)
    return FieldState(field, None, Origin.NONE, said, marked)


def _usable(definition: FormDefinition, field: Field, said: PrefilledValue | None) -> object:
    """Return what the source said in the field's own spelling; what the field cannot take is as if unsaid."""
    if said is None or is_blank(said.value):
        return None
    try:
        return rule_of(field).clean(field, said.value, definition.known_region)
    except FieldFault:
        return None
