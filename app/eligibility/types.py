"""What a policy, an assessment and a match run can be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NewType
from uuid import UUID

from app.rules.amounts import Amount, Benefit
from app.rules.syntax import Node
from app.rules.types import Truth

PolicyId = NewType("PolicyId", str)
RunId = NewType("RunId", UUID)


class Outcome(StrEnum):
    """The three answers as a client reads them."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"

    @classmethod
    def of(cls, truth: Truth) -> "Outcome":
        """Translate Kleene's answer."""
        if truth is None:
            return cls.UNDETERMINED
        return cls.ELIGIBLE if truth else cls.INELIGIBLE


class Audience(StrEnum):
    """Whom a policy is for."""

    PERSON = "person"
    ENTERPRISE = "enterprise"


class VersionState(StrEnum):
    """The life of one version of a policy."""

    DRAFT = "draft"
    PUBLISHED = "published"
    REPLACED = "replaced"
    ENDED = "ended"


class RunState(StrEnum):
    """The life of a match run."""

    RUNNING = "running"
    FINISHED = "finished"


class Dismissal(StrEnum):
    """Why a person waves a match away."""

    NOT_INTERESTED = "not_interested"
    ALREADY_RECEIVED = "already_received"
    INFORMATION_WRONG = "information_wrong"


class KeptBack(StrEnum):
    """Why somebody whom a run newly found was not told at all: not even in the inbox."""

    ALREADY_TOLD = "already_told"
    NOT_PERSONALISED = "not_personalised"
    DISMISSED = "dismissed"
    CAMPAIGN_CANCELLED = "campaign_cancelled"
    UNFIT_WORDING = "unfit_wording"
    MATCH_LOST = "match_lost"
    NO_CONSENT = "no_consent"


KEPT_BACK_LABELS: dict[KeptBack, str] = {
    KeptBack.ALREADY_TOLD: "以前已经告知过",
    KeptBack.NOT_PERSONALISED: "本人关闭了个性化推荐",
    KeptBack.DISMISSED: "本人已选择不再提示",
    KeptBack.CAMPAIGN_CANCELLED: "推送取消后才匹配到",
    KeptBack.UNFIT_WORDING: "政策文字不符合微信模板规则",
    KeptBack.MATCH_LOST: "告知前情况有变化，已不符合",
    KeptBack.NO_CONSENT: "告知前撤回了政策匹配授权",
}


class Reach(StrEnum):
    """What came of telling somebody, once it is known; undecided rows have none."""

    REACHED = "reached"
    VISIT = "visit"
    GONE = "gone"


class VisitResult(StrEnum):
    """How a visit of the grid worker (上门告知) ended; the last two are closed by the system."""

    TOLD_APPLIED = "told_applied"
    TOLD_WILL_APPLY = "told_will_apply"
    TOLD_NOT_WANTED = "told_not_wanted"
    NOT_ENTITLED = "not_entitled"
    NOT_FOUND = "not_found"
    REACHED_ONLINE = "reached_online"
    WITHDRAWN = "withdrawn"


VISIT_REASONS: dict[str, str] = {"unopened": "推送后一周没有打开"}
"""Why somebody is visited, beside what became of their push."""


class FollowUpAnswer(StrEnum):
    """What a person answers to the one question after seven days (回访)."""

    APPLIED = "applied"
    WILL_APPLY = "will_apply"
    DID_NOT_UNDERSTAND = "did_not_understand"
    NOT_FOR_ME = "not_for_me"


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of one policy (惠民政策), parsed and checked."""

    id: PolicyId
    version: int
    title: str
    summary: str
    region_code: str
    department: str
    audience: Audience
    mode: str
    valid_from: date
    valid_to: date | None
    conditions: Node = field(repr=False)
    benefit: Benefit = field(repr=False)
    service_id: str | None
    implements: str | None
    checksum: str
    raw: Mapping[str, Any] = field(repr=False)

    def in_force(self, on: date) -> bool:
        """Say whether the policy is in force on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class ReasonView:
    """One reason as it is shown, with where the value came from; sensitive values are masked."""

    text: str
    outcome: str
    fact: str | None
    value: str | None
    source: str | None
    fetched_at: datetime | None
    children: tuple["ReasonView", ...] = ()
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class MissingFact:
    """What could still change the answer, and how it is got."""

    fact: str
    label: str
    how: str
    question: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The full, explained answer of one policy for one subject at one date."""

    policy_id: PolicyId
    rule_version: int
    as_of: date
    outcome: Outcome
    amount: Amount | None
    reasons: tuple[ReasonView, ...]
    missing: tuple[MissingFact, ...]
