"""Tables of policies, matches and match runs."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.eligibility.types import (
    FollowUpAnswer,
    KeptBack,
    Outcome,
    Reach,
    RunState,
    VersionState,
    VisitResult,
)
from app.foundation.database import Model
from app.foundation.leases import Leased

_STATES = ", ".join(repr(state.value) for state in VersionState)
_OUTCOMES = ", ".join(repr(outcome.value) for outcome in Outcome)
_KEPT_BACK = ", ".join(repr(reason.value) for reason in KeptBack)
_REACH = ", ".join(repr(reach.value) for reach in Reach)
_RESULTS = ", ".join(repr(result.value) for result in VisitResult)
_ANSWERS = ", ".join(repr(answer.value) for answer in FollowUpAnswer)
_RUN_STATES = ", ".join(repr(state.value) for state in RunState)


class PolicyVersion(Model):
    """One version of a policy; published ones never change (trigger `eligibility_version_frozen`)."""

    __tablename__ = "eligibility_policy_version"
    __table_args__ = (
        UniqueConstraint("policy_id", "version"),
        CheckConstraint(f"state IN ({_STATES})", name="state_known"),
        CheckConstraint(
            "approver_id IS NULL OR (approver_id <> author_id AND approver_id <> ALL (editor_ids))",
            name="four_eyes",
        ),
        CheckConstraint(
            "state = 'draft' OR author_id IS NULL OR approver_id IS NOT NULL", name="published_by_somebody"
        ),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity_ordered"),
        Index(
            "uq_eligibility_policy_version_published",
            "policy_id",
            unique=True,
            postgresql_where=text("state = 'published'"),
        ),
        Index(
            "uq_eligibility_policy_version_draft",
            "policy_id",
            unique=True,
            postgresql_where=text("state = 'draft'"),
        ),
    )

    policy_id: Mapped[str]
    version: Mapped[int]
    state: Mapped[str] = mapped_column(default=VersionState.DRAFT)
    audience: Mapped[str]
    region_code: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    body: Mapped[dict[str, Any]]
    checksum: Mapped[str]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    editor_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    published_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=1)


class Match(Model):
    """The last result of one policy for one subject of a resident; the next run changes only what differs.

    The subject is the resident, or an enterprise that the resident represents.
    """

    __tablename__ = "eligibility_match"
    __table_args__ = (
        UniqueConstraint("resident_id", "subject_id", "policy_id"),
        CheckConstraint(f"outcome IN ({_OUTCOMES})", name="outcome_known"),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id", ondelete="CASCADE"))
    subject_id: Mapped[UUID]
    policy_id: Mapped[str]
    rule_version: Mapped[int]
    outcome: Mapped[str]
    amount: Mapped[dict[str, Any] | None]
    missing: Mapped[list[str]]
    reasons_count: Mapped[int]
    matched_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    dismissed: Mapped[str | None]


class MatchRun(Leased):
    """Matching everyone against one policy version: resumable at its cursor, counted honestly.

    A policy that begins on a later day is matched from that day on (`not_before`).
    """

    __tablename__ = "eligibility_match_run"
    __table_args__ = (
        CheckConstraint(f"state IN ({_RUN_STATES})", name="state_known"),
        UniqueConstraint("policy_id", "rule_version"),
    )

    policy_id: Mapped[str]
    rule_version: Mapped[int]
    state: Mapped[str] = mapped_column(default=RunState.RUNNING)
    cursor: Mapped[UUID | None]
    counts: Mapped[dict[str, Any]]
    not_before: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class News(Model):
    """Somebody whom a run newly found, and what became of telling them: the account of a run counts these.

    A message that is gone with neither reason was erased with its account; so are resident and subject.
    """

    __tablename__ = "eligibility_news"
    __table_args__ = (
        UniqueConstraint("run_id", "resident_id", "subject_id"),
        CheckConstraint(f"kept_back IN ({_KEPT_BACK})", name="kept_back_known"),
        CheckConstraint("kept_back IS NULL OR message_id IS NULL", name="told_or_kept_back"),
        CheckConstraint(f"reach IN ({_REACH})", name="reach_known"),
        CheckConstraint(f"answer IN ({_ANSWERS})", name="answer_known"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answer_is_whole"),
        CheckConstraint("follow_up IN ('asked', 'spared')", name="follow_up_known"),
        CheckConstraint("answered_at IS NULL OR asked_at IS NOT NULL", name="asked_before_answered"),
        Index(None, "resident_id", "policy_id"),
        Index(None, "message_id"),
        Index("ix_eligibility_news_due", "id", postgresql_where=text("due")),
        Index(
            "ix_eligibility_news_undecided",
            "id",
            postgresql_where=text("message_id IS NOT NULL AND reach IS NULL"),
        ),
        Index(
            "ix_eligibility_news_unasked",
            "id",
            postgresql_where=text("message_id IS NOT NULL AND follow_up IS NULL"),
        ),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("eligibility_match_run.id"))
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_account.id"))
    subject_id: Mapped[UUID | None]
    policy_id: Mapped[str]
    region_code: Mapped[str]
    message_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("notification_message.id", ondelete="SET NULL")
    )
    kept_back: Mapped[str | None]
    due: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    reach: Mapped[str | None]
    follow_up: Mapped[str | None]
    asked_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class Visit(Model):
    """A visit to somebody whom the phone did not reach (上门告知): open until it has a result."""

    __tablename__ = "eligibility_visit"
    __table_args__ = (
        UniqueConstraint("news_id"),
        CheckConstraint(f"result IN ({_RESULTS})", name="result_known"),
        CheckConstraint("(result IS NULL) = (closed_at IS NULL)", name="result_is_whole"),
        Index("ix_eligibility_visit_open", "region_code", "id", postgresql_where=text("closed_at IS NULL")),
        Index(None, "run_id"),
        Index(None, "resident_id"),
    )

    news_id: Mapped[UUID] = mapped_column(ForeignKey("eligibility_news.id"))
    run_id: Mapped[UUID] = mapped_column(ForeignKey("eligibility_match_run.id"))
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_account.id"))
    policy_id: Mapped[str]
    region_code: Mapped[str]
    why: Mapped[str]
    sensitive: Mapped[bool]
    result: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
