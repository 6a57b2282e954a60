"""Shows answers with ID numbers, phones and cards masked; `merging` understands them when they come back."""

from collections.abc import Mapping

from app.forms.fields import rule_of
from app.forms.types import Field, FieldType


def mask(field: Field, value: object) -> object:
    """Return an answer as a reply may show it; a list is masked field by field of its items."""
    if field.type is FieldType.LIST and isinstance(value, list):
        inner = {one.key: one for one in field.item_fields}
        return [
            {key: mask(inner[key], part) if key in inner else part for key, part in item.items()}
            if isinstance(item, Mapping)
            else item
            for item in value
        ]
    rule = rule_of(field)
    return rule.mask(value) if isinstance(value, str) and value and rule.masked(field) else value


def display(field: Field, value: object) -> str:
    """Return an answer in Chinese for a check-your-answers page or a letter, masked where it must be."""
    return rule_of(field).display(field, mask(field, value))
