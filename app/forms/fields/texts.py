"""Free text: lengths in code points, nothing invisible."""

import unicodedata
from typing import ClassVar

from app.forms.errors import FieldFault
from app.forms.fields.base import FieldRule
from app.forms.types import Field, KnownRegion
from app.foundation import masking

BIDI_AND_INVISIBLE = frozenset(
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\ufff9\ufffa\ufffb"
)
"""Marks that change how text reads without being seen. Unassigned points pass: rare surnames are newer than
the character table of any Python."""


def visible(text: str, *, lines: bool = False) -> bool:
    """Say whether text holds no control, surrogate or invisible character (line breaks where allowed)."""
    return not any(
        character in BIDI_AND_INVISIBLE
        or (
            unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
            and not (lines and character in "\n\t")
        )
        for character in text
    )


class TextField(FieldRule):
    """One line of text (姓名、单位): trimmed, composed (NFC)."""

    example = "张三"
    longest: ClassVar[int] = 100
    lines: ClassVar[bool] = False

    def clean(self, field: Field, value: object, known_region: KnownRegion) -> str:  # noqa: ARG002 one face for all
        """Return trimmed text; refuses other types, too many characters, invisible ones, a wrong pattern."""
        if not isinstance(value, str):
            raise FieldFault("请填写文字")
        limit = field.maxlen or self.longest
        text = unicodedata.normalize("NFC", value.replace("\r\n", "\n") if self.lines else value).strip()
        if len(text) > limit:
            raise FieldFault(f"最多{limit}个字，现在有{len(text)}个，请缩短")
        if not visible(text, lines=self.lines):
            raise FieldFault("含有看不见的控制字符，请删除后重新输入")
        if field.pattern is not None and not field.pattern.fullmatch(text):
            raise FieldFault("格式不对，请对照示例重新填写")
        return text

    def mask(self, value: object) -> str:
        """Keep the first character."""
        return masking.text(str(value))


class TextareaField(TextField):
    """Several lines of text."""

    help = "可以分段填写"
    example = "用于购置设备"
    longest = 1000
    lines = True


class AddressField(TextField):
    """An address down to the door."""

    help = "写到街道、小区、楼号和门牌号"
    example = "大坪街道长江二路1号2栋3-4"
    longest = 200
