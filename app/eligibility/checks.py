"""Rules of writing and approving policies; each raises or returns nothing."""

from collections.abc import Collection
from uuid import UUID

from app.eligibility.errors import (
    ConfirmationRequired,
    OutsideJurisdiction,
    ReasonPersonal,
    ReasonRequired,
    SameHands,
)
from app.eligibility.tallies import Tally
from app.foundation.logging import looks_personal
from app.foundation.regions import covers
from app.identity.types import OfficerPrincipal


def within_jurisdiction(officer: OfficerPrincipal, region_code: str) -> None:
    """Refuse a policy for a region outside the officer's own."""
    if not covers(officer.region_code, region_code):
        raise OutsideJurisdiction


def four_eyes(*, writers: Collection[UUID | None], approver: OfficerPrincipal) -> None:
    """Refuse an approval by anybody who wrote, changed or already approved the draft (四眼原则)."""
    if approver.officer_id in writers:
        raise SameHands


def meant_for_most(tally: Tally, *, confirmed: bool) -> None:
    """Refuse a rule for more than half of everyone unless the approver says that it is meant so."""
    if tally.broad and not confirmed:
        raise ConfirmationRequired


def reason_for_few(reason: str | None) -> str:
    """Return the reason for a rule that very few fit; refuse none, and one with somebody's number in it."""
    said = (reason or "").strip()
    if not said:
        raise ReasonRequired
    return plain_words(said, "reason")


def plain_words(said: str, path: str) -> str:
    """Return an officer's words as they are kept; refuse those with somebody's number in them."""
    if looks_personal(said):
        raise ReasonPersonal({path: [ReasonPersonal.message]})
    return said.strip()


def covers_all(officer: OfficerPrincipal, region_codes: Collection[str]) -> bool:
    """Say whether every one of some regions is within the officer's own."""
    return all(covers(officer.region_code, code) for code in region_codes)
