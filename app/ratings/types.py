"""What a rating is made of; everything here may cross a border."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class Stage(StrEnum):
    """What is rated (一事一评): how it was accepted, or how it ended."""

    ACCEPTANCE = "acceptance"
    CONCLUSION = "conclusion"


STAGE_LABELS: Mapping[Stage, str] = {Stage.ACCEPTANCE: "受理环节", Stage.CONCLUSION: "办结"}
LEVELS: Mapping[int, str] = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}
"""国办发〔2019〕51号; 1 and 2 are 差评."""
WORST_GOOD = 3


def is_bad(score: int) -> bool:
    """Say whether a level is a 差评, which must be followed up."""
    return score < WORST_GOOD


class FollowUpState(StrEnum):
    """Where the follow-up of a 差评 stands."""

    OPEN = "open"
    RECTIFIED = "rectified"


@dataclass(frozen=True, slots=True)
class Choice:
    """One reason that may be ticked."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Level:
    """One of the five levels, with its own reasons."""

    score: int
    label: str
    tags: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class StageOption:
    """One stage: whether it may be rated now, and how it was."""

    stage: Stage
    label: str
    allowed: bool
    score: int | None


@dataclass(frozen=True, slots=True)
class Options:
    """Everything a rating page shows; no level is preselected."""

    stages: Sequence[StageOption]
    levels: Sequence[Level]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How a 差评 is followed up."""

    state: FollowUpState
    due_on: date | None
    overdue: bool
    reply: str


@dataclass(frozen=True, slots=True)
class RatingView:
    """A rating as the rated department sees it: no case, no person."""

    id: UUID
    service_id: str
    service_name: str
    stage: Stage
    score: int
    level: str
    tags: Sequence[Choice]
    comment: str
    anonymous: bool
    created_at: datetime
    follow_up: FollowUp | None


@dataclass(frozen=True, slots=True)
class Participation:
    """How many rated, of how many that could."""

    rated: int
    handled: int
