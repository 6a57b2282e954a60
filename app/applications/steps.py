"""Shows the form of a case: its steps, one step to fill in, and everything to check before submitting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.applications.material_types import MaterialView
from app.catalogue import regions
from app.catalogue.types import ServiceItem
from app.forms.answers import step_errors
from app.forms.fields import rule_of
from app.forms.masking import display, mask
from app.forms.prefill import SourceState
from app.forms.types import Field, FieldType, FormDefinition
from app.forms.visibility import FieldState, Origin, Path, StepState

NOT_APPLICABLE, NOT_YET_KNOWN = "根据您前面的回答，不需要填写", "回答前面的问题后，才知道是否需要填写"


class StepProgress(StrEnum):
    """How far a step is."""

    DONE = "done"
    CURRENT = "current"
    TODO = "todo"


@dataclass(frozen=True, slots=True)
class StepSummary:
    """One step in the bar of steps."""

    number: int
    title: str
    state: StepProgress


@dataclass(frozen=True, slots=True)
class PrefilledView:
    """Where a value was read, and on which day; `state` says what became of asking."""

    source: str
    as_of: date | None
    state: SourceState


@dataclass(frozen=True, slots=True)
class FieldView:
    """One question with its value, masked where it is sensitive."""

    field: Field
    value: object
    display: str
    help: str
    example: str
    origin: Origin
    readonly: bool
    needs_verification: bool
    prefilled: PrefilledView | None


@dataclass(frozen=True, slots=True)
class HiddenView:
    """A question that does not show now, and why."""

    key: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step as a phone shows it."""

    number: int
    title: str
    editable: bool
    fields: Sequence[FieldView]
    hidden: Sequence[HiddenView]
    previous_step: int | None
    next_step: int | None


@dataclass(frozen=True, slots=True)
class ReviewStep:
    """One step of the check-your-answers page."""

    number: int
    title: str
    fields: Sequence[FieldView]
    errors: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that would be submitted."""

    steps: Sequence[ReviewStep]
    materials: Sequence[MaterialView]
    complete: bool
    first_incomplete: int | None


def overview(form: FormDefinition, path: Path, *, submitted: bool) -> tuple[list[StepSummary], int | None]:
    """Return the bar of steps on the path, and the first that is not done (None when all are)."""
    current: int | None = None
    found = []
    for step in path.steps:
        done = submitted or not step_errors(form, step)
        if not done and current is None:
            current, state = step.number, StepProgress.CURRENT
        else:
            state = StepProgress.DONE if done else StepProgress.TODO
        found.append(StepSummary(step.number, step.step.title, state))
    return found, current


def step_view(form: FormDefinition, path: Path, number: int, *, editable: bool) -> StepView:
    """Show one step; raises StepNotFound."""
    step = path.step(number)
    own = form.steps[number - 1].fields
    hidden = [
        HiddenView(one.key, one.label, NOT_APPLICABLE if path.hidden[one.key] else NOT_YET_KNOWN)
        for one in own
        if one.key in path.hidden
    ]
    before = [other.number for other in path.steps if other.number < number]
    return StepView(
        number,
        step.step.title,
        editable,
        [field_view(state) for state in step.fields],
        hidden,
        before[-1] if before else None,
        path.after(number),
    )


def review_of(item: ServiceItem, path: Path, materials: Sequence[MaterialView]) -> Review:
    """Show everything that would be submitted, and what is still wrong with it."""
    steps = [_review_step(item.form, step) for step in path.steps]
    broken = [step.number for step in steps if step.errors]
    return Review(steps, materials, not broken, broken[0] if broken else None)


def field_view(state: FieldState) -> FieldView:
    """Show one question."""
    field, rule = state.field, rule_of(state.field)
    said = state.prefilled
    return FieldView(
        field,
        mask(field, state.value),
        "" if state.value is None else _in_words(field, state.value),
        field.help or rule.help,
        field.example or rule.example,
        state.origin,
        state.locked,
        state.marked,
        PrefilledView(said.source, said.as_of, said.state) if said is not None else None,
    )


def _in_words(field: Field, value: object) -> str:
    """Return an answer as a person reads it; a region by its name."""
    if field.type is FieldType.REGION and isinstance(value, str):
        return regions.name(value)
    return display(field, value)


def _review_step(form: FormDefinition, step: StepState) -> ReviewStep:
    fields: list[Any] = [field_view(state) for state in step.fields]
    return ReviewStep(step.number, step.step.title, fields, step_errors(form, step))
