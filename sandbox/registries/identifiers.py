"""Check digits of Chinese identifiers, and how they are masked in the journal."""

import re
from datetime import date

_ID_NUMBER = re.compile(r"[1-9]\d{5}(\d{4})(\d{2})(\d{2})\d{3}[\dX]")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC = re.compile(rf"[{_USCC_ALPHABET}]{{2}}\d{{6}}[{_USCC_ALPHABET}]{{10}}")
_USCC_BASE = 31


def id_number_ok(value: str) -> bool:
    """Say whether this is a 公民身份号码: shape, a date that exists, check digit (GB 11643-1999)."""
    match = _ID_NUMBER.fullmatch(value)
    if not match:
        return False
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(value, _ID_WEIGHTS, strict=False))
    return value[-1] == _ID_CHECK[total % 11]


def uscc_ok(value: str) -> bool:
    """Say whether this is a 统一社会信用代码: shape and check character (GB 32100-2015)."""
    if not _USCC.fullmatch(value):
        return False
    total = sum(
        _USCC_ALPHABET.index(character) * pow(3, place, _USCC_BASE)
        for place, character in enumerate(value[:17])
    )
    return value[-1] == _USCC_ALPHABET[-total % _USCC_BASE]


def masked(value: str) -> str:
    """Keep three characters in front and two behind: enough to recognise, too little to use."""
    return f"{value[:3]}{'*' * (len(value) - 5)}{value[-2:]}" if len(value) > 5 else "*" * len(value)  # noqa: PLR2004 -- 3 + 2
