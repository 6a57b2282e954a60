"""Full years and months between two dates, as the law counts them."""

from datetime import date

from app.rules.types import Derivation

MONTHS = 12


def full_months(born: date, as_of: date) -> int:
    """Count completed months; born on the 31st, a month is complete on the 1st after a shorter one.

    So a person born on 29 February becomes one year older on 1 March of a common year. Negative before birth.
    """
    return (as_of.year - born.year) * MONTHS + as_of.month - born.month - (as_of.day < born.day)


def derived(derivation: Derivation, born: date, as_of: date) -> int:
    """Return the age in the unit of the fact."""
    months = full_months(born, as_of)
    return months if derivation is Derivation.FULL_MONTHS else months // MONTHS
