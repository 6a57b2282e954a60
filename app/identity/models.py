"""Tables of identity; private to this package.

A name, 身份证号, phone number, face ticket or TOTP secret is sealed for `table|column|row id`; tokens and
codes are kept as SHA-256 only.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.database import Base, Model
from app.identity.types import AccountState, Assurance, VerificationState


def _one_of(column: str, values: type[AccountState | Assurance | VerificationState]) -> str:
    allowed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({allowed})"


class Account(Model):
    """A resident's account (账号); its id is the ResidentId."""

    __tablename__ = "identity_account"
    __table_args__ = (
        UniqueConstraint("openid"),
        UniqueConstraint("id_number_index"),
        Index(None, "phone_index"),
        Index(None, "closing_at", postgresql_where=text("state = 'closing'")),
        CheckConstraint(_one_of("assurance", Assurance), "assurance"),
        CheckConstraint(_one_of("state", AccountState), "state"),
        CheckConstraint("(state = 'closing') = (closing_at IS NOT NULL)", "closing_has_a_date"),
        CheckConstraint("(state = 'erased') = (openid IS NULL)", "erased_has_no_openid"),
        CheckConstraint("num_nonnulls(name, id_number, id_number_index) IN (0, 3)", "real_name_is_whole"),
        CheckConstraint("assurance <> 'real_name' OR id_number IS NOT NULL", "real_name_has_a_person"),
        CheckConstraint("num_nonnulls(phone, phone_index) IN (0, 2)", "phone_is_whole"),
        CheckConstraint(
            "state <> 'erased' OR num_nonnulls(unionid, name, id_number, phone) = 0", "erased_is_empty"
        ),
    )

    openid: Mapped[str | None] = mapped_column(String(64))
    unionid: Mapped[str | None] = mapped_column(String(64))
    assurance: Mapped[Assurance] = mapped_column(String(16), default=Assurance.WECHAT)
    state: Mapped[AccountState] = mapped_column(String(16), default=AccountState.ACTIVE)
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    verified_at: Mapped[datetime | None]
    closing_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]


PERSON_INDEX = func.substr(Account.id_number_index, literal_column("1"), literal_column("16"))
"""The index under which a data platform delivers the person (`persons.INDEX_BYTES` of it)."""
Index("ix_identity_account_person", PERSON_INDEX, postgresql_where=Account.id_number_index.is_not(None))


class LoginSession(Model):
    """One session of a resident or an officer (会话); the token itself is nowhere."""

    __tablename__ = "identity_session"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("octet_length(token_hash) = 32", "sha256"),
        CheckConstraint("num_nonnulls(resident_id, officer_id) = 1", "one_principal"),
        CheckConstraint("idle_expires_at <= absolute_expires_at", "idle_within_absolute"),
        Index(None, "resident_id", postgresql_where=text("revoked_at IS NULL")),
        Index(
            "uq_identity_session_one_live_per_officer",
            "officer_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL AND officer_id IS NOT NULL"),
        ),
        Index(None, "absolute_expires_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    resident_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_account.id"))
    officer_id: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    device: Mapped[str] = mapped_column(String(200))
    last_seen_at: Mapped[datetime]
    idle_expires_at: Mapped[datetime]
    absolute_expires_at: Mapped[datetime]
    fresh_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class LoginCode(Base):
    """A wx.login code that was presented once; the row outlives the loss of Redis."""

    __tablename__ = "identity_login_code"
    __table_args__ = (CheckConstraint("octet_length(code_hash) = 32", "sha256"),)

    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    claimed_at: Mapped[datetime] = mapped_column(index=True)


class Officer(Model):
    """An officer of a department (工作人员): argon2id password, TOTP, roles, department and region."""

    __tablename__ = "identity_officer"
    __table_args__ = (
        UniqueConstraint("username"),
        CheckConstraint("failed_attempts >= 0", "failed_attempts"),
        CheckConstraint("cardinality(roles) > 0", "has_a_role"),
        CheckConstraint("region_code ~ '^[0-9]{6}([0-9]{6})?$'", "region_code"),
    )

    username: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(256))
    totp_secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_otp_step: Mapped[int] = mapped_column(default=0)
    roles: Mapped[list[str]] = mapped_column(ARRAY(String(32)))
    department: Mapped[str] = mapped_column(String(64))
    region_code: Mapped[str] = mapped_column(String(12))
    disabled_at: Mapped[datetime | None]
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]


class Verification(Model):
    """One real-name verification (实名核验); name, 身份证号 and ticket are forgotten once it is over."""

    __tablename__ = "identity_verification"
    __table_args__ = (
        UniqueConstraint("out_seq_no"),
        Index(None, "resident_id"),
        CheckConstraint(_one_of("state", VerificationState), "state"),
        CheckConstraint(
            "state IN ('starting', 'pending') OR num_nonnulls(name, id_number, ticket) = 0",
            "final_remembers_nobody",
        ),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"))
    out_seq_no: Mapped[str] = mapped_column(String(32))
    provider: Mapped[str] = mapped_column(String(32))
    cert_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[VerificationState] = mapped_column(String(16), default=VerificationState.STARTING)
    result_code: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime]
    ticket: Mapped[bytes | None] = mapped_column(LargeBinary)
    name: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number: Mapped[bytes | None] = mapped_column(LargeBinary)
