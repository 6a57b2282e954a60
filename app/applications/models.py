"""Tables of cases; private to this package.

Transitions and append-only are kept by triggers: migrations/sql/applications_*.sql.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.applications.material_types import SETTLED
from app.applications.stage_types import Handler, StageState
from app.applications.transitions import ONCE
from app.applications.types import OPEN, EventKind, GrantState, Status
from app.foundation.database import Base, Model
from app.foundation.leases import Leased


def _in(column: str, values: Any) -> str:
    return f"{column} IN ({', '.join(repr(value.value) for value in sorted(values))})"


class Case(Model):
    """One application (办件); everything from `status` to `settled` caches the fold of its events."""

    __tablename__ = "application_case"
    __table_args__ = (
        UniqueConstraint("receipt_no"),
        UniqueConstraint("tracking_no"),
        CheckConstraint(_in("status", Status), "status_known"),
        CheckConstraint("region_code ~ '^[0-9]{6}$'", "region_code"),
        CheckConstraint("version > 0", "version"),
        CheckConstraint("(submitted_at IS NULL) = (receipt_no IS NULL)", "receipt_when_submitted"),
        CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", "claim_is_whole"),
        Index(
            "uq_application_case_one_draft",
            "resident_id",
            "subject_id",
            "service_id",
            "region_code",
            unique=True,
            postgresql_where=text("status = 'draft'"),
        ),
        Index(
            "uq_application_case_one_open",
            "resident_id",
            "subject_id",
            "service_id",
            unique=True,
            postgresql_where=text(_in("status", OPEN)),
        ),
        Index(None, "resident_id", "id"),
        Index(
            "ix_application_case_queue",
            "department",
            "queue_on",
            "id",
            postgresql_where=text(_in("status", OPEN)),
        ),
        Index(None, "department", "submitted_at"),
        Index(
            "ix_application_case_settled",
            "id",
            postgresql_where=text("settled AND status IN ('submitted', 'accepted')"),
        ),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"))
    subject_id: Mapped[UUID]
    service_id: Mapped[str] = mapped_column(String(64))
    service_version: Mapped[int]
    region_code: Mapped[str] = mapped_column(String(6))
    department: Mapped[str] = mapped_column(String(40))
    policy_id: Mapped[str | None] = mapped_column(String(64))
    answers: Mapped[bytes] = mapped_column(LargeBinary)
    prefilled: Mapped[bytes] = mapped_column(LargeBinary)
    prefilled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    events_count: Mapped[int] = mapped_column(default=0)
    receipt_no: Mapped[str | None] = mapped_column(String(21))
    tracking_no: Mapped[str | None] = mapped_column(String(12))
    updated_at: Mapped[datetime]

    status: Mapped[str] = mapped_column(String(12), default=Status.DRAFT)
    returns_to: Mapped[str | None] = mapped_column(String(12))
    submitted_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    supplement_asked: Mapped[bool] = mapped_column(default=False)
    supplement_due_on: Mapped[date | None]
    stopped_on: Mapped[date | None]
    excluded_working_days: Mapped[int] = mapped_column(default=0)
    excluded_calendar_days: Mapped[int] = mapped_column(default=0)
    extension_days: Mapped[int] = mapped_column(default=0)
    stages_left: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    uncounted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    settled: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    accept_due_on: Mapped[date | None]
    promised_due_on: Mapped[date | None]
    legal_due_on: Mapped[date | None]
    queue_on: Mapped[date]
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    claimed_until: Mapped[datetime | None]


class Grant(Model):
    """What somebody was shown of a grant (免申即享), and what they did with it: once per subject and policy.

    While it is `prepared` it holds sealed what sources said, for a day at most; `facts` are names, sources
    and dates. Decided it holds no answers: those of a confirmed one are the case's.
    """

    __tablename__ = "application_grant"
    __table_args__ = (
        UniqueConstraint("owner_id", "subject_id", "policy_id"),
        CheckConstraint(_in("state", GrantState), "state_known"),
        CheckConstraint("version > 0", "version"),
        CheckConstraint("(state = 'prepared') = (decided_at IS NULL)", "decided_when_over"),
        CheckConstraint("(state = 'prepared') = (prefilled IS NOT NULL)", "sealed_while_prepared"),
        CheckConstraint("(state = 'confirmed') = (case_id IS NOT NULL)", "confirmed_is_a_case"),
        CheckConstraint("(state = 'declined') = (reason IS NOT NULL)", "declined_with_a_reason"),
        Index("ix_application_grant_prepared", "prepared_at", postgresql_where=text("state = 'prepared'")),
        Index(None, "case_id"),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"))
    subject_id: Mapped[UUID]
    policy_id: Mapped[str] = mapped_column(String(64))
    rule_version: Mapped[int]
    title: Mapped[str]
    service_id: Mapped[str] = mapped_column(String(64))
    service_version: Mapped[int]
    region_code: Mapped[str] = mapped_column(String(6))
    amount: Mapped[dict[str, Any] | None]
    facts: Mapped[list[Any]]
    prefilled: Mapped[bytes | None] = mapped_column(LargeBinary)
    prepared_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(12), default=GrantState.PREPARED)
    reason: Mapped[str | None] = mapped_column(String(24))
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("application_case.id"))
    decided_at: Mapped[datetime | None]


class CaseEvent(Model):
    """One thing that happened; never changed, never removed. `note` is sealed: the words of a person."""

    __tablename__ = "application_event"
    __table_args__ = (
        UniqueConstraint("case_id", "seq"),
        CheckConstraint("seq > 0", "seq"),
        CheckConstraint(_in("kind", EventKind), "kind_known"),
        CheckConstraint(_in("status_after", Status), "status_known"),
        CheckConstraint("actor_kind IN ('resident', 'officer', 'system')", "actor_kind"),
        *(
            Index(
                f"uq_application_event_one_{kind.value}",
                "case_id",
                unique=True,
                postgresql_where=text(f"kind = '{kind.value}'"),
            )
            for kind in sorted(ONCE)
        ),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("application_case.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(24))
    status_after: Mapped[str] = mapped_column(String(12))
    actor_kind: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    details: Mapped[dict[str, Any]]
    note: Mapped[bytes | None] = mapped_column(LargeBinary)


class CaseStage(Leased):
    """One stage (环节) of a case, as its events have it: whose task it is, since when, until when.

    `awaited` ones end before the decision can be made (trigger `application_event_stages_ended`). A lease is
    the machine's, a claim an officer's; `finding` is why the machine handed it over.
    """

    __tablename__ = "application_stage"
    __table_args__ = (
        UniqueConstraint("case_id", "stage_id"),
        CheckConstraint(_in("state", StageState), "state_known"),
        CheckConstraint(_in("handler", Handler), "handler_known"),
        CheckConstraint("region_code ~ '^[0-9]{6}$'", "region_code"),
        CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", "claim_is_whole"),
        CheckConstraint("state <> 'open' OR opened_at IS NOT NULL", "opened_when_open"),
        CheckConstraint("(ended_at IS NULL) = (state IN ('waiting', 'open'))", "ended_when_over"),
        Index(
            "ix_application_stage_tasks",
            "department",
            "queue_on",
            "id",
            postgresql_where=text("state = 'open' AND handler = 'officer'"),
        ),
        Index(
            "ix_application_stage_machine",
            "id",
            postgresql_where=text("state = 'open' AND handler = 'machine'"),
        ),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("application_case.id"))
    stage_id: Mapped[str] = mapped_column(String(40))
    department: Mapped[str] = mapped_column(String(40))
    region_code: Mapped[str] = mapped_column(String(6))
    handler: Mapped[str] = mapped_column(String(12))
    finding: Mapped[str | None] = mapped_column(String(12))
    awaited: Mapped[bool]
    state: Mapped[str] = mapped_column(String(12), default=StageState.WAITING)
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    due_on: Mapped[date | None]
    queue_on: Mapped[date]
    not_before: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("identity_officer.id"))
    claimed_until: Mapped[datetime | None]


class AllowedTransition(Base):
    """The table of `transitions.TRANSITIONS` in the database, read by the trigger on `application_event`."""

    __tablename__ = "application_transition"

    before: Mapped[str] = mapped_column(String(12), primary_key=True)
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    after: Mapped[str] = mapped_column(String(12), primary_key=True)


class CaseMaterial(Model):
    """What one material of a case stands on; `position` is its place in the service's list.

    `due_on` is the clock of the state: by when a deferred one is to be supplied, a promise to be checked.
    `words` is sealed: what somebody was told, and signed. `files` stand for it, in the order in which they
    are read.
    """

    __tablename__ = "application_material"
    __table_args__ = (
        UniqueConstraint("case_id", "position"),
        CheckConstraint(_in("state", SETTLED), "state_known"),
        CheckConstraint("position >= 0", "position"),
        CheckConstraint("state <> 'promised' OR words IS NOT NULL", "promise_is_signed"),
        Index(
            "ix_application_material_due",
            "due_on",
            postgresql_where=text("state IN ('deferred', 'promised')"),
        ),
        Index("ix_application_material_files", "files", postgresql_using="gin"),
        Index("ix_application_material_awaited", "id", postgresql_where=text("state = 'awaited'")),
    )

    case_id: Mapped[UUID] = mapped_column(ForeignKey("application_case.id"))
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    due_on: Mapped[date | None]
    reminded_on: Mapped[date | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    files: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    actor_kind: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[str] = mapped_column(String(40))


class CaseMaterialEvent(Model):
    """How a material came to stand where it does; written by a trigger, never changed, never removed."""

    __tablename__ = "application_material_event"
    __table_args__ = (Index(None, "case_id", "at"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("application_case.id"))
    position: Mapped[int]
    before: Mapped[str | None] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    actor_kind: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    details: Mapped[dict[str, Any]]
    files: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))


class AllowedMaterialTransition(Base):
    """The table of `material_types.MATERIAL_TRANSITIONS` in the database, read by a trigger."""

    __tablename__ = "application_material_transition"

    before: Mapped[str] = mapped_column(String(16), primary_key=True)
    after: Mapped[str] = mapped_column(String(16), primary_key=True)
