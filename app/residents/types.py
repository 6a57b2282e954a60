"""What of residents may cross a border."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from app.identity.types import ResidentId
from app.rules.types import Fact, ListKind


class Purpose(StrEnum):
    """What a resident may allow, each by itself (PIPL 14, 23)."""

    MATCHING = "matching"
    PUSH = "push"
    PREFILL = "prefill"
    CERTIFICATES = "certificates"
    SENSITIVE_PUSH = "sensitive_push"


class FactKind(StrEnum):
    """Who says so: a department's registry, or the resident."""

    REGISTRY = "registry"
    STATEMENT = "statement"


class SubjectKind(StrEnum):
    """About whom facts are."""

    PERSON = "person"
    ENTERPRISE = "enterprise"


class SubjectRelation(StrEnum):
    """Why one may act for a subject."""

    SELF = "self"
    FAMILY = "family"
    REPRESENTATIVE = "representative"


class MandateState(StrEnum):
    """Where a mandate (委托) stands between two relatives."""

    INVITED = "invited"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When nothing may be pushed, Asia/Shanghai; `until` before `start` means over midnight."""

    start: time
    until: time


@dataclass(frozen=True, slots=True)
class Profile:
    """A resident's own settings; `version` is what `If-Match` names."""

    resident_id: ResidentId
    display_name: str
    care_mode: bool
    quiet_hours: QuietHours | None
    region_code: str | None
    lifecycle: tuple[str, ...]
    personalised: bool
    version: int


@dataclass(frozen=True, slots=True)
class KnownFact:
    """One fact as it counts: a department's word beats the resident's own."""

    value: object = field(repr=False)
    source: str
    as_of: date
    fetched_at: datetime
    kind: FactKind


@dataclass(frozen=True, slots=True)
class FactEntry:
    """One fact as its owner sees it; `statement` stands beside a registry's value."""

    name: str
    label: str
    known: KnownFact | None
    statement: KnownFact | None
    stale: bool
    disputed: bool
    described: Fact | ListKind


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh brought: departments that answered, those that failed, and whether any fact changed."""

    answered: tuple[str, ...]
    failed: tuple[str, ...]
    changed: tuple[str, ...]
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class ConsentView:
    """One consent: what it is for, whether it is given, the notice in force; `version` counts decisions."""

    purpose: Purpose
    granted: bool
    title: str
    notice: str
    notice_version: int
    version: int
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class SubjectView:
    """Somebody whom one may act for; `id` is accepted as `subject_id`."""

    id: UUID
    kind: SubjectKind
    relation: SubjectRelation
    name: str


@dataclass(frozen=True, slots=True)
class MandateView:
    """One mandate as either side sees it; `code` only for whoever invited, only while it can be used."""

    id: UUID
    state: MandateState
    relation: str
    given_by_me: bool
    other_name: str
    code: str | None
    expires_at: datetime
