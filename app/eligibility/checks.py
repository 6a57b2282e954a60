"""Rules of writing and approving policies; each raises or returns nothing."""

from collections.abc import Collection
from uuid import UUID

from app.eligibility.errors import OutsideJurisdiction, SameHands
from app.foundation.regions import covers
from app.identity.types import OfficerPrincipal


def within_jurisdiction(officer: OfficerPrincipal, region_code: str) -> None:
    """Refuse a policy for a region outside the officer's own."""
    if not covers(officer.region_code, region_code):
        raise OutsideJurisdiction


def four_eyes(*, writers: Collection[UUID | None], approver: OfficerPrincipal) -> None:
    """Refuse an approval by anybody who wrote or changed the draft (四眼原则)."""
    if approver.officer_id in writers:
        raise SameHands
