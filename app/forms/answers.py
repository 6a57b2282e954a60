"""Validates a step, finds the first one still open, and gathers what is submitted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.forms.errors import FieldFault, FormIncomplete
from app.forms.fields import rule_of
from app.forms.prefill import PrefilledValue
from app.forms.types import Answers, FormDefinition
from app.forms.visibility import FieldState, Origin, Path, StepState, walk

UNCONFIRMED = "请打开这一步核对后再继续"


@dataclass(frozen=True, slots=True)
class StepResult:
    """What is wrong with a step, by field path, and its answers in their one spelling.

    `cleaned` holds what shows and is right: after a final save it includes suggestions and defaults, which
    the resident has thereby confirmed, but never a locked value: store it over the draft. `next_step` is None
    at the end.
    """

    errors: dict[str, list[str]]
    cleaned: dict[str, object]
    next_step: int | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a submitted answer came from; `verify` asks for a later check of what a source could not say."""

    origin: Origin
    source: str = ""
    as_of: date | None = None
    verify: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """The answers that show, in their one spelling, each with where it came from."""

    answers: dict[str, object]
    provenance: dict[str, Provenance]


def validate_step(
    definition: FormDefinition,
    number: int,
    answers: Answers,
    prefilled: Mapping[str, PrefilledValue],
    *,
    final: bool,
    as_of: date,
) -> StepResult:
    """Judge one step of a draft; only a final save minds what is missing. Raises StepNotFound."""
    path = walk(definition, answers, prefilled, as_of=as_of)
    errors: dict[str, list[str]] = {}
    cleaned: dict[str, object] = {}
    for state in path.step(number).fields:
        value = _judge(definition, state, errors, final=final)
        confirmed = state.origin is Origin.ANSWER or (final and state.origin is not Origin.SOURCE)
        if value is not None and confirmed:
            cleaned[state.field.key] = value
    next_step = number if final and errors else path.after(number)
    return StepResult(errors, cleaned, next_step)


def first_incomplete_step(
    definition: FormDefinition,
    answers: Answers,
    prefilled: Mapping[str, PrefilledValue],
    *,
    as_of: date,
) -> int | None:
    """Return the first step on the path that is not done, None when all are."""
    path = walk(definition, answers, prefilled, as_of=as_of)
    return next((step.number for step in path.steps if step_errors(definition, step)), None)


def step_errors(definition: FormDefinition, step: StepState) -> dict[str, list[str]]:
    """Return what is missing or wrong in one step of a path.

    In a step where the resident has answered nothing yet, suggestions and defaults are not answers.
    """
    errors: dict[str, list[str]] = {}
    touched = any(state.origin is Origin.ANSWER for state in step.fields)
    for state in step.fields:
        _judge(definition, state, errors, final=True)
        unconfirmed = state.origin in (Origin.SUGGESTION, Origin.DEFAULT)
        if not touched and unconfirmed and state.field.required:
            errors.setdefault(state.field.key, [UNCONFIRMED])
    return errors


def submission(
    definition: FormDefinition,
    answers: Answers,
    prefilled: Mapping[str, PrefilledValue],
    *,
    as_of: date,
) -> Submission:
    """Return what is submitted: visible answers only. Raises FormIncomplete with every fault on the path."""
    path = walk(definition, answers, prefilled, as_of=as_of)
    faults = {step.number: step_errors(definition, step) for step in path.steps}
    broken = [number for number, errors in faults.items() if errors]
    if broken:
        every = {key: texts for errors in faults.values() for key, texts in errors.items()}
        raise FormIncomplete(every, step=broken[0])
    return _gathered(definition, path)


def _gathered(definition: FormDefinition, path: Path) -> Submission:
    submitted, provenance = dict[str, object](), dict[str, Provenance]()
    for step in path.steps:
        for state in step.fields:
            if state.origin is Origin.NONE:
                continue
            key, said = state.field.key, state.prefilled
            submitted[key] = rule_of(state.field).clean(state.field, state.value, definition.known_region)
            read = said is not None and state.origin in (Origin.SOURCE, Origin.SUGGESTION)
            provenance[key] = Provenance(
                state.origin,
                said.source if said is not None and read else "",
                said.as_of if said is not None and read else None,
                state.marked,
            )
    return Submission(submitted, provenance)


def _judge(
    definition: FormDefinition, state: FieldState, errors: dict[str, list[str]], *, final: bool
) -> object:
    """Return the clean value of a field, None where there is none; notes what is wrong with it."""
    field, rule = state.field, rule_of(state.field)
    if state.origin is Origin.NONE:
        if final and field.required:
            errors[field.key] = [rule.missing]
        return None
    try:
        return rule.clean(field, state.value, definition.known_region)
    except FieldFault as fault:
        errors |= {
            f"{field.key}.{place}" if place else field.key: texts for place, texts in fault.errors.items()
        }
        return None
