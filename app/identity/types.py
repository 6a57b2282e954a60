"""Ids, roles and principals of identity; everything here may cross a border."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

ResidentId = NewType("ResidentId", UUID)
OfficerId = NewType("OfficerId", UUID)


class Assurance(StrEnum):
    """How sure we are who a resident is (实名等级), lowest first."""

    WECHAT = "wechat"
    PHONE = "phone"
    REAL_NAME = "real_name"


class Role(StrEnum):
    """What an officer may do (角色)."""

    CASE_OFFICER = "case_officer"
    POLICY_AUTHOR = "policy_author"
    POLICY_APPROVER = "policy_approver"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    GRID_WORKER = "grid_worker"


class AccountState(StrEnum):
    """Where an account stands between opening and erasure (PIPL 47)."""

    ACTIVE = "active"
    CLOSING = "closing"
    ERASED = "erased"


class VerificationState(StrEnum):
    """How a real-name verification (实名核验) stands; the last four are final."""

    STARTING = "starting"
    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"
    EXPIRED = "expired"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class ResidentPrincipal:
    """A resident with a live session; steps that need a fresh login are allowed until `fresh_until`."""

    session_id: UUID
    resident_id: ResidentId
    assurance: Assurance
    fresh_until: datetime


@dataclass(frozen=True, slots=True)
class OfficerPrincipal:
    """An officer with a live session; department and region scope every query."""

    session_id: UUID
    officer_id: OfficerId
    roles: frozenset[Role]
    department: str
    region_code: str
    fresh_until: datetime


Principal = ResidentPrincipal | OfficerPrincipal


@dataclass(frozen=True, slots=True)
class Device:
    """Where a login comes from: a label its owner will recognise, and the address it is limited by."""

    label: str
    address: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A resident's new session; `closing_at` is when a closing account will be erased."""

    token: str = field(repr=False)
    expires_at: datetime
    resident_id: ResidentId
    assurance: Assurance
    is_new: bool
    closing_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OfficerCard:
    """What others may know of an officer."""

    officer_id: OfficerId
    username: str
    name: str
    roles: frozenset[Role]
    department: str
    region_code: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class OfficerLoggedIn:
    """An officer's new session; it ended every other one of theirs."""

    token: str = field(repr=False)
    expires_at: datetime
    officer: OfficerCard


@dataclass(frozen=True, slots=True)
class OfficerRecord:
    """One officer as the roster names them; `totp_secret` in base32."""

    username: str
    name: str
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)
    roles: frozenset[Role]
    department: str
    region_code: str


@dataclass(frozen=True, slots=True)
class LiveSession:
    """One session as its owner sees it (登录设备)."""

    session_id: UUID
    device: str
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class RealName:
    """The verified name and 身份证号 of a resident."""

    name: str = field(repr=False)
    id_number: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccountView:
    """Where a resident's account stands; `closing_at` is when it will be erased."""

    resident_id: ResidentId
    assurance: Assurance
    state: AccountState
    created_at: datetime
    closing_at: datetime | None


@dataclass(frozen=True, slots=True)
class VerificationStarted:
    """What the phone needs to go through 人脸核身; `expires_in` seconds."""

    verification_id: UUID
    ticket: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class VerificationView:
    """How a verification stands and the assurance that resulted."""

    verification_id: UUID
    state: VerificationState
    assurance: Assurance


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """Logins of a period (`count`, `residents`), and residents by how sure we are of the person."""

    logins: Mapping[str, int]
    by_assurance: Mapping[str, int]
