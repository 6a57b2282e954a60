"""Numbers, money and dates: counted in decimals, never in binary fractions."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import ClassVar

from app.forms.errors import FieldFault
from app.forms.fields.base import FieldRule
from app.forms.types import Field, KnownRegion
from app.rules.types import FactType

LONGEST_TYPED = 30
LARGEST = Decimal(10) ** 12
EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,10})?")


def read_number(value: object) -> Decimal:
    """Read a number, also one typed as text; raises FieldFault for true, NaN, 1e9 and 5,000 digits alike."""
    if isinstance(value, str) and len(value) <= LONGEST_TYPED:
        text = unicodedata.normalize("NFKC", value).strip().replace(",", "")
        if PLAIN_NUMBER.fullmatch(text):
            return Decimal(text)
    elif isinstance(value, bool):
        pass
    elif isinstance(value, int) and abs(value) <= LARGEST:
        return Decimal(value)
    elif isinstance(value, float) and isfinite(value) and abs(value) <= LARGEST:
        return Decimal(repr(value))
    elif isinstance(value, Decimal) and value.is_finite() and abs(value) <= LARGEST:
        return value
    raise FieldFault("请填写数字，例如 12 或 12.5")


def said(number: Decimal) -> str:
    """Write a number for people: no exponent, no zeros behind the point."""
    return f"{number.normalize():f}"


class NumberField(FieldRule):
    """A count or a measure, at most two places; stored as a JSON number."""

    fact_type = FactType.DECIMAL
    example = "12"
    places: ClassVar[int] = 2

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> object:  # noqa: ARG002 one face for all
        """Return an int where it is whole, else a float of two places."""
        number = self.read(field, value)
        return int(number) if number == number.to_integral_value() else float(number)

    def read(self, field: Field, value: object) -> Decimal:
        """Return the number within the field's bounds; raises FieldFault naming the bound."""
        number = read_number(value)
        if abs(number) > LARGEST:
            raise FieldFault("数字过大，请核对")
        if field.minimum is not None and number < field.minimum:
            raise FieldFault(f"不能小于{said(field.minimum)}，请核对")
        if field.maximum is not None and number > field.maximum:
            raise FieldFault(f"不能大于{said(field.maximum)}，请核对")
        try:
            rounded = number.quantize(Decimal(1).scaleb(-self.places))
        except InvalidOperation:
            raise FieldFault("数字过长，请核对") from None
        if rounded != number:
            raise FieldFault(f"最多{self.places}位小数，请四舍五入后填写")
        return rounded


class MoneyField(NumberField):
    """An amount; stored as decimal text with two places."""

    help = "只填数字，最多两位小数"
    example = "1200.00"

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> str:  # noqa: ARG002 one face for all
        """Return the amount as text, e.g. `1200.00`."""
        return f"{self.read(field, value) + 0:f}"


class DateField(FieldRule):
    """A day that exists; stored as `YYYY-MM-DD`."""

    fact_type = FactType.DATE
    help = "选择年、月、日"
    example = "2026-01-31"
    missing = "请选择日期"

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> str:  # noqa: ARG002 one face for all
        """Return the ISO date; a `date` of a registry is taken as it is."""
        if isinstance(value, date) and not isinstance(value, datetime):
            return value.isoformat()
        if not (isinstance(value, str) and ISO_DATE.fullmatch(value)):
            raise FieldFault("日期格式应为 年-月-日，例如 2026-01-31")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise FieldFault("没有这一天，请重新选择日期") from None
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise FieldFault(f"年份应在{EARLIEST_YEAR}至{LATEST_YEAR}之间，请核对")
        return value

    def display(self, field: Field, value: object) -> str:  # noqa: ARG002 one face for all
        """Return `2026年1月31日`."""
        year, month, day = str(value).split("-")
        return f"{year}年{int(month)}月{int(day)}日"
