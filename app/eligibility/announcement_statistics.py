"""What announcing days of a policy came to: told, opened, renewed in time, retracted, kept back and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from app.eligibility.foresight import UpcomingKind
from app.eligibility.upcoming_models import Announcement, AnnouncementState, Untold
from app.foundation.database import reading
from app.notifications import campaigns


@dataclass(frozen=True, slots=True)
class Announced:
    """Counts of one kind of day: `announced` were told, whatever came after; `kept_back` says why not."""

    announced: int
    opened: int
    renewed: int
    renewed_in_time: int
    retracted: int
    waiting: int
    kept_back: Mapping[str, int]


NONE = Announced(0, 0, 0, 0, 0, 0, {})
ANNOUNCED = (UpcomingKind.BEGINS, UpcomingKind.ENDS, UpcomingKind.RENEWAL)
"""What somebody is told of ahead; what is only possible is shown to who looks."""


def of_policy(policy_id: str) -> dict[str, Announced]:
    """Return the counts of a policy by kind, in one statement."""
    fates = campaigns.fates()
    state = Announcement.state
    told = func.count(Announcement.told_at)
    in_time = func.count().filter(Announcement.renewed_on <= Announcement.day)
    counted = (
        select(
            Announcement.kind,
            told,
            func.count(fates.c.read_at),
            func.count(Announcement.renewed_on),
            in_time,
            func.count().filter(state == AnnouncementState.RETRACTED),
            func.count().filter(state == AnnouncementState.DUE),
            *(func.count().filter(Announcement.untold == reason) for reason in Untold),
        )
        .outerjoin(fates, fates.c.message_id == Announcement.message_id)
        .where(Announcement.policy_id == policy_id)
        .group_by(Announcement.kind)
    )
    with reading() as connection:
        found = {row[0]: _counted(*row[1:]) for row in connection.execute(counted)}
    return {kind.value: found.get(kind.value, NONE) for kind in ANNOUNCED}


def _counted(*numbers: int) -> Announced:
    announced, opened, renewed, in_time, retracted, waiting, *kept_back = numbers
    reasons = {reason.value: number for reason, number in zip(Untold, kept_back, strict=True)}
    return Announced(announced, opened, renewed, in_time, retracted, waiting, reasons)
