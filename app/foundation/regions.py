"""Region codes (GB/T 2260): six digits in three pairs; who covers whom is decided by whole pairs only."""

NATIONAL = "000000"
PAIR = 2


def significant(code: str) -> str:
    """Return the digits that count: `500000` → `50`, `500103` → `500103`, national → empty.

    A short code as policies write it (`50`, `3401`) is taken as it stands.
    """
    digits = code
    while digits.endswith("00"):
        digits = digits[:-PAIR]
    return digits


def covers(scope: str, code: str) -> bool:
    """Say whether `scope` is `code` or contains it; never by half a pair (`1` does not cover `11`)."""
    digits = significant(scope)
    if len(digits) % PAIR:
        return False
    return code.startswith(digits)


def ancestors(code: str) -> tuple[str, ...]:
    """Return the code and every area around it, nearest first, national last."""
    digits, found = significant(code), []
    while digits:
        found.append(digits.ljust(6, "0"))
        digits = digits[:-PAIR]
    return (*found, NATIONAL)
