"""Rules of writing and approving policies; each raises or returns nothing."""

from uuid import UUID

from app.eligibility.errors import OutsideJurisdiction, SameHands
from app.foundation.regions import covers
from app.identity.types import OfficerPrincipal


def within_jurisdiction(officer: OfficerPrincipal, region_code: str) -> None:
    """Refuse a policy for a region outside the officer's own."""
    if not covers(officer.region_code, region_code):
        raise OutsideJurisdiction


def four_eyes(*, author: UUID | None, approver: OfficerPrincipal) -> None:
    """Refuse an approval by the one who wrote it (四眼原则)."""
    if author == approver.officer_id:
        raise SameHands
