"""Who acts, and how it ended; these may cross a border."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """What kind of somebody acts."""

    RESIDENT = "resident"
    OFFICER = "officer"
    SYSTEM = "system"
    WECHAT = "wechat"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a kind and an id of ours (for `system` the job's name)."""

    kind: ActorKind
    id: str
