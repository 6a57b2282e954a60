"""Choices: one, several, yes or no, and the promise that must be yes."""

from app.forms.errors import FieldFault
from app.forms.fields.base import FieldRule
from app.forms.types import Field, KnownRegion
from app.rules.types import FactType


def _label(field: Field, value: object) -> str:
    return next((option.label for option in field.options if option.value == value), str(value))


class SelectField(FieldRule):
    """One of the options."""

    fact_type = FactType.ENUM
    missing = "请选择一项"

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> str:  # noqa: ARG002 one face for all
        """Return the code of an option."""
        if isinstance(value, str) and any(option.value == value for option in field.options):
            return value
        raise FieldFault("请从给出的选项中选择一项")

    def display(self, field: Field, value: object) -> str:
        """Return the option's Chinese."""
        return _label(field, value)


class MultiselectField(FieldRule):
    """Some of the options, in the order of the form, none twice."""

    fact_type = FactType.CHOICES
    missing = "请至少选择一项"

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> list[str]:  # noqa: ARG002 one face for all
        """Return the codes in the form's order."""
        offered = [option.value for option in field.options]
        if not isinstance(value, list | tuple) or not all(
            isinstance(one, str) and one in offered for one in value
        ):
            raise FieldFault("请从给出的选项中选择")
        return [code for code in offered if code in value]

    def display(self, field: Field, value: object) -> str:
        """Return the options' Chinese."""
        return "、".join(_label(field, one) for one in value) if isinstance(value, list) else str(value)


class BoolField(FieldRule):
    """Yes or no; only true and false, never 1 or "是"."""

    fact_type = FactType.BOOL
    missing = "请选择“是”或“否”"

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> bool:  # noqa: ARG002 one face for all
        """Return true or false."""
        if isinstance(value, bool):
            return value
        raise FieldFault(self.missing)

    def display(self, field: Field, value: object) -> str:  # noqa: ARG002 one face for all
        """Return 是 or 否."""
        return "是" if value is True else "否"


class DeclarationField(BoolField):
    """A declaration (承诺): read, then ticked; anything but true is refused."""

    help = "请读完后勾选"
    missing = "请阅读并勾选后再继续"

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> bool:
        """Return true."""
        if super().clean(field, value, known_region) is not True:
            raise FieldFault("须勾选同意才能继续；不同意的，可到窗口咨询其他办理方式")
        return True
