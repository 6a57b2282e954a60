"""Tables of ratings; private to this package.

A rating is never changed (trigger in migrations/sql/ratings_unchangeable.sql).
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.database import Model
from app.ratings.types import FollowUpState, Stage

_STAGES = ", ".join(f"'{stage}'" for stage in Stage)


class Rating(Model):
    """One rating (评价); whose service it was is kept beside it, since numbers are by department and region.

    `handled_at` is when the case was decided, None at the stage of acceptance.
    """

    __tablename__ = "rating"
    __table_args__ = (
        UniqueConstraint("case_id", "stage", "resident_id"),
        CheckConstraint(f"stage IN ({_STAGES})", "stage_known"),
        CheckConstraint("score BETWEEN 1 AND 5", "five_levels"),
        Index(None, "department", "created_at"),
        Index(None, "handled_at"),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("application_case.id"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"))
    stage: Mapped[str] = mapped_column(String(12))
    score: Mapped[int]
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    comment: Mapped[bytes | None] = mapped_column(LargeBinary)
    anonymous: Mapped[bool]
    service_id: Mapped[str] = mapped_column(String(64))
    service_version: Mapped[int]
    department: Mapped[str] = mapped_column(String(40))
    region_code: Mapped[str] = mapped_column(String(6))
    handled_at: Mapped[datetime | None]


class RatingFollowUp(Model):
    """The follow-up of a 差评: due in working days, closed with an answer to whoever rated."""

    __tablename__ = "rating_follow_up"
    __table_args__ = (
        UniqueConstraint("rating_id"),
        CheckConstraint(f"state IN ('{FollowUpState.OPEN}', '{FollowUpState.RECTIFIED}')", "state_known"),
        CheckConstraint(
            f"(state = '{FollowUpState.RECTIFIED}') = (num_nonnulls(reply, rectified_by, rectified_at) = 3)",
            "rectified_is_answered",
        ),
        Index(None, "due_on", postgresql_where=text(f"state = '{FollowUpState.OPEN}'")),
    )

    rating_id: Mapped[UUID] = mapped_column(ForeignKey("rating.id"))
    state: Mapped[str] = mapped_column(String(12), default=FollowUpState.OPEN)
    due_on: Mapped[date | None]
    reply: Mapped[bytes | None] = mapped_column(LargeBinary)
    rectified_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    rectified_at: Mapped[datetime | None]
