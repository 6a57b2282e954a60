"""Tables of policies, matches and match runs."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.eligibility.types import (
    DailyState,
    EndingState,
    FollowUpAnswer,
    KeptBack,
    Outcome,
    Reach,
    RunState,
    Tier,
    TrialKind,
    TrialState,
    VersionState,
    VisitResult,
)
from app.eligibility.upcoming_models import Announcement as Announcement
from app.eligibility.upcoming_models import ForesightDay as ForesightDay
from app.foundation.database import Model
from app.foundation.leases import Leased

_STATES = ", ".join(repr(state.value) for state in VersionState)
_OUTCOMES = ", ".join(repr(outcome.value) for outcome in Outcome)
_KEPT_BACK = ", ".join(repr(reason.value) for reason in KeptBack)
_REACH = ", ".join(repr(reach.value) for reach in Reach)
_RESULTS = ", ".join(repr(result.value) for result in VisitResult)
_ANSWERS = ", ".join(repr(answer.value) for answer in FollowUpAnswer)
_RUN_STATES = ", ".join(repr(state.value) for state in RunState)
_ENDING_STATES = ", ".join(repr(state.value) for state in EndingState)
_DAILY_STATES = ", ".join(repr(state.value) for state in DailyState)
_TRIAL_KINDS = ", ".join(repr(kind.value) for kind in TrialKind)
_TRIAL_STATES = ", ".join(repr(state.value) for state in TrialState)


class PolicyVersion(Model):
    """One version of a policy; published ones never change (trigger `eligibility_version_frozen`).

    A `narrow` one is for very few, as its preview found: a reason and a second approval stand beside it.
    """

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
        CheckConstraint(
            "second_approver_id IS NULL OR (second_approver_id <> approver_id"
            " AND second_approver_id <> author_id AND second_approver_id <> ALL (editor_ids))",
            name="six_eyes",
        ),
        CheckConstraint(
            "state = 'draft' OR NOT narrow"
            " OR (second_approver_id IS NOT NULL AND approval_reason IS NOT NULL)",
            name="narrow_approved_twice",
        ),
        CheckConstraint("(state = 'ended') = (ending_id IS NOT NULL)", name="ended_by_an_act"),
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
    review_by: Mapped[date | None]
    body: Mapped[dict[str, Any]]
    checksum: Mapped[str]
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    editor_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    second_approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    approval_reason: Mapped[str | None]
    narrow: Mapped[bool] = mapped_column(default=False, server_default="false")
    preview_id: Mapped[UUID | None] = mapped_column(ForeignKey("eligibility_trial.id"))
    published_at: Mapped[datetime | None]
    ending_id: Mapped[UUID | None] = mapped_column(ForeignKey("eligibility_ending.id"))
    revision: Mapped[int] = mapped_column(default=1)


class Match(Model):
    """The last result of one policy for one subject of a resident; the next run changes only what differs.

    The subject is the resident, or an enterprise that the resident represents. `facts` are the names, sources
    and dates of what the result rests on, without values.
    """

    __tablename__ = "eligibility_match"
    __table_args__ = (
        UniqueConstraint("resident_id", "subject_id", "policy_id"),
        Index(None, "policy_id", "outcome"),
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
    tier: Mapped[str] = mapped_column(default=Tier.APPLIED_FOR, server_default=Tier.APPLIED_FOR)
    concerns: Mapped[bool] = mapped_column(default=True, server_default="true")
    received: Mapped[bool] = mapped_column(default=False, server_default="false")
    facts: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
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


class Trial(Leased):
    """A rule tried on everyone registered (试算): counted, never matched, nobody is told.

    A preview holds for exactly one revision of one version; `days` are the dates it was tried at, `tally`
    what was counted up to `cursor` (`app.eligibility.tallies`).
    """

    __tablename__ = "eligibility_trial"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_TRIAL_KINDS})", name="kind_known"),
        CheckConstraint(f"state IN ({_TRIAL_STATES})", name="state_known"),
        CheckConstraint("(state = 'running') = (finished_at IS NULL)", name="finished_when_done"),
        Index(
            "uq_eligibility_trial_one_preview",
            "policy_id",
            "rule_version",
            "revision",
            unique=True,
            postgresql_where=text("kind = 'preview' AND state = 'running'"),
        ),
        Index(None, "policy_id", "rule_version"),
    )

    kind: Mapped[str]
    policy_id: Mapped[str]
    rule_version: Mapped[int]
    revision: Mapped[int]
    checksum: Mapped[str]
    base_version: Mapped[int | None]
    days: Mapped[list[str]]
    officer_id: Mapped[UUID] = mapped_column(ForeignKey("identity_officer.id"))
    state: Mapped[str] = mapped_column(default=TrialState.RUNNING)
    cursor: Mapped[UUID | None]
    tally: Mapped[dict[str, Any]]
    finished_at: Mapped[datetime | None]


class Ending(Leased):
    """One act (依据文件) that ends policies: which versions, what would be lost, who proposed, who approved.

    `counts` are the matches that were lost, by policy, marked after the policies ended.
    """

    __tablename__ = "eligibility_ending"
    __table_args__ = (
        CheckConstraint(f"state IN ({_ENDING_STATES})", name="state_known"),
        CheckConstraint("approver_id <> proposer_id", name="four_eyes"),
        CheckConstraint(
            "state = 'proposed' OR (approver_id IS NOT NULL AND ended_at IS NOT NULL)",
            name="ended_by_somebody",
        ),
    )

    act: Mapped[str]
    versions: Mapped[dict[str, Any]]
    regions: Mapped[list[str]]
    preview: Mapped[dict[str, Any]]
    proposer_id: Mapped[UUID] = mapped_column(ForeignKey("identity_officer.id"))
    approver_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    state: Mapped[str] = mapped_column(default=EndingState.PROPOSED)
    counts: Mapped[dict[str, Any]]
    ended_at: Mapped[datetime | None]


class News(Model):
    """Somebody whom a run newly found, and what became of telling them: the account of a run counts these.

    Who was found by their own change is told from `not_before` on: they may see it in the app first. A
    message that is gone with neither reason was erased with its account; so are resident and subject.
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
    not_before: Mapped[datetime | None]
    reach: Mapped[str | None]
    follow_up: Mapped[str | None]
    asked_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class Visit(Model):
    """A visit to somebody whom the phone did not reach (上门告知): open until it has a result.

    It comes from the news of a run, or for people who never registered from a delivery of the data platform,
    which calls them by the keyed index of their number; a closed one is how a later delivery knows.
    """

    __tablename__ = "eligibility_visit"
    __table_args__ = (
        UniqueConstraint("news_id"),
        CheckConstraint(f"result IN ({_RESULTS})", name="result_known"),
        CheckConstraint("(result IS NULL) = (closed_at IS NULL)", name="result_is_whole"),
        CheckConstraint("num_nonnulls(news_id, run_id) IN (0, 2)", name="news_of_a_run"),
        CheckConstraint("num_nonnulls(news_id, delivery_id) = 1", name="one_origin"),
        CheckConstraint("num_nonnulls(delivery_id, person_index) IN (0, 2)", name="person_of_a_delivery"),
        CheckConstraint("octet_length(person_index) = 16", name="person_index_length"),
        Index("ix_eligibility_visit_open", "region_code", "id", postgresql_where=text("closed_at IS NULL")),
        Index(
            "uq_eligibility_visit_open_person",
            "person_index",
            "policy_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL AND person_index IS NOT NULL"),
        ),
        Index(None, "person_index", postgresql_where=text("person_index IS NOT NULL")),
        Index(None, "delivery_id", postgresql_where=text("delivery_id IS NOT NULL")),
        Index(None, "run_id"),
        Index(None, "resident_id"),
    )

    news_id: Mapped[UUID | None] = mapped_column(ForeignKey("eligibility_news.id"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("eligibility_match_run.id"))
    delivery_id: Mapped[UUID | None] = mapped_column(ForeignKey("eligibility_delivery.id"))
    person_index: Mapped[bytes | None]
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_account.id"))
    policy_id: Mapped[str]
    region_code: Mapped[str]
    why: Mapped[str]
    sensitive: Mapped[bool]
    result: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class DailyRun(Leased):
    """One day's match of everybody (每日匹配): snapshot, answers, difference, and how far it is applied.

    `result` and `last` are folders under SNAPSHOT_FOLDER: what this day finds, and what it is compared with.
    `part` and `position` say how far the difference is written into matches.
    """

    __tablename__ = "eligibility_daily_run"
    __table_args__ = (
        UniqueConstraint("as_of", "scope"),
        CheckConstraint(f"state IN ({_DAILY_STATES})", name="state_known"),
        CheckConstraint("(state = 'failed') = (error_code IS NOT NULL)", name="failed_says_why"),
        CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name="finished_when_done"),
    )

    as_of: Mapped[date]
    scope: Mapped[str]
    state: Mapped[str] = mapped_column(default=DailyState.EXPORTING)
    rounds: Mapped[int] = mapped_column(default=1)
    tries: Mapped[int] = mapped_column(default=0)
    result: Mapped[str]
    last: Mapped[str | None]
    part: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    begun_at: Mapped[datetime]
    exported_at: Mapped[datetime | None]
    matched_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
