"""What a case (办件) is made of; everything here may cross a border."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

CaseId = NewType("CaseId", UUID)


class Status(StrEnum):
    """Where a case stands (办件状态)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SUPPLEMENT = "supplement"
    ACCEPTED = "accepted"
    PAUSED = "paused"
    APPROVED = "approved"
    REJECTED = "rejected"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


STATUS_LABELS: Mapping[Status, str] = {
    Status.DRAFT: "草稿，尚未提交",
    Status.SUBMITTED: "待受理",
    Status.SUPPLEMENT: "待补正",
    Status.ACCEPTED: "办理中",
    Status.PAUSED: "特别程序",
    Status.APPROVED: "办结（通过）",
    Status.REJECTED: "办结（不予）",
    Status.REFUSED: "不予受理",
    Status.WITHDRAWN: "已撤回",
    Status.REVOKED: "已撤销",
}
CONCLUDED = frozenset({Status.APPROVED, Status.REJECTED})
FINAL = CONCLUDED | {Status.REFUSED, Status.WITHDRAWN, Status.REVOKED}
OPEN = frozenset(Status) - FINAL - {Status.DRAFT}
"""With an office: submitted and not yet at an end."""


class EventKind(StrEnum):
    """What happened to a case."""

    DRAFTED = "drafted"
    SUBMITTED = "submitted"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    SUPPLEMENT_ANSWERED = "supplement_answered"
    ACCEPTED = "accepted"
    DEEMED_ACCEPTED = "deemed_accepted"
    ACCEPTANCE_REFUSED = "acceptance_refused"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "extended"
    STAGE_ENDED = "stage_ended"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


class Action(StrEnum):
    """What an officer may decide (办理动作)."""

    ACCEPT = "accept"
    REQUEST_SUPPLEMENT = "request_supplement"
    REFUSE_ACCEPTANCE = "refuse_acceptance"
    APPROVE = "approve"
    REJECT = "reject"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"


class PauseKind(StrEnum):
    """Special procedures whose time does not count (行政许可法 第45条; 公示)."""

    HEARING = "hearing"
    INSPECTION = "inspection"
    EXPERT_REVIEW = "expert_review"
    PUBLIC_NOTICE = "public_notice"


PAUSE_LABELS: Mapping[PauseKind, str] = {
    PauseKind.HEARING: "听证",
    PauseKind.INSPECTION: "检验、检测或现场核查",
    PauseKind.EXPERT_REVIEW: "专家评审",
    PauseKind.PUBLIC_NOTICE: "公示",
}


class GrantState(StrEnum):
    """Where a prepared grant (免申即享) stands; before the tap it is no case and no office has it."""

    PREPARED = "prepared"
    CONFIRMED = "confirmed"
    DECLINED = "declined"


GRANT_LABELS: Mapping[GrantState, str] = {
    GrantState.PREPARED: "待您确认，尚未提交",
    GrantState.CONFIRMED: "已确认，已提交",
    GrantState.DECLINED: "您选择了不领取",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `details` hold codes, counts and dates, never a person's words."""

    seq: int
    kind: EventKind
    at: datetime
    actor_kind: str
    actor_id: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CaseState:
    """What the events amount to; the row of a case caches exactly this.

    `returns_to` is where an answer or the end of a special procedure leads back to; `received_at` is when the
    office had everything it had asked for. `stopped_on` is the day the clock stopped, None while it runs;
    days excluded so far are kept in working and in calendar days, since limits are given in either. Of the
    stages (环节), `stages_left` have to end before the decision; `uncounted` says that only such are being
    done as do not count (公示、评估), `settled` that nobody has to say anything.
    """

    status: Status = Status.DRAFT
    returns_to: Status | None = None
    submitted_at: datetime | None = None
    received_at: datetime | None = None
    accepted_at: datetime | None = None
    decided_at: datetime | None = None
    closed_at: datetime | None = None
    supplement_asked: bool = False
    supplement_due_on: date | None = None
    stopped_on: date | None = None
    excluded_working_days: int = 0
    excluded_calendar_days: int = 0
    extension_days: int = 0
    stages_left: int = 0
    uncounted: bool = False
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a resident holds after submitting (收件凭证)."""

    case_id: CaseId
    receipt_no: str
    tracking_no: str
    submitted_at: datetime
    accept_due_on: date | None
