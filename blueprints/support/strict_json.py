"""JSON as the contract allows it, checked on the raw bytes: nothing hostile reaches a schema.

At most 1 MiB (the request bounds it), 32 levels, 2,000 keys, 10,000 characters in a string, 18 digits in a
whole number; no NaN or Infinity, no key twice, no lone surrogate, no NUL, UTF-8 only.
"""

import json
import math
import re
from typing import Any, NoReturn

from flask import Request

from app.foundation.errors import InvalidInput
from blueprints.support.requests import BadRequest

DEPTH, KEYS, CHARACTERS, DIGITS = 32, 2_000, 10_000, 18
_TOKENS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
READS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")


class BadJson(BadRequest):
    """The body is not JSON as we accept it."""

    code = "http.bad_json"
    message = "提交的内容格式有误，请刷新后重试"


def parse(raw: bytes) -> Any:
    """Return the value; raises BadJson, whatever the bytes."""
    try:
        text = raw.decode("utf-8")
        _check_depth(text)
        value = json.loads(
            text,
            object_pairs_hook=_Keys(),
            parse_constant=_refuse,
            parse_int=_whole,
            parse_float=_finite,
        )
        if "\\u" in text or len(text) > CHARACTERS:
            _check_strings(value)
    except (ValueError, RecursionError) as error:
        raise BadJson from error
    return value


class _Keys:
    """Builds objects while counting their keys and refusing a key said twice."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self.seen += len(pairs)
        value = dict(pairs)
        if len(value) != len(pairs) or self.seen > KEYS:
            raise BadJson
        return value


def _check_depth(text: str) -> None:
    if text.count("{") + text.count("[") <= DEPTH:
        return
    depth = 0
    for token in _TOKENS.finditer(text):
        match token[0]:
            case "{" | "[":
                depth += 1
                if depth > DEPTH:
                    raise BadJson
            case "}" | "]":
                depth -= 1
            case _:
                pass


def _check_strings(value: Any) -> None:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text if len(text) > CHARACTERS or _FORBIDDEN.search(text):
                raise BadJson
            case dict() as mapping:
                waiting.extend(mapping.keys())
                waiting.extend(mapping.values())
            case list() as items:
                waiting.extend(items)
            case _:
                pass


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > DIGITS:
        raise BadJson
    return int(digits)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise BadJson
    return number


def _refuse(_: str) -> NoReturn:
    raise BadJson


def check_no_body(asked: Request) -> None:
    """Refuse a body where the route takes none: nothing, or an empty JSON object, is enough."""
    if asked.method in READS or not (body := asked.get_data(cache=True)):
        return
    said = parse(body)
    if isinstance(said, dict) and not said:
        return
    names = list(said) if isinstance(said, dict) else ["_"]
    raise InvalidInput({str(name): ["没有这一项，请更新小程序后再试"] for name in names})
