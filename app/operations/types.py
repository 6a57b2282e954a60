"""What a summary is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in Asia/Shanghai, both ends included, as the moments they begin and end at."""

    first: date
    last: date
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class PushNumbers:
    """Pushes by state; `oldest_due_seconds` is the age of the oldest one that should have left."""

    by_state: Mapping[str, int]
    total: int
    oldest_due_seconds: float


@dataclass(frozen=True, slots=True)
class RatingNumbers:
    """Ratings by level with the share of those who rated; `satisfied` with its 95 % interval (Wilson)."""

    by_score: Mapping[str, int]
    rated: int
    handled: int
    rated_share: float | None
    satisfied_share: float | None
    satisfied_interval: tuple[float, float] | None
    open_follow_ups: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything on the page, as one object.

    `grants` (免申即享): how many matches one tap would confirm, and what became of those that were opened.
    """

    period: Period
    region: str
    department: str | None
    logins: Mapping[str, int]
    residents: Mapping[str, int]
    matches: Mapping[str, int]
    grants: Mapping[str, int]
    pushes: PushNumbers
    cases: Mapping[str, int]
    overdue: int
    ratings: RatingNumbers
