"""Wire schemas' common ground: unknown fields are refused, moments are RFC 3339 in UTC, money is a string."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import marshmallow
from marshmallow import RAISE, ValidationError, fields, validate

_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,2})?")


class Schema(marshmallow.Schema):
    """Base of every wire schema."""

    class Meta:
        """Refuse what is not declared; keep the order of declaration."""

        unknown = RAISE


class QuerySchema(Schema):
    """Base of query string schemas; use with `@blp.arguments(X, location="query")`."""


class Moment(fields.AwareDateTime):
    """A moment: RFC 3339 with an offset in, UTC with `Z` out."""

    def _serialize(self, value: datetime | None, *_: Any, **__: Any) -> str | None:
        if value is None:
            return None
        text = value.astimezone(UTC).isoformat(timespec="milliseconds" if value.microsecond else "seconds")
        return text.replace("+00:00", "Z")

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        moment: datetime = super()._deserialize(value, *args, **kwargs)
        try:
            return moment.astimezone(UTC)
        except OverflowError as error:
            raise self.make_error("invalid", input=value, obj_type="datetime") from error


class Flag(fields.Boolean):
    """A boolean of a JSON body: `true` or `false`, not 0, 1 or a word that looks like one."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("请填写是或否")
        return value


class Whole(fields.Integer):
    """A whole number of a JSON body: `5` or `5.0` (JSON Schema calls both integer), no text, no boolean."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise ValidationError("请填写整数")
        return int(value)


class Money(fields.Field[Decimal]):
    """An amount of money: a decimal string with at most two places, in and out."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        return None if value is None else f"{value:.2f}"

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Decimal:
        if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
            raise ValidationError("请填写金额，最多两位小数")
        return Decimal(value)


class RegionCode(fields.String):
    """Six digits of GB/T 2260."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Regexp(r"^[0-9]{6}\Z", error="请填写六位行政区划代码"), **kwargs)


class AreaCode(fields.String):
    """Six digits of GB/T 2260, or the twelve of a street or community."""

    def __init__(self, **kwargs: Any) -> None:
        wrong = "请填写6位区划代码，街道、社区填12位"
        super().__init__(validate=validate.Regexp(r"^[0-9]{6}(?:[0-9]{6})?\Z", error=wrong), **kwargs)


class Empty(Schema):
    """A body without fields."""
