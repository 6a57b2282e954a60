"""What a subscribe message's keywords may hold (订阅消息参数限制), by the prefix of the key."""

import re
from collections.abc import Callable, Sequence

HAN = "\u4e00-\u9fff\u3400-\u4dbf"
TIME = r"\d{1,2}:\d{2}(:\d{2})?"
DATE = (
    r"(\d{4}年\d{1,2}月(\d{1,2}日)?|\d{1,2}月\d{1,2}日"
    r"|\d{4}(?P<separator>[-/.])\d{1,2}((?P=separator)\d{1,2})?|\d{1,2}[-/.]\d{1,2})"
)

THING_LENGTH = 20
SYMBOL_LENGTH = 5
NUMBER_LENGTH = 32
CAR_LENGTH = 8
HAN_NAME_LENGTH = 10
LATIN_NAME_LENGTH = 20

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WORDLIKE = re.compile(rf"[{HAN}A-Za-z0-9]")
_HAN = re.compile(rf"[{HAN}]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(rf"{DATE}( ?{TIME})?")
_TIME = re.compile(rf"({DATE} ?)?{TIME}")
_CAR = re.compile(rf"[{HAN}A-Za-z0-9][A-Za-z0-9]{{0,6}}[{HAN}A-Za-z0-9]")
_PATTERNS = {
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "amount": re.compile(r"[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?"),
    "phone_number": re.compile(r"[\d+\-() ]{1,17}"),
    "phrase": re.compile(rf"[{HAN}]{{1,5}}"),
}


def acceptable(key: str, value: str, *, choices: Sequence[str] = ()) -> bool:
    """Whether WeChat would take this value for this key; an unknown prefix is never acceptable."""
    if _CONTROL.search(value):
        return False
    kind = key.rstrip("0123456789")
    if kind in {"enum", "enum_string"}:
        return value in choices
    pattern = _PATTERNS.get(kind)
    if pattern is not None:
        return pattern.fullmatch(value) is not None
    check = _CHECKS.get(kind)
    return check is not None and check(value)


def _thing(value: str) -> bool:
    return len(value) <= THING_LENGTH


def _number(value: str) -> bool:
    return len(value) <= NUMBER_LENGTH and _NUMBER.fullmatch(value) is not None


def _symbol(value: str) -> bool:
    return len(value) <= SYMBOL_LENGTH and _WORDLIKE.search(value) is None


def _car_number(value: str) -> bool:
    return len(value) <= CAR_LENGTH and _CAR.fullmatch(value) is not None


def _name(value: str) -> bool:
    if any(character.isdigit() for character in value):
        return False
    return len(value) <= (HAN_NAME_LENGTH if _HAN.search(value) else LATIN_NAME_LENGTH)


def _range_of(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        ends = [end.strip() for end in value.split("~")]
        return len(ends) in {1, 2} and all(pattern.fullmatch(end) for end in ends)

    return check


_CHECKS: dict[str, Callable[[str], bool]] = {
    "thing": _thing,
    "number": _number,
    "symbol": _symbol,
    "car_number": _car_number,
    "name": _name,
    "time": _range_of(_TIME),
    "date": _range_of(_DATE),
}
