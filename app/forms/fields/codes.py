"""Numbers with a standard behind them: shape first, then the check digit the standard has."""

import re
import unicodedata
from typing import ClassVar

from stdnum import luhn
from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from app.forms.errors import FieldFault
from app.forms.fields.base import FieldRule
from app.forms.types import Field, KnownRegion
from app.foundation import id_numbers, masking
from app.rules.types import FactType

SEPARATORS = re.compile(r"[\s\-\u00b7]+")
LONGEST_TYPED = 40
ID_LENGTH = 18
USCC_LENGTH = 18
PHONE_LENGTH = 11


def compact(value: object, wanted: str) -> str:
    """Undo what keyboards do (full-width digits, spaces); raises FieldFault unless it is short text."""
    if not isinstance(value, str) or len(value) > LONGEST_TYPED:
        raise FieldFault(f"请填写{wanted}")
    return SEPARATORS.sub("", unicodedata.normalize("NFKC", value)).upper()


def _matches(field: Field, text: str) -> bool:
    return field.pattern is None or field.pattern.fullmatch(text) is not None


class IdcardField(FieldRule):
    """居民身份证号 (GB 11643): 18 characters, a real birthday, the check digit of ISO 7064 MOD 11-2.

    The first six digits are not looked up (see `app.foundation.id_numbers`).
    """

    help = "身份证上的18位号码，最后一位可能是X"
    example = "11010519491231002X"
    always_masked: ClassVar[bool] = True

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> str:  # noqa: ARG002 one face for all
        """Return 18 characters, X in upper case."""
        text = compact(value, "18位身份证号")
        if len(text) != ID_LENGTH:
            raise FieldFault(f"身份证号应为18位，现在是{len(text)}位，请核对")
        if not text.isascii() or not _matches(field, text) or id_numbers.birthday(text) is None:
            raise FieldFault("身份证号格式不对，请对照身份证重新填写")
        if not id_numbers.has_check_digit(text):
            raise FieldFault("身份证号与校验位不符，请对照身份证逐位核对")
        return text

    def mask(self, value: object) -> str:
        """Keep the first three and the last four characters."""
        return masking.id_number(str(value))


class PhoneField(FieldRule):
    """A mobile number of the mainland."""

    help = "11位手机号"
    example = "13800138000"
    always_masked: ClassVar[bool] = True

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> str:  # noqa: ARG002 one face for all
        """Return 11 digits; a leading +86 is dropped."""
        text = compact(value, "11位手机号").removeprefix("+")
        if len(text) > PHONE_LENGTH:
            text = text.removeprefix("0086").removeprefix("86")
        if len(text) != PHONE_LENGTH:
            raise FieldFault(f"手机号应为11位，现在是{len(text)}位，请核对")
        if not (text.isascii() and text.isdigit()) or not _matches(field, text):
            raise FieldFault("手机号格式不对，应是1开头的11位数字")
        return text

    def mask(self, value: object) -> str:
        """Keep the first three and the last four digits."""
        return masking.phone(str(value))


class BankcardField(FieldRule):
    """A bank card: 16 to 19 digits with the check digit of ISO/IEC 7812 (Luhn).

    Accounts of enterprises have no check digit; their fields say `check_digit: false`.
    """

    help = "银行卡正面的号码，16至19位数字"
    example = "6222020000000000001"
    always_masked: ClassVar[bool] = True

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> str:  # noqa: ARG002 one face for all
        """Return the digits."""
        text = compact(value, "银行卡号")
        if not (text.isascii() and text.isdigit()) or not _matches(field, text):
            raise FieldFault("银行卡号应为16至19位数字，请对照卡面重新填写")
        if field.check_digit and not luhn.is_valid(text):
            raise FieldFault("银行卡号与校验位不符，请对照卡面逐位核对")
        return text

    def mask(self, value: object) -> str:
        """Keep the last four digits."""
        return masking.card(str(value))


class UsccField(FieldRule):
    """统一社会信用代码 (GB 32100): 18 characters and its check character.

    The first two may be letters (农民专业合作社 begin with N), which stdnum's own `validate` refuses.
    """

    help = "营业执照上的18位代码"
    example = "91110000600037341L"

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> str:  # noqa: ARG002 one face for all
        """Return 18 characters in upper case."""
        text = compact(value, "18位统一社会信用代码")
        if len(text) != USCC_LENGTH:
            raise FieldFault(f"统一社会信用代码应为18位，现在是{len(text)}位，请核对")
        if not text.isascii() or not _matches(field, text):
            raise FieldFault("统一社会信用代码格式不对，请对照营业执照重新填写（没有字母I、O、S、V、Z）")
        try:
            expected = uscc.calc_check_digit(text)
        except (ValidationError, ValueError):
            expected = ""
        if text[-1] != expected:
            raise FieldFault("统一社会信用代码与校验位不符，请对照营业执照逐位核对")
        return text


class RegionField(FieldRule):
    """An administrative division: six digits of GB/T 2260 that exist."""

    fact_type = FactType.REGION
    help = "选到区县"
    example = "500103"
    missing = "请选择地区"

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> str:  # noqa: ARG002 one face for all
        """Return the code; refuses one that nobody knows."""
        if not (isinstance(value, str) and re.fullmatch(r"[0-9]{6}", value)):
            raise FieldFault("请从列表中选择地区")
        if not known_region(value):
            raise FieldFault("没有这个地区，请从列表中重新选择")
        return value
