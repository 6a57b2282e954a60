"""Region codes: six digits of GB/T 2260 in three pairs, behind them street and community, three digits each.

The long ones are the twelve digits of 统计用区划代码; who covers whom is decided by whole levels only.
"""

NATIONAL = "000000"
PAIR, TRIPLE = 2, 3
COUNTY, STREET, COMMUNITY = 6, 9, 12
"""Digits that count at each level below the city."""
_LEVELS = frozenset({0, 2, 4, COUNTY, STREET, COMMUNITY})


def significant(code: str) -> str:
    """Return the digits that count: `500000` → `50`, `500103` → `500103`, `500103002000` → `500103002`.

    National → empty. A short code as policies write it (`50`, `3401`) is taken as it stands.
    """
    digits = code
    while len(digits) > COUNTY and digits.endswith("000"):
        digits = digits[:-TRIPLE]
    if len(digits) > COUNTY:
        return digits
    while digits.endswith("00"):
        digits = digits[:-PAIR]
    return digits


def covers(scope: str, code: str) -> bool:
    """Say whether `scope` is `code` or contains it; never by half a level (`1` does not cover `11`)."""
    digits = significant(scope)
    if len(digits) not in _LEVELS:
        return False
    return code.startswith(digits)


def ancestors(code: str) -> tuple[str, ...]:
    """Return the code and every area around it, nearest first, national last."""
    digits, found = significant(code), []
    while digits:
        found.append(digits.ljust(COMMUNITY if len(digits) > COUNTY else COUNTY, "0"))
        digits = digits[: -TRIPLE if len(digits) > COUNTY else -PAIR]
    return (*dict.fromkeys(found), NATIONAL)  # a city that stands for its 区县 is named once


def county(code: str) -> str:
    """Return the 区县 of a longer code; a shorter one stays what it is."""
    return code[:COUNTY]
