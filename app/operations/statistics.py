"""Honest shares: an interval beside every percentage, and nothing where there is nothing to divide."""

from math import sqrt

_Z95 = 1.959964


def share(part: int, whole: int) -> float | None:
    """Return part / whole, or None where nothing was counted."""
    return part / whole if whole else None


def wilson(part: int, whole: int) -> tuple[float, float] | None:
    """Return the 95 % Wilson interval of a share, or None where nothing was counted."""
    if not whole:
        return None
    p, z2 = part / whole, _Z95**2
    centre = (p + z2 / (2 * whole)) / (1 + z2 / whole)
    half = _Z95 / (1 + z2 / whole) * sqrt(p * (1 - p) / whole + z2 / (4 * whole**2))
    return max(0.0, centre - half), min(1.0, centre + half)
