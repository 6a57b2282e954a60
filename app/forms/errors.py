"""Why a form, an answer or a submission is refused."""

from collections.abc import Mapping, Sequence

from app.foundation.errors import InvalidInput, NotFound
from app.rules.faults import Fault

SHOWN_FAULTS = 50


class FieldFault(ValueError):
    """An answer that its field does not take: Chinese messages by place, "" being the field itself.

    A fault inside a list has the place `0.f_name`: the item from 0, then its field.
    """

    errors: dict[str, list[str]]

    def __init__(self, *messages: str, errors: Mapping[str, Sequence[str]] | None = None) -> None:
        self.errors = {place: list(texts) for place, texts in (errors or {"": messages}).items()}
        super().__init__("field refused")

    @property
    def messages(self) -> list[str]:
        """Every message, whatever its place."""
        return [text for texts in self.errors.values() for text in texts]


class FormFaults(ValueError):
    """A definition that is refused, with everything that is wrong with it, each with its path."""

    faults: tuple[Fault, ...]

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults[:SHOWN_FAULTS])
        super().__init__("；".join(str(fault) for fault in self.faults))


class StepNotFound(NotFound):
    """The form has no step of that number, or it is not on the path now."""

    code = "form.step_not_found"
    message = "没有这一步，请返回办件页重新进入"


class FormIncomplete(InvalidInput):
    """Something on the path is missing or wrong; `step` is the first step to go back to."""

    code = "form.incomplete"
    message = "还有内容没有填好，请按提示补充后再提交"

    def __init__(self, errors: Mapping[str, Sequence[str]], *, step: int) -> None:
        super().__init__(errors)
        self.step = step
