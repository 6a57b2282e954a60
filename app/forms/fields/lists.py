"""Repeat groups (家庭成员、股东): a list of items, each with the same few fields."""

from collections.abc import Mapping
from typing import ClassVar

from app.forms.errors import FieldFault
from app.forms.fields.base import FieldRule, is_blank
from app.forms.types import Field, FieldType, KnownRegion
from app.rules.types import FactType

MOST_ITEMS = 50


def item_limits(field: Field) -> tuple[int, int]:
    """Return the fewest and the most items of a list field; a required list has at least one."""
    fewest = int(field.minimum) if field.minimum is not None else int(field.required)
    return fewest, int(field.maximum) if field.maximum is not None else MOST_ITEMS


class ListField(FieldRule):
    """Several items; faults name the item and its field."""

    fact_type: ClassVar[FactType] = FactType.OPAQUE
    help = "可以添加多项"
    missing = "请至少添加一项"

    def __init__(self, rules: Mapping[FieldType, FieldRule]) -> None:
        self.rules = rules

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> list[dict[str, object]]:
        """Return the items with every field clean; raises FieldFault with all faults of all items."""
        if not isinstance(value, list | tuple):
            raise FieldFault("请按“添加一项”逐项填写")
        fewest, most = item_limits(field)
        if len(value) > most:
            raise FieldFault(f"最多添加{most}项，现在有{len(value)}项，请删去多余的")
        if len(value) < fewest:
            raise FieldFault(f"至少添加{fewest}项")
        errors: dict[str, list[str]] = {}
        items = [
            self._item(field, item, known_region, f"{index}.", errors) for index, item in enumerate(value)
        ]
        if errors:
            raise FieldFault(errors=errors)
        return items

    def _item(
        self,
        field: Field,
        item: object,
        known_region: KnownRegion,
        place: str,
        errors: dict[str, list[str]],
    ) -> dict[str, object]:
        if not isinstance(item, Mapping):
            errors[place.rstrip(".")] = ["请填写这一项"]
            return {}
        known = {inner.key for inner in field.item_fields}
        errors.update({f"{place}{key!s:.40}": ["表单里没有这一项"] for key in item if key not in known})
        cleaned: dict[str, object] = {}
        for inner in field.item_fields:
            rule, value = self.rules[inner.type], item.get(inner.key, inner.default)
            if is_blank(value):
                if inner.required:
                    errors[f"{place}{inner.key}"] = [rule.missing]
                continue
            try:
                cleaned[inner.key] = rule.clean(inner, value, known_region)
            except FieldFault as fault:
                errors[f"{place}{inner.key}"] = fault.messages
        return cleaned

    def display(self, field: Field, value: object) -> str:
        """Return every item on one line."""
        if not isinstance(value, list):
            return ""
        return "；".join(self._line(field, item) for item in value)

    def _line(self, field: Field, item: Mapping[str, object]) -> str:
        return "，".join(
            f"{inner.label}：{self.rules[inner.type].display(inner, item[inner.key])}"
            for inner in field.item_fields
            if inner.key in item
        )
