"""居民身份证号 (GB 11643): shape, a birthday that exists, the check digit of ISO 7064 MOD 11-2.

The first six digits are not looked up: people keep the code of a county that was renamed, merged, or made
after they were born, so a table of today's codes would refuse the old.
"""

import re
from datetime import date

from stdnum.cn import ric

_SHAPE = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
OLDEST_YEAR = 1850


def birthday(number: str) -> date | None:
    """Return the date of birth in an 18-character number, None where there is no such day."""
    if not _SHAPE.fullmatch(number):
        return None
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return born if born.year >= OLDEST_YEAR else None


def is_valid(number: str) -> bool:
    """Say whether this can be somebody's number: upper case, 18 characters."""
    return birthday(number) is not None and has_check_digit(number)


def has_check_digit(number: str) -> bool:
    """Say whether the last character is the check digit of the seventeen before it."""
    return bool(number[-1] == ric.calc_check_digit(number))
