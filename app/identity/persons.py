"""What a name and a 居民身份证号 (GB 11643) look like, before anybody is asked about them."""

import re
import unicodedata
from datetime import date

from app.foundation import clock, id_numbers
from app.foundation.errors import InvalidInput

_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]+(?:·[\u3400-\u9fff\U00020000-\U000323af]+)*")
_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
NAME_CHARACTERS = 2, 30
EARLIEST = date(1880, 1, 1)
_DOTS = str.maketrans("•‧・．", "····")


def checked(name: str, id_number: str) -> tuple[str, str]:
    """Return both as they are compared and stored: NFKC, no spaces, X upper case; raises InvalidInput."""
    errors: dict[str, list[str]] = {}
    clean_name = "".join(unicodedata.normalize("NFKC", name).split()).translate(_DOTS)
    clean_number = "".join(unicodedata.normalize("NFKC", id_number).split()).upper()
    if not (NAME_CHARACTERS[0] <= len(clean_name) <= NAME_CHARACTERS[1] and _NAME.fullmatch(clean_name)):
        errors["name"] = ["请填写身份证上的中文姓名"]
    if not id_numbers.is_valid(clean_number):
        errors["id_number"] = ["身份证号有误，请核对18位号码"]
    if errors:
        raise InvalidInput(errors)
    return clean_name, clean_number


def _is_id_number(number: str) -> bool:
    """Check form, birth date and check digit.

    Not whether the county existed at birth, as python-stdnum's `is_valid` does: numbers were given out from 1984
    on by the place of registration then, so that old people of 重庆 have numbers with 50.
    """
    if not _NUMBER.fullmatch(number) or ric.calc_check_digit(number) != number[-1]:
        return False
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return EARLIEST <= born <= clock.today()
