"""What every field type can do."""

from abc import ABC, abstractmethod
from typing import ClassVar

from app.forms.types import Field, KnownRegion
from app.rules.types import FactType


class FieldRule(ABC):
    """One field type: `clean` is idempotent and answers with what JSON can hold."""

    fact_type: ClassVar[FactType] = FactType.TEXT
    help: ClassVar[str] = ""
    example: ClassVar[str] = ""
    missing: ClassVar[str] = "请填写"
    always_masked: ClassVar[bool] = False

    @abstractmethod
    def clean(self, field: Field, value: object, known_region: KnownRegion) -> object:
        """Return the answer in its one spelling; raises FieldFault with messages that say how to fix it."""

    def mask(self, value: object) -> str:
        """Return the answer as it may be shown: enough to recognise one's own."""
        return str(value)

    def display(self, field: Field, value: object) -> str:  # noqa: ARG002 choices look at the field
        """Return the answer in Chinese, as a check-your-answers page or a letter says it."""
        return str(value)

    def masked(self, field: Field) -> bool:
        """Say whether replies mask this field: numbers of people and cards, and sensitive text."""
        return self.always_masked or (field.sensitive and self.fact_type is FactType.TEXT)


def is_blank(value: object) -> bool:
    """Say whether nothing was answered; false and 0 are answers."""
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})
