"""What a delivery and its account can be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class DeliveryState(StrEnum):
    """Where a delivery stands; of a refused one nothing was applied."""

    MATCHING = "matching"
    APPLYING = "applying"
    APPLIED = "applied"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Change:
    """One policy that begins (or no longer holds) for one person, as a delivery's difference says.

    `region_code` is where to go, None where nobody knows; `kept` says why nobody is sent although it begins.
    """

    person: bytes = field(repr=False)
    policy_id: str
    begins: bool
    region_code: str | None = None
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """An operator's word that a delivery with far fewer people than the last is meant so."""

    operator: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One delivery as officers see it; numbers of people are for those who see the whole of it."""

    id: UUID
    as_of: date
    state: DeliveryState
    error_code: str | None
    error_message: str | None
    people: int | None
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RegionAccount:
    """What a delivery came to in one 区县; None is a number under five in a region that is not one's own."""

    region_code: str
    region_name: str
    eligible: int | None
    begins: int | None
    registered: int | None
    not_visited: Mapping[str, int | None]
    visits_open: int | None
    visits_closed: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class DeliveryAccount:
    """A delivery and its regions."""

    delivery: DeliveryView
    regions: list[RegionAccount]
