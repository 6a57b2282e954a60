"""Receipt and tracking numbers: unique by constraint, readable aloud, with a check character."""

import secrets

from sqlalchemy import func, select
from stdnum import luhn

from app.foundation import clock
from app.foundation.database import session

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, 1, I, L, O: they are misheard and misread."""
TRACKING_LENGTH = 12


NEXT = func.nextval("application_receipt_seq")
"""Takes a number of the sequence; one that is not used leaves a gap, which harms nobody."""


def next_receipt_no(region_code: str) -> str:
    """Return the next receipt number of a region."""
    return receipt_no(region_code, session.scalar(select(NEXT)) or 0)


def receipt_no(region_code: str, number: int) -> str:
    """Return `<region 6><yyyymmdd><sequence 6><check digit>`; the check digit is Luhn's."""
    body = f"{region_code}{clock.today():%Y%m%d}{number:06}"
    return body + str(luhn.calc_check_digit(body))


def new_tracking_no() -> str:
    """Return eleven random characters (over 53 bits) and a check character, for asking without logging in."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(TRACKING_LENGTH - 1))
    return body + str(luhn.calc_check_digit(body, alphabet=ALPHABET))
