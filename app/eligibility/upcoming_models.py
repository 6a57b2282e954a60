"""Tables of what was announced ahead of its day, and of the daily search for it."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.database import Model
from app.foundation.leases import Leased


class AnnouncementState(StrEnum):
    """The life of one announcement: due, told or kept back; then renewed, retracted, or its day came."""

    DUE = "due"
    TOLD = "told"
    KEPT_BACK = "kept_back"
    RENEWED = "renewed"
    RETRACTED = "retracted"
    PASSED = "passed"


class Untold(StrEnum):
    """Why an announcement was kept back."""

    NOT_TRUE = "not_true"
    NOT_SHOWN = "not_shown"
    NO_CONSENT = "no_consent"
    NOT_PERSONALISED = "not_personalised"
    UNFIT_WORDING = "unfit_wording"


_KINDS = "'begins', 'ends', 'renewal'"
_STATES = ", ".join(repr(state.value) for state in AnnouncementState)
_UNTOLD = ", ".join(repr(reason.value) for reason in Untold)


class Announcement(Model):
    """One day that one subject is told about ahead, once: a policy begins or ends, or is to be renewed.

    Nobody is told twice: the key holds the day, so that a corrected date is another announcement.
    """

    __tablename__ = "eligibility_announcement"
    __table_args__ = (
        UniqueConstraint(
            "resident_id", "subject_id", "policy_id", "day", "kind", name="uq_eligibility_announcement_once"
        ),
        CheckConstraint(f"kind IN ({_KINDS})", name="kind_known"),
        CheckConstraint(f"state IN ({_STATES})", name="state_known"),
        CheckConstraint(f"untold IN ({_UNTOLD})", name="untold_known"),
        CheckConstraint("(state = 'kept_back') = (untold IS NOT NULL)", name="kept_back_with_its_reason"),
        CheckConstraint("(state = 'renewed') = (renewed_on IS NOT NULL)", name="renewed_on_a_day"),
        Index("ix_eligibility_announcement_due", "id", postgresql_where=text("state = 'due'")),
        Index(
            "ix_eligibility_announcement_open", "checked_on", "id", postgresql_where=text("state = 'told'")
        ),
        Index(None, "policy_id"),
        Index(None, "message_id"),
    )

    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_account.id"))
    subject_id: Mapped[UUID | None]
    policy_id: Mapped[str]
    day: Mapped[date]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=AnnouncementState.DUE)
    untold: Mapped[str | None]
    message_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("notification_message.id", ondelete="SET NULL")
    )
    told_at: Mapped[datetime | None]
    checked_on: Mapped[date | None]
    renewed_on: Mapped[date | None]


class ForesightDay(Leased):
    """The search of one day for one audience: goes on behind the last finished partition of the snapshot."""

    __tablename__ = "eligibility_foresight_day"
    __table_args__ = (UniqueConstraint("as_of", "audience"),)

    as_of: Mapped[date]
    audience: Mapped[str]
    cursor: Mapped[str] = mapped_column(default="")
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    finished_at: Mapped[datetime | None]
