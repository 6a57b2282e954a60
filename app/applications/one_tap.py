"""What one tap stands for (免申即享): declarations, the signature, and the confirmation of what was read."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from app.applications import materials
from app.applications.material_types import MaterialState
from app.applications.prefilling import Prefilled
from app.applications.steps import Review, ReviewStep, review_of
from app.catalogue.types import ServiceItem
from app.forms.answers import validate_step
from app.forms.types import FieldType, FormDefinition
from app.forms.visibility import Origin, walk

UNSUPPORTED = frozenset({MaterialState.MISSING, MaterialState.MAY_BE_PROMISED, MaterialState.MAY_FOLLOW})
"""Of these somebody would have to do something: then one tap is not enough."""
TAPS = frozenset({FieldType.DECLARATION, FieldType.SIGNATURE})


def answers(form: FormDefinition, said: Prefilled, signer: str, *, as_of: date) -> dict[str, object]:
    """Return the answers of somebody who confirms everything as it stands and signs with their name."""
    given: dict[str, object] = {
        one.key: True if one.type is FieldType.DECLARATION else {"kind": "typed", "text": signer}
        for one in form.fields.values()
        if one.type in TAPS
    }
    number = walk(form, given, said.fields, as_of=as_of).after(0)
    while number is not None:
        given |= validate_step(form, number, given, said.fields, final=True, as_of=as_of).cleaned
        number = walk(form, given, said.fields, as_of=as_of).after(number)
    return given


def review(item: ServiceItem, given: Mapping[str, Any], said: Prefilled, *, as_of: date) -> Review:
    """Return everything that the tap would submit, and what is still wrong with it."""
    path = walk(item.form, given, said.fields, as_of=as_of)
    asked = materials.before_a_case(item, path.values, said.certificates, as_of=as_of)
    return review_of(item, path, asked)


def declared(form: FormDefinition, given: Mapping[str, Any], said: Prefilled, *, as_of: date) -> list[str]:
    """Return in words what the tap declares and signs, to be read before it."""
    path = walk(form, given, said.fields, as_of=as_of)
    found = []
    for state in (state for step in path.steps for state in step.fields):
        if state.field.type is FieldType.DECLARATION:
            found.append(state.field.label)
        elif state.field.type is FieldType.SIGNATURE:
            found.append("点“确认领取”即以您的实名电子签名")
    return found


def missing(checked: Review) -> list[str]:
    """Return by label what no source says and somebody would have to supply."""
    found = []
    for step in checked.steps:
        wrong = {path.partition(".")[0] for path in step.errors}
        found += [view.field.label for view in step.fields if view.field.key in wrong]
    return found + [one.name for one in checked.materials if one.required and one.state in UNSUPPORTED]


def shown(checked: Review) -> list[ReviewStep]:
    """Return the steps without what the tap itself is, and without questions that nothing is said to."""
    return [
        replace(
            step,
            fields=[v for v in step.fields if v.field.type not in TAPS and v.origin is not Origin.NONE],
        )
        for step in checked.steps
    ]
