"""Private subscribe-message templates (个人模板): their keywords, kind and rendered text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from typing import Any

from sandbox.wechat import values
from sandbox.wechat.errcodes import Errcode, Refusal

_KEYWORD = re.compile(r"\{\{(\w+)\.DATA\}\}")


class TemplateKind(IntEnum):
    """One accept buys one message, or all of them."""

    ONE_TIME = 2
    LONG_TERM = 3


@dataclass
class Template:
    """A template as gettemplate returns it; `enums` holds the permitted values of enum keywords by key."""

    id: str
    title: str
    kind: TemplateKind
    content: str
    enums: Mapping[str, Sequence[str]] = field(default_factory=dict)
    banned: bool = False

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keywords in the order of the text, such as thing1."""
        return tuple(_KEYWORD.findall(self.content))

    def check(self, data: Mapping[str, Any]) -> dict[str, str]:
        """Return the values by key; refuses missing, foreign and ill-formed ones with 47003."""
        checked = {key: self._value(key, data.get(key)) for key in self.keys}
        for key in data:
            if key not in checked:
                raise Refusal(
                    Errcode.INVALID_ARGUMENT, f"argument invalid! data.{key} is not in the template"
                )
        return checked

    def render(self, checked: Mapping[str, str]) -> str:
        """Return the text as the phone shows it."""
        return _KEYWORD.sub(lambda match: checked[match.group(1)], self.content)

    def described(self) -> dict[str, Any]:
        """Return the entry of this template in gettemplate's reply."""
        choices = [
            {"keywordCode": key, "enumValueList": list(allowed)} for key, allowed in self.enums.items()
        ]
        example = _KEYWORD.sub("示例", self.content)
        entry: dict[str, Any] = {
            "priTmplId": self.id,
            "title": self.title,
            "content": self.content + "\n",
            "example": example + "\n",
            "type": int(self.kind),
        }
        return entry | ({"keywordEnumValueList": choices} if choices else {})

    def _value(self, key: str, given: Any) -> str:
        value = given.get("value") if isinstance(given, dict) else None
        if value is None or value == "":
            raise Refusal(Errcode.INVALID_ARGUMENT, f"argument invalid! data.{key}.value is empty")
        text = value if isinstance(value, str) else str(value)
        if not values.acceptable(key, text, choices=self.enums.get(key, ())):
            raise Refusal(Errcode.INVALID_ARGUMENT, f"argument invalid! data.{key}.value invalid")
        return text
