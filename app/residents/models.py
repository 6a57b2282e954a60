"""Tables of residents; private to this package. A sensitive value is sealed for `table|column|row id`."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.database import Base, Model
from app.residents.types import FactKind, MandateState, Purpose, SubjectKind

_OWNER = "identity_account.id"


def one_of(column: str, values: type[StrEnum]) -> str:
    """Write the CHECK that a column holds one of an enum's values."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({allowed})"


class ResidentProfile(Base):
    """A resident's own settings; absent until they change one."""

    __tablename__ = "resident_profile"
    __table_args__ = (
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", "quiet_hours_are_whole"),
        CheckConstraint("region_code ~ '^[0-9]{6}$'", "region_code"),
        CheckConstraint("version > 0", "version"),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey(_OWNER), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(30), default="")
    care_mode: Mapped[bool] = mapped_column(default=False)
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    region_code: Mapped[str | None] = mapped_column(String(6))
    lifecycle: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list)
    personalised: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class Enterprise(Model):
    """An enterprise whose registered representative (法定代表人、经营者) a resident is, as 市监 says."""

    __tablename__ = "resident_enterprise"
    __table_args__ = (
        UniqueConstraint("resident_id", "uscc"),
        CheckConstraint("uscc ~ '^[0-9A-Z]{18}$'", "uscc"),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey(_OWNER))
    uscc: Mapped[str] = mapped_column(String(18))
    name: Mapped[str] = mapped_column(String(200))
    confirmed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class _Stated:
    """The columns of a fact: about whom, which, by whose word, its value plain or sealed, and since when."""

    owner_id: Mapped[UUID] = mapped_column(ForeignKey(_OWNER))
    subject_kind: Mapped[SubjectKind] = mapped_column(String(12))
    subject_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[FactKind] = mapped_column(String(12))
    value: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    source: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[date]
    since: Mapped[date]
    fetched_at: Mapped[datetime]


class ResidentFact(_Stated, Model):
    """One fact about a person or an enterprise, by a registry or the resident, with source and date.

    `since` is the first day that this value was stated as of, `as_of` the last.
    """

    __tablename__ = "resident_fact"
    __table_args__ = (
        UniqueConstraint("subject_id", "name", "kind"),
        CheckConstraint(
            f"subject_kind IN ('{SubjectKind.PERSON}', '{SubjectKind.ENTERPRISE}')", "subject_kind"
        ),
        CheckConstraint(f"kind IN ('{FactKind.REGISTRY}', '{FactKind.STATEMENT}')", "kind"),
        CheckConstraint("num_nonnulls(value, sealed) = 1", "plain_or_sealed"),
        Index(None, "owner_id"),
    )


class PastFact(_Stated, Model):
    """What a fact was before it became another or was not said any more: from `since` until the day `until`.

    Sealed as it was, for the row of the fact (`fact_id`).
    """

    __tablename__ = "resident_past_fact"
    __table_args__ = (
        CheckConstraint(f"kind IN ('{FactKind.REGISTRY}', '{FactKind.STATEMENT}')", "kind"),
        CheckConstraint("num_nonnulls(value, sealed) = 1", "plain_or_sealed"),
        CheckConstraint("since < until", "a_time"),
        Index(None, "owner_id"),
        Index(None, "subject_id"),
        Index(None, "until"),
    )

    fact_id: Mapped[UUID]
    until: Mapped[date]


class Dispute(Model):
    """A resident's objection to what a department says (异议, PIPL 46)."""

    __tablename__ = "resident_dispute"
    __table_args__ = (
        Index(
            "uq_resident_dispute_one_open",
            "resident_id",
            "subject_id",
            "name",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey(_OWNER))
    subject_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(64))
    department: Mapped[str] = mapped_column(String(64))
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    closed_at: Mapped[datetime | None]


class Consent(Model):
    """One decision about one purpose; rows are never changed, the latest counts."""

    __tablename__ = "resident_consent"
    __table_args__ = (
        UniqueConstraint("resident_id", "purpose", "version"),
        CheckConstraint(one_of("purpose", Purpose), "purpose"),
        CheckConstraint("version > 0", "version"),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey(_OWNER))
    purpose: Mapped[Purpose] = mapped_column(String(16))
    version: Mapped[int]
    granted: Mapped[bool]
    notice_version: Mapped[int]


class Mandate(Model):
    """One relative lets another act for them (亲属代办): invited by code, accepted, then confirmed."""

    __tablename__ = "resident_mandate"
    __table_args__ = (
        UniqueConstraint("code_hash"),
        CheckConstraint(one_of("state", MandateState), "state"),
        CheckConstraint("principal_id <> agent_id", "two_people"),
        CheckConstraint("state NOT IN ('accepted', 'active') OR agent_id IS NOT NULL", "has_an_agent"),
        Index(
            "uq_resident_mandate_one_per_pair",
            "principal_id",
            "agent_id",
            unique=True,
            postgresql_where=text("state IN ('accepted', 'active')"),
        ),
        Index(None, "agent_id"),
    )

    principal_id: Mapped[UUID] = mapped_column(ForeignKey(_OWNER))
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey(_OWNER))
    state: Mapped[MandateState] = mapped_column(String(12), default=MandateState.INVITED)
    relation: Mapped[str] = mapped_column(String(12))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
