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
TrialId = NewType("TrialId", UUID)


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


class EndingState(StrEnum):
    """The life of an act that ends policies; it is settled once their matches are marked as lost."""

    PROPOSED = "proposed"
    ENDED = "ended"
    SETTLED = "settled"


class TrialKind(StrEnum):
    """What a rule is tried for: a draft before its publication, or a version over days of the past."""

    PREVIEW = "preview"
    RETROSPECTION = "retrospection"


class TrialState(StrEnum):
    """The life of a trial; what was tried is outdated once the draft reads otherwise."""

    RUNNING = "running"
    FINISHED = "finished"
    OUTDATED = "outdated"


class DailyState(StrEnum):
    """The life of one day's run over everybody: its stages, then how it ended."""

    EXPORTING = "exporting"
    MATCHING = "matching"
    APPLYING = "applying"
    FINISHED = "finished"
    FAILED = "failed"
    SUPERSEDED = "superseded"


UNDER_WAY = (DailyState.EXPORTING, DailyState.MATCHING, DailyState.APPLYING)


class Dismissal(StrEnum):
    """Why a person waves a match away."""

    NOT_INTERESTED = "not_interested"
    ALREADY_RECEIVED = "already_received"
    INFORMATION_WRONG = "information_wrong"


class Tier(StrEnum):
    """How a person gets what a policy gives (办理方式), least effort first.

    免申即享 only where eligibility, amount and data are certain, otherwise 快申快享 (a provincial notice,
    reference R12.2).
    """

    GRANTED = "免申即享"
    PREFILLED = "快申快享"
    DECLARED = "申报即享"
    APPLIED_FOR = "需申请"


class KeptBack(StrEnum):
    """Why somebody whom a run newly found was not told at all: not even in the inbox."""

    ALREADY_TOLD = "already_told"
    NOT_PERSONALISED = "not_personalised"
    DISMISSED = "dismissed"
    CAMPAIGN_CANCELLED = "campaign_cancelled"
    UNFIT_WORDING = "unfit_wording"
    MATCH_LOST = "match_lost"
    NO_CONSENT = "no_consent"
    RECEIVED = "received"
    IMPLEMENTS = "implements"
    SUPERSEDES = "supersedes"
    REQUIRES = "requires"
    EXCLUDES = "excludes"
    SEEN = "seen"


KEPT_BACK_LABELS: dict[KeptBack, str] = {
    KeptBack.ALREADY_TOLD: "以前已经告知过",
    KeptBack.NOT_PERSONALISED: "本人关闭了个性化推荐",
    KeptBack.DISMISSED: "本人已选择不再提示",
    KeptBack.CAMPAIGN_CANCELLED: "推送取消后才匹配到",
    KeptBack.UNFIT_WORDING: "政策文字不符合微信模板规则",
    KeptBack.MATCH_LOST: "告知前情况有变化，已不符合",
    KeptBack.NO_CONSENT: "告知前撤回了政策匹配授权",
    KeptBack.RECEIVED: "已在享受",
    KeptBack.IMPLEMENTS: "由本地区的细则代替告知",
    KeptBack.SUPERSEDES: "已由新政策替代",
    KeptBack.REQUIRES: "作为前提的政策尚不符合",
    KeptBack.EXCLUDES: "已享受不能同时享受的政策",
    KeptBack.SEEN: "告知前本人已在小程序里看到",
}
BESIDE_OTHERS = (KeptBack.IMPLEMENTS, KeptBack.SUPERSEDES, KeptBack.REQUIRES, KeptBack.EXCLUDES)
"""Reasons that lie in another policy: they may go away without anything new about this one."""
OUTLIVED = (KeptBack.MATCH_LOST, KeptBack.NO_CONSENT)
"""Reasons that hold no longer once somebody is found again."""


class Reach(StrEnum):
    """What came of telling somebody, once it is known; undecided rows have none."""

    REACHED = "reached"
    VISIT = "visit"
    GONE = "gone"


class VisitResult(StrEnum):
    """How a visit of the grid worker (上门告知) ended; `BY_SYSTEM` are the system's own."""

    TOLD_APPLIED = "told_applied"
    TOLD_WILL_APPLY = "told_will_apply"
    TOLD_NOT_WANTED = "told_not_wanted"
    NOT_ENTITLED = "not_entitled"
    NOT_FOUND = "not_found"
    REACHED_ONLINE = "reached_online"
    WITHDRAWN = "withdrawn"
    ALREADY_RECEIVES = "already_receives"
    MOVED = "moved"
    DIED = "died"
    REGISTERED = "registered"
    POLICY_ENDED = "policy_ended"


BY_SYSTEM = frozenset(
    {VisitResult.REACHED_ONLINE, VisitResult.WITHDRAWN, VisitResult.REGISTERED, VisitResult.POLICY_ENDED}
)
"""What no grid worker says: it follows from what the system knows."""
VISIT_REASONS: dict[str, str] = {
    "unopened": "推送后一周没有打开",
    "unregistered": "没有注册过，无法在手机上告知",
}
"""Why somebody is visited, beside what became of their push."""


class FollowUpAnswer(StrEnum):
    """What a person answers to the one question after seven days (回访)."""

    APPLIED = "applied"
    WILL_APPLY = "will_apply"
    DID_NOT_UNDERSTAND = "did_not_understand"
    NOT_FOR_ME = "not_for_me"


@dataclass(frozen=True, slots=True)
class Outreach:
    """主动发现: that a policy sends somebody to the door of people who never registered, and by which law."""

    ground: str


@dataclass(frozen=True, slots=True)
class Renewal:
    """What is done again (年审、资格认证) so that a benefit goes on: `every_months` after the date `since`.

    `holds` is true as long as that is not due; somebody with the date receives the benefit.
    """

    every_months: int
    notice_days: int
    since: str
    service_id: str
    holds: Node = field(repr=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of one policy (惠民政策), parsed and checked.

    `implements`, `supersedes`, `excludes` and `requires` name other policies (`app.eligibility.relations`);
    `received_fact` is the fact that says that somebody already has what this policy gives.
    """

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
    supersedes: tuple[str, ...]
    excludes: tuple[str, ...]
    requires: tuple[str, ...]
    received_fact: str | None
    review_by: date | None
    checksum: str
    raw: Mapping[str, Any] = field(repr=False)
    outreach: Outreach | None = None
    renewal: Renewal | None = None

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
class UsedFact:
    """A fact that an answer rests on: its name, who says so and since when; never its value."""

    fact: str
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Related:
    """What another policy means for this one, in words for the resident."""

    relation: str
    policy_id: str
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The full, explained answer of one policy for one subject at one date.

    `concerns`: the policy is this subject's own, so a wider one that it stands in for steps back; `received`:
    a fact says that they already have it.
    """

    policy_id: PolicyId
    rule_version: int
    as_of: date
    outcome: Outcome
    amount: Amount | None
    reasons: tuple[ReasonView, ...]
    missing: tuple[MissingFact, ...]
    tier: Tier = Tier.APPLIED_FOR
    facts: tuple[UsedFact, ...] = ()
    concerns: bool = False
    received: bool = False
