"""Reads one field of a form from data, noting everything that is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.forms.errors import FieldFault
from app.forms.fields import RULES, rule_of
from app.forms.prefill import Prefill
from app.forms.types import Field, FieldType, KnownRegion, Option
from app.rules.faults import FaultList, joined, shown

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
PATTERNED = frozenset({FieldType.IDCARD, FieldType.PHONE, FieldType.BANKCARD, FieldType.USCC})
CHOOSING = frozenset({FieldType.SELECT, FieldType.MULTISELECT})
COUNTED = frozenset({FieldType.NUMBER, FieldType.MONEY, FieldType.LIST})
SENSITIVE_TYPES = frozenset({FieldType.IDCARD, FieldType.BANKCARD})
TEXTS = ("label", "help", "example")
SWITCHES = ("required", "readonly", "sensitive", "check_digit")
ATTRIBUTES = frozenset(
    {
        *(*TEXTS, *SWITCHES, "key", "type", "maxlen", "min", "max", "pattern", "options", "codeset"),
        *("prefill", "default", "show_if", "item_fields", "must_be"),
    }
)


@dataclass(frozen=True, slots=True)
class FieldReading:
    """Reads fields against the patterns and code sets of the vocabularies; faults go to `faults`."""

    patterns: Mapping[str, re.Pattern[str]]
    codesets: Mapping[str, Mapping[str, str]]
    known_region: KnownRegion
    faults: FaultList

    def read(self, raw: object, path: str, *, inside_list: bool = False) -> Field | None:
        """Return the field without its condition, or None where it is not even a field."""
        if not isinstance(raw, Mapping):
            self.faults.add(path, f"这里应是一个填写项，不能是{shown(raw)}")
            return None
        key, kind = raw.get("key"), raw.get("type")
        if not (isinstance(key, str) and KEY.fullmatch(key)):
            self.faults.add(
                joined(path, "key"), f"key 应是小写字母开头的字母、数字和下划线，不能是{shown(key)}"
            )
            return None
        if kind not in tuple(FieldType):
            self.faults.add(joined(path, "type"), f"没有{shown(kind)}这种填写项")
            return None
        self._check_words(raw, path)
        field = self._read(raw, key, FieldType(str(kind)), path)
        self._check(field, raw, path, inside_list=inside_list)
        return self._with_default(field, raw, path)

    def _check_words(self, raw: Mapping[str, object], path: str) -> None:
        for name, value in raw.items():
            if name not in ATTRIBUTES:
                self.faults.add(path, f"填写项里没有{shown(name)}这个属性")
            elif (name in TEXTS and not isinstance(value, str)) or (
                name in SWITCHES and not isinstance(value, bool)
            ):
                wanted = "文字" if name in TEXTS else "true 或 false"
                self.faults.add(joined(path, name), f"应是{wanted}，不能是{shown(value)}")
        if not raw.get("label"):
            self.faults.add(joined(path, "label"), "缺少 label：居民看到的名称")

    def _read(self, raw: Mapping[str, object], key: str, kind: FieldType, path: str) -> Field:
        rule = RULES[kind]
        return Field(
            key=key,
            label=str(raw.get("label", "")),
            type=kind,
            required=raw.get("required") is True,
            help=str(raw.get("help") or rule.help),
            example=str(raw.get("example") or rule.example),
            maxlen=self._length(raw, path),
            minimum=self._bound(raw, "min", kind, path),
            maximum=self._bound(raw, "max", kind, path),
            pattern=self._pattern(raw, kind, path),
            options=self._options(raw, kind, path),
            prefill=self._prefill(raw, path),
            readonly=raw.get("readonly") is True,
            sensitive=raw.get("sensitive") is True,
            check_digit=raw.get("check_digit") is not False,
            item_fields=self._items(raw, kind, path),
        )

    def _length(self, raw: Mapping[str, object], path: str) -> int | None:
        value = raw.get("maxlen")
        if value is None:
            return None
        if type(value) is int and value > 0:
            return value
        self.faults.add(joined(path, "maxlen"), f"应是大于0的整数，不能是{shown(value)}")
        return None

    def _bound(self, raw: Mapping[str, object], name: str, kind: FieldType, path: str) -> Decimal | None:
        value = raw.get(name)
        if value is None:
            return None
        if kind not in COUNTED:
            self.faults.add(joined(path, name), f"{kind} 不能写 {name}")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            self.faults.add(joined(path, name), f"应是数字，不能是{shown(value)}")
        else:
            return Decimal(repr(value))
        return None

    def _pattern(self, raw: Mapping[str, object], kind: FieldType, path: str) -> re.Pattern[str] | None:
        name = raw.get("pattern", kind.value if kind in PATTERNED else None)
        if name is None:
            return None
        if isinstance(name, str) and name in self.patterns:
            return self.patterns[name]
        self.faults.add(joined(path, "pattern"), f"没有名为{shown(name)}的格式")
        return None

    def _options(self, raw: Mapping[str, object], kind: FieldType, path: str) -> tuple[Option, ...]:
        if kind not in CHOOSING:
            if "options" in raw or "codeset" in raw:
                self.faults.add(path, f"{kind} 不能有选项")
            return ()
        if "codeset" in raw:
            codeset = self.codesets.get(str(raw["codeset"]))
            if codeset is None:
                self.faults.add(joined(path, "codeset"), f"没有名为{shown(raw['codeset'])}的代码集")
                return ()
            return tuple(Option(code, label) for code, label in codeset.items())
        options = raw.get("options")
        if not isinstance(options, Sequence) or isinstance(options, str) or not options:
            self.faults.add(joined(path, "options"), "缺少选项")
            return ()
        return self._option_list(options, joined(path, "options"))

    def _option_list(self, options: Sequence[object], path: str) -> tuple[Option, ...]:
        read: dict[str, Option] = {}
        for index, option in enumerate(options):
            match option:
                case {"v": str(value), "t": str(label), **rest} if value and label and not rest:
                    if value in read:
                        self.faults.add(joined(path, index), f"选项{shown(value)}重复")
                    read[value] = Option(value, label)
                case _:
                    self.faults.add(joined(path, index), "选项要写成 {v: 代码, t: 中文}，两者都是文字")
        return tuple(read.values())

    def _prefill(self, raw: Mapping[str, object], path: str) -> Prefill | None:
        if "prefill" not in raw:
            return None
        try:
            return Prefill.parse(raw["prefill"])
        except ValueError as unreadable:
            self.faults.add(joined(path, "prefill"), str(unreadable))
            return None

    def _items(self, raw: Mapping[str, object], kind: FieldType, path: str) -> tuple[Field, ...]:
        items, here = raw.get("item_fields"), joined(path, "item_fields")
        if kind is not FieldType.LIST:
            if items is not None:
                self.faults.add(here, f"{kind} 不能有 item_fields")
            return ()
        if not isinstance(items, list) or not items:
            self.faults.add(here, "缺少 item_fields：每一项要填什么")
            return ()
        fields: dict[str, Field] = {}
        for index, item in enumerate(items):
            field = self.read(item, joined(here, index), inside_list=True)
            if field is not None and field.key in fields:
                self.faults.add(joined(here, index), f"{shown(field.key)}重复")
            elif field is not None:
                fields[field.key] = field
        return tuple(fields.values())

    def _check(self, field: Field, raw: Mapping[str, object], path: str, *, inside_list: bool) -> None:
        if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
            self.faults.add(joined(path, "min"), f"下限{field.minimum}大于上限{field.maximum}")
        if field.type in SENSITIVE_TYPES and not field.sensitive:
            self.faults.add(joined(path, "sensitive"), "身份证号和银行卡号必须标明 sensitive: true，加密保存")
        if field.type is FieldType.DECLARATION and raw.get("must_be") is not True:
            self.faults.add(joined(path, "must_be"), "承诺项要写 must_be: true")
        if inside_list and (field.type is FieldType.LIST or "show_if" in raw):
            self.faults.add(path, "重复项里不能再有重复项或显示条件")
        if field.readonly and field.prefill is None and not inside_list:
            self.faults.add(joined(path, "readonly"), "只读的项要写 prefill：从哪里读取")

    def _with_default(self, field: Field, raw: Mapping[str, object], path: str) -> Field:
        if raw.get("default") is None:
            return field
        try:
            return replace(field, default=rule_of(field).clean(field, raw["default"], self.known_region))
        except FieldFault as fault:
            self.faults.add(joined(path, "default"), f"默认值不合本项的要求：{'；'.join(fault.messages)}")
            return field
