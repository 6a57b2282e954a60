"""Everything that the first whole errand needs; triggers and functions stand in migrations/sql/."""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


SQL = Path(__file__).resolve().parents[1] / "sql"
FILES = (
    "applications_append_only.sql",
    "applications_receipt_sequence.sql",
    "applications_transitions.sql",
    "audit_append_only.sql",
    "catalogue_service_frozen.sql",
    "eligibility_version_frozen.sql",
    "ratings_unchangeable.sql",
)
FUNCTIONS = (
    "application_check_event",
    "application_check_status",
    "application_event_refuse_change",
    "audit_refuse_change",
    "catalogue_service_frozen",
    "eligibility_version_frozen",
    "rating_refuse_change",
)
SEQUENCES = ("application_receipt_seq",)


def upgrade() -> None:

    op.create_table(
        "application_transition",
        sa.Column("before", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("after", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("before", "kind", "after", name=op.f("pk_application_transition")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=80), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=120), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("action ~ '^[a-z_]+(\\.[a-z_]+)+$'", name=op.f("ck_audit_entry_action_is_a_code")),
        sa.CheckConstraint(
            "actor_kind IN ('resident', 'officer', 'system', 'wechat')",
            name=op.f("ck_audit_entry_actor_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        op.f("ix_audit_entry_actor_kind_actor_id"), "audit_entry", ["actor_kind", "actor_id"], unique=False
    )
    op.create_index(op.f("ix_audit_entry_created_at"), "audit_entry", ["created_at"], unique=False)
    op.create_index(
        op.f("ix_audit_entry_subject_kind_subject_id"),
        "audit_entry",
        ["subject_kind", "subject_id"],
        unique=False,
    )
    op.create_table(
        "catalogue_edition",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_catalogue_edition")),
    )
    op.create_table(
        "catalogue_service",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("item_type", sa.String(), nullable=False),
        sa.Column("exercise_level", sa.String(), nullable=False),
        sa.Column("regions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checksum", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("origin IN ('release', 'staff')", name=op.f("ck_catalogue_service_origin_known")),
        sa.CheckConstraint(
            "status <> 'published' OR published_at IS NOT NULL",
            name=op.f("ck_catalogue_service_published_when"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'published', 'withdrawn')", name=op.f("ck_catalogue_service_status_known")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_catalogue_service_version_positive")),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_catalogue_service")),
    )
    op.create_index(
        "uq_catalogue_service_draft",
        "catalogue_service",
        ["id"],
        unique=True,
        postgresql_where=sa.text("status = 'draft'"),
    )
    op.create_index(
        "uq_catalogue_service_published",
        "catalogue_service",
        ["id"],
        unique=True,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_table(
        "catalogue_theme",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("services", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint(
            "audience IN ('person', 'enterprise')", name=op.f("ck_catalogue_theme_audience_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_theme")),
    )
    op.create_table(
        "eligibility_match_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cursor", sa.Uuid(), nullable=True),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'finished')", name=op.f("ck_eligibility_match_run_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_match_run")),
        sa.UniqueConstraint(
            "policy_id", "rule_version", name=op.f("uq_eligibility_match_run_policy_id_rule_version")
        ),
    )
    op.create_table(
        "http_idempotency",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("principal", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("octet_length(body_hash) = 32", name=op.f("ck_http_idempotency_sha256")),
        sa.CheckConstraint("status BETWEEN 200 AND 399", name=op.f("ck_http_idempotency_only_successes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_http_idempotency")),
        sa.UniqueConstraint("principal", "key", name=op.f("uq_http_idempotency_principal_key")),
    )
    op.create_table(
        "identity_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("openid", sa.String(length=64), nullable=True),
        sa.Column("unionid", sa.String(length=64), nullable=True),
        sa.Column("assurance", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("id_number", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'closing') = (closing_at IS NOT NULL)",
            name=op.f("ck_identity_account_closing_has_a_date"),
        ),
        sa.CheckConstraint(
            "(state = 'erased') = (openid IS NULL)", name=op.f("ck_identity_account_erased_has_no_openid")
        ),
        sa.CheckConstraint(
            "assurance <> 'real_name' OR id_number IS NOT NULL",
            name=op.f("ck_identity_account_real_name_has_a_person"),
        ),
        sa.CheckConstraint(
            "assurance IN ('wechat', 'phone', 'real_name')", name=op.f("ck_identity_account_assurance")
        ),
        sa.CheckConstraint(
            "state <> 'erased' OR num_nonnulls(unionid, name, id_number, phone) = 0",
            name=op.f("ck_identity_account_erased_is_empty"),
        ),
        sa.CheckConstraint(
            "state IN ('active', 'closing', 'erased')", name=op.f("ck_identity_account_state")
        ),
        sa.CheckConstraint(
            "num_nonnulls(name, id_number, id_number_index) IN (0, 3)",
            name=op.f("ck_identity_account_real_name_is_whole"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(phone, phone_index) IN (0, 2)", name=op.f("ck_identity_account_phone_is_whole")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_account")),
        sa.UniqueConstraint("id_number_index", name=op.f("uq_identity_account_id_number_index")),
        sa.UniqueConstraint("openid", name=op.f("uq_identity_account_openid")),
    )
    op.create_index(
        op.f("ix_identity_account_closing_at"),
        "identity_account",
        ["closing_at"],
        unique=False,
        postgresql_where=sa.text("state = 'closing'"),
    )
    op.create_index(
        op.f("ix_identity_account_phone_index"), "identity_account", ["phone_index"], unique=False
    )
    op.create_table(
        "identity_login_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(code_hash) = 32", name=op.f("ck_identity_login_code_sha256")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_identity_login_code")),
    )
    op.create_index(
        op.f("ix_identity_login_code_claimed_at"), "identity_login_code", ["claimed_at"], unique=False
    )
    op.create_table(
        "identity_officer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_otp_step", sa.Integer(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.String(length=32)), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("region_code", sa.String(length=6), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("region_code ~ '^[0-9]{6}$'", name=op.f("ck_identity_officer_region_code")),
        sa.CheckConstraint("cardinality(roles) > 0", name=op.f("ck_identity_officer_has_a_role")),
        sa.CheckConstraint("failed_attempts >= 0", name=op.f("ck_identity_officer_failed_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_officer")),
        sa.UniqueConstraint("username", name=op.f("uq_identity_officer_username")),
    )
    op.create_table(
        "notification_circuit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_circuit")),
        sa.UniqueConstraint("name", name=op.f("uq_notification_circuit_name")),
    )
    op.create_table(
        "notification_wechat_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('received', 'applied', 'parked', 'ignored', 'dead')",
            name=op.f("ck_notification_wechat_event_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_wechat_event")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_notification_wechat_event_dedupe_key")),
    )
    op.create_index(
        "ix_notification_wechat_event_due",
        "notification_wechat_event",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state IN ('received', 'parked')"),
    )
    op.create_table(
        "application_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("service_version", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(length=6), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("policy_id", sa.String(length=64), nullable=True),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.Column("prefilled", sa.LargeBinary(), nullable=False),
        sa.Column("prefilled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("events_count", sa.Integer(), nullable=False),
        sa.Column("receipt_no", sa.String(length=21), nullable=True),
        sa.Column("tracking_no", sa.String(length=12), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("returns_to", sa.String(length=12), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supplement_asked", sa.Boolean(), nullable=False),
        sa.Column("supplement_due_on", sa.Date(), nullable=True),
        sa.Column("stopped_on", sa.Date(), nullable=True),
        sa.Column("excluded_working_days", sa.Integer(), nullable=False),
        sa.Column("excluded_calendar_days", sa.Integer(), nullable=False),
        sa.Column("extension_days", sa.Integer(), nullable=False),
        sa.Column("accept_due_on", sa.Date(), nullable=True),
        sa.Column("promised_due_on", sa.Date(), nullable=True),
        sa.Column("legal_due_on", sa.Date(), nullable=True),
        sa.Column("queue_on", sa.Date(), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("region_code ~ '^[0-9]{6}$'", name=op.f("ck_application_case_region_code")),
        sa.CheckConstraint(
            "status IN ('accepted', 'approved', 'draft', 'paused', 'refused', 'rejected', 'submitted', 'supplement', 'withdrawn')",
            name=op.f("ck_application_case_status_known"),
        ),
        sa.CheckConstraint(
            "(claimed_by IS NULL) = (claimed_until IS NULL)", name=op.f("ck_application_case_claim_is_whole")
        ),
        sa.CheckConstraint(
            "(submitted_at IS NULL) = (receipt_no IS NULL)",
            name=op.f("ck_application_case_receipt_when_submitted"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_application_case_version")),
        sa.ForeignKeyConstraint(
            ["claimed_by"],
            ["identity_officer.id"],
            name=op.f("fk_application_case_claimed_by_identity_officer"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_application_case_resident_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_case")),
        sa.UniqueConstraint("receipt_no", name=op.f("uq_application_case_receipt_no")),
        sa.UniqueConstraint("tracking_no", name=op.f("uq_application_case_tracking_no")),
    )
    op.create_index(
        op.f("ix_application_case_department_submitted_at"),
        "application_case",
        ["department", "submitted_at"],
        unique=False,
    )
    op.create_index(
        "ix_application_case_queue",
        "application_case",
        ["department", "queue_on", "id"],
        unique=False,
        postgresql_where=sa.text("status IN ('accepted', 'paused', 'submitted', 'supplement')"),
    )
    op.create_index(
        op.f("ix_application_case_resident_id_id"), "application_case", ["resident_id", "id"], unique=False
    )
    op.create_index(
        "uq_application_case_one_draft",
        "application_case",
        ["resident_id", "subject_id", "service_id", "region_code"],
        unique=True,
        postgresql_where=sa.text("status = 'draft'"),
    )
    op.create_index(
        "uq_application_case_one_open",
        "application_case",
        ["resident_id", "subject_id", "service_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('accepted', 'paused', 'submitted', 'supplement')"),
    )
    op.create_table(
        "eligibility_match",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("amount", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("missing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reasons_count", sa.Integer(), nullable=False),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dismissed", sa.String(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('eligible', 'ineligible', 'undetermined')",
            name=op.f("ck_eligibility_match_outcome_known"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_eligibility_match_resident_id_identity_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_match")),
        sa.UniqueConstraint(
            "resident_id",
            "subject_id",
            "policy_id",
            name=op.f("uq_eligibility_match_resident_id_subject_id_policy_id"),
        ),
    )
    op.create_table(
        "eligibility_policy_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checksum", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("editor_ids", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state = 'draft' OR author_id IS NULL OR approver_id IS NOT NULL",
            name=op.f("ck_eligibility_policy_version_published_by_somebody"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'replaced', 'ended')",
            name=op.f("ck_eligibility_policy_version_state_known"),
        ),
        sa.CheckConstraint(
            "approver_id IS NULL OR (approver_id <> author_id AND approver_id <> ALL (editor_ids))",
            name=op.f("ck_eligibility_policy_version_four_eyes"),
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from",
            name=op.f("ck_eligibility_policy_version_validity_ordered"),
        ),
        sa.ForeignKeyConstraint(
            ["approver_id"],
            ["identity_officer.id"],
            name=op.f("fk_eligibility_policy_version_approver_id_identity_officer"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["identity_officer.id"],
            name=op.f("fk_eligibility_policy_version_author_id_identity_officer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_policy_version")),
        sa.UniqueConstraint(
            "policy_id", "version", name=op.f("uq_eligibility_policy_version_policy_id_version")
        ),
    )
    op.create_index(
        "uq_eligibility_policy_version_draft",
        "eligibility_policy_version",
        ["policy_id"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_index(
        "uq_eligibility_policy_version_published",
        "eligibility_policy_version",
        ["policy_id"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "identity_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("idle_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("absolute_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fresh_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "idle_expires_at <= absolute_expires_at", name=op.f("ck_identity_session_idle_within_absolute")
        ),
        sa.CheckConstraint(
            "num_nonnulls(resident_id, officer_id) = 1", name=op.f("ck_identity_session_one_principal")
        ),
        sa.CheckConstraint("octet_length(token_hash) = 32", name=op.f("ck_identity_session_sha256")),
        sa.ForeignKeyConstraint(
            ["officer_id"],
            ["identity_officer.id"],
            name=op.f("fk_identity_session_officer_id_identity_officer"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_identity_session_resident_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_identity_session_token_hash")),
    )
    op.create_index(
        op.f("ix_identity_session_absolute_expires_at"),
        "identity_session",
        ["absolute_expires_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_identity_session_resident_id"),
        "identity_session",
        ["resident_id"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index(
        "uq_identity_session_one_live_per_officer",
        "identity_session",
        ["officer_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL AND officer_id IS NOT NULL"),
    )
    op.create_table(
        "identity_verification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("out_seq_no", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("cert_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("result_code", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticket", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("id_number", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state IN ('starting', 'pending') OR num_nonnulls(name, id_number, ticket) = 0",
            name=op.f("ck_identity_verification_final_remembers_nobody"),
        ),
        sa.CheckConstraint(
            "state IN ('starting', 'pending', 'passed', 'failed', 'expired', 'taken')",
            name=op.f("ck_identity_verification_state"),
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_identity_verification_resident_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_verification")),
        sa.UniqueConstraint("out_seq_no", name=op.f("uq_identity_verification_out_seq_no")),
    )
    op.create_index(
        op.f("ix_identity_verification_resident_id"), "identity_verification", ["resident_id"], unique=False
    )
    op.create_table(
        "notification_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("event_key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_notification_message_resident_id_identity_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_message")),
        sa.UniqueConstraint(
            "resident_id",
            "template",
            "event_key",
            name=op.f("uq_notification_message_resident_id_template_event_key"),
        ),
    )
    op.create_index(
        "ix_notification_message_inbox",
        "notification_message",
        ["resident_id", sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_notification_message_news", "notification_message", ["template", "event_key"], unique=False
    )
    op.create_table(
        "notification_subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("credits", sa.Integer(), nullable=False),
        sa.Column("provisional", sa.Integer(), nullable=False),
        sa.Column("advanced", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("emptied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("advanced >= 0", name=op.f("ck_notification_subscription_advanced_not_negative")),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_notification_subscription_credits_not_negative")),
        sa.CheckConstraint(
            "provisional >= 0", name=op.f("ck_notification_subscription_provisional_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_notification_subscription_resident_id_identity_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_subscription")),
        sa.UniqueConstraint(
            "resident_id", "template", name=op.f("uq_notification_subscription_resident_id_template")
        ),
    )
    op.create_table(
        "resident_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("notice_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "purpose IN ('matching', 'push', 'prefill', 'certificates')",
            name=op.f("ck_resident_consent_purpose"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_resident_consent_version")),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_resident_consent_resident_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_consent")),
        sa.UniqueConstraint(
            "resident_id", "purpose", "version", name=op.f("uq_resident_consent_resident_id_purpose_version")
        ),
    )
    op.create_table(
        "resident_dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_resident_dispute_resident_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_dispute")),
    )
    op.create_index(
        "uq_resident_dispute_one_open",
        "resident_dispute",
        ["resident_id", "subject_id", "name"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "resident_enterprise",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("uscc ~ '^[0-9A-Z]{18}$'", name=op.f("ck_resident_enterprise_uscc")),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_resident_enterprise_resident_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_enterprise")),
        sa.UniqueConstraint("resident_id", "uscc", name=op.f("uq_resident_enterprise_resident_id_uscc")),
    )
    op.create_table(
        "resident_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('registry', 'statement')", name=op.f("ck_resident_fact_kind")),
        sa.CheckConstraint(
            "subject_kind IN ('person', 'enterprise')", name=op.f("ck_resident_fact_subject_kind")
        ),
        sa.CheckConstraint("num_nonnulls(value, sealed) = 1", name=op.f("ck_resident_fact_plain_or_sealed")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["identity_account.id"], name=op.f("fk_resident_fact_owner_id_identity_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_fact")),
        sa.UniqueConstraint("subject_id", "name", "kind", name=op.f("uq_resident_fact_subject_id_name_kind")),
    )
    op.create_index(op.f("ix_resident_fact_owner_id"), "resident_fact", ["owner_id"], unique=False)
    op.create_table(
        "resident_mandate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("relation", sa.String(length=12), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('invited', 'accepted', 'active', 'ended')", name=op.f("ck_resident_mandate_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'active') OR agent_id IS NOT NULL",
            name=op.f("ck_resident_mandate_has_an_agent"),
        ),
        sa.CheckConstraint("principal_id <> agent_id", name=op.f("ck_resident_mandate_two_people")),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["identity_account.id"], name=op.f("fk_resident_mandate_agent_id_identity_account")
        ),
        sa.ForeignKeyConstraint(
            ["principal_id"],
            ["identity_account.id"],
            name=op.f("fk_resident_mandate_principal_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_mandate")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_resident_mandate_code_hash")),
    )
    op.create_index(op.f("ix_resident_mandate_agent_id"), "resident_mandate", ["agent_id"], unique=False)
    op.create_index(
        "uq_resident_mandate_one_per_pair",
        "resident_mandate",
        ["principal_id", "agent_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('accepted', 'active')"),
    )
    op.create_table(
        "resident_profile",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.String(length=30), nullable=False),
        sa.Column("care_mode", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("region_code", sa.String(length=6), nullable=True),
        sa.Column("lifecycle", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("personalised", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("region_code ~ '^[0-9]{6}$'", name=op.f("ck_resident_profile_region_code")),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL)",
            name=op.f("ck_resident_profile_quiet_hours_are_whole"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_resident_profile_version")),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_resident_profile_resident_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("resident_id", name=op.f("pk_resident_profile")),
    )
    op.create_table(
        "application_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("status_after", sa.String(length=12), nullable=False),
        sa.Column("actor_kind", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "actor_kind IN ('resident', 'officer', 'system')", name=op.f("ck_application_event_actor_kind")
        ),
        sa.CheckConstraint(
            "kind IN ('acceptance_refused', 'accepted', 'approved', 'deemed_accepted', 'drafted', 'extended', 'paused', 'rejected', 'resumed', 'submitted', 'supplement_answered', 'supplement_requested', 'withdrawn')",
            name=op.f("ck_application_event_kind_known"),
        ),
        sa.CheckConstraint(
            "status_after IN ('accepted', 'approved', 'draft', 'paused', 'refused', 'rejected', 'submitted', 'supplement', 'withdrawn')",
            name=op.f("ck_application_event_status_known"),
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_application_event_seq")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["application_case.id"], name=op.f("fk_application_event_case_id_application_case")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_event")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_application_event_case_id_seq")),
    )
    op.create_index(
        "uq_application_event_one_extended",
        "application_event",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'extended'"),
    )
    op.create_index(
        "uq_application_event_one_submitted",
        "application_event",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'submitted'"),
    )
    op.create_index(
        "uq_application_event_one_supplement_requested",
        "application_event",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'supplement_requested'"),
    )
    op.create_table(
        "notification_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("page", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("purse", sa.String(), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("msgid", sa.String(), nullable=True),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "lane IN ('urgent', 'normal', 'bulk')", name=op.f("ck_notification_delivery_lane_known")
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'accepted', 'delivered', 'rejected', 'refused', 'suppressed', 'failed', 'unknown', 'unconfirmed', 'held', 'expired', 'dead')",
            name=op.f("ck_notification_delivery_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["notification_message.id"],
            name=op.f("fk_notification_delivery_message_id_notification_message"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_notification_delivery_resident_id_identity_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_delivery")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notification_delivery_message_id")),
    )
    op.create_index(
        "ix_notification_delivery_due",
        "notification_delivery",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'held', 'sending')"),
    )
    op.create_index(
        "ix_notification_delivery_open",
        "notification_delivery",
        ["resident_id", "template"],
        unique=False,
        postgresql_where=sa.text("state IN ('sending', 'accepted', 'unknown')"),
    )
    op.create_index(
        "ix_notification_delivery_sending",
        "notification_delivery",
        ["resident_id", "leased_until"],
        unique=False,
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index("uq_notification_delivery_msgid", "notification_delivery", ["msgid"], unique=True)
    op.create_table(
        "rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("comment", sa.LargeBinary(), nullable=True),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("service_version", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("region_code", sa.String(length=6), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("stage IN ('acceptance', 'conclusion')", name=op.f("ck_rating_stage_known")),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_rating_five_levels")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["application_case.id"], name=op.f("fk_rating_case_id_application_case")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"], ["identity_account.id"], name=op.f("fk_rating_resident_id_identity_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint(
            "case_id", "stage", "resident_id", name=op.f("uq_rating_case_id_stage_resident_id")
        ),
    )
    op.create_index(
        op.f("ix_rating_department_created_at"), "rating", ["department", "created_at"], unique=False
    )
    op.create_index(op.f("ix_rating_handled_at"), "rating", ["handled_at"], unique=False)
    op.create_table(
        "rating_follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("rating_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("rectified_by", sa.Uuid(), nullable=True),
        sa.Column("rectified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'rectified') = (num_nonnulls(reply, rectified_by, rectified_at) = 3)",
            name=op.f("ck_rating_follow_up_rectified_is_answered"),
        ),
        sa.CheckConstraint("state IN ('open', 'rectified')", name=op.f("ck_rating_follow_up_state_known")),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["rating.id"], name=op.f("fk_rating_follow_up_rating_id_rating")
        ),
        sa.ForeignKeyConstraint(
            ["rectified_by"],
            ["identity_officer.id"],
            name=op.f("fk_rating_follow_up_rectified_by_identity_officer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating_follow_up")),
        sa.UniqueConstraint("rating_id", name=op.f("uq_rating_follow_up_rating_id")),
    )
    op.create_index(
        op.f("ix_rating_follow_up_due_on"),
        "rating_follow_up",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )

    for name in FILES:
        op.get_bind().exec_driver_sql((SQL / name).read_text(encoding="utf-8"))


def downgrade() -> None:

    op.drop_index(
        op.f("ix_rating_follow_up_due_on"),
        table_name="rating_follow_up",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("rating_follow_up")
    op.drop_index(op.f("ix_rating_handled_at"), table_name="rating")
    op.drop_index(op.f("ix_rating_department_created_at"), table_name="rating")
    op.drop_table("rating")
    op.drop_index("uq_notification_delivery_msgid", table_name="notification_delivery")
    op.drop_index(
        "ix_notification_delivery_sending",
        table_name="notification_delivery",
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.drop_index(
        "ix_notification_delivery_open",
        table_name="notification_delivery",
        postgresql_where=sa.text("state IN ('sending', 'accepted', 'unknown')"),
    )
    op.drop_index(
        "ix_notification_delivery_due",
        table_name="notification_delivery",
        postgresql_where=sa.text("state IN ('queued', 'held', 'sending')"),
    )
    op.drop_table("notification_delivery")
    op.drop_index(
        "uq_application_event_one_supplement_requested",
        table_name="application_event",
        postgresql_where=sa.text("kind = 'supplement_requested'"),
    )
    op.drop_index(
        "uq_application_event_one_submitted",
        table_name="application_event",
        postgresql_where=sa.text("kind = 'submitted'"),
    )
    op.drop_index(
        "uq_application_event_one_extended",
        table_name="application_event",
        postgresql_where=sa.text("kind = 'extended'"),
    )
    op.drop_table("application_event")
    op.drop_table("resident_profile")
    op.drop_index(
        "uq_resident_mandate_one_per_pair",
        table_name="resident_mandate",
        postgresql_where=sa.text("state IN ('accepted', 'active')"),
    )
    op.drop_index(op.f("ix_resident_mandate_agent_id"), table_name="resident_mandate")
    op.drop_table("resident_mandate")
    op.drop_index(op.f("ix_resident_fact_owner_id"), table_name="resident_fact")
    op.drop_table("resident_fact")
    op.drop_table("resident_enterprise")
    op.drop_index(
        "uq_resident_dispute_one_open",
        table_name="resident_dispute",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_table("resident_dispute")
    op.drop_table("resident_consent")
    op.drop_table("notification_subscription")
    op.drop_index("ix_notification_message_news", table_name="notification_message")
    op.drop_index("ix_notification_message_inbox", table_name="notification_message")
    op.drop_table("notification_message")
    op.drop_index(op.f("ix_identity_verification_resident_id"), table_name="identity_verification")
    op.drop_table("identity_verification")
    op.drop_index(
        "uq_identity_session_one_live_per_officer",
        table_name="identity_session",
        postgresql_where=sa.text("revoked_at IS NULL AND officer_id IS NOT NULL"),
    )
    op.drop_index(
        op.f("ix_identity_session_resident_id"),
        table_name="identity_session",
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.drop_index(op.f("ix_identity_session_absolute_expires_at"), table_name="identity_session")
    op.drop_table("identity_session")
    op.drop_index(
        "uq_eligibility_policy_version_published",
        table_name="eligibility_policy_version",
        postgresql_where=sa.text("state = 'published'"),
    )
    op.drop_index(
        "uq_eligibility_policy_version_draft",
        table_name="eligibility_policy_version",
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.drop_table("eligibility_policy_version")
    op.drop_table("eligibility_match")
    op.drop_index(
        "uq_application_case_one_open",
        table_name="application_case",
        postgresql_where=sa.text("status IN ('accepted', 'paused', 'submitted', 'supplement')"),
    )
    op.drop_index(
        "uq_application_case_one_draft",
        table_name="application_case",
        postgresql_where=sa.text("status = 'draft'"),
    )
    op.drop_index(op.f("ix_application_case_resident_id_id"), table_name="application_case")
    op.drop_index(
        "ix_application_case_queue",
        table_name="application_case",
        postgresql_where=sa.text("status IN ('accepted', 'paused', 'submitted', 'supplement')"),
    )
    op.drop_index(op.f("ix_application_case_department_submitted_at"), table_name="application_case")
    op.drop_table("application_case")
    op.drop_index(
        "ix_notification_wechat_event_due",
        table_name="notification_wechat_event",
        postgresql_where=sa.text("state IN ('received', 'parked')"),
    )
    op.drop_table("notification_wechat_event")
    op.drop_table("notification_circuit")
    op.drop_table("identity_officer")
    op.drop_index(op.f("ix_identity_login_code_claimed_at"), table_name="identity_login_code")
    op.drop_table("identity_login_code")
    op.drop_index(op.f("ix_identity_account_phone_index"), table_name="identity_account")
    op.drop_index(
        op.f("ix_identity_account_closing_at"),
        table_name="identity_account",
        postgresql_where=sa.text("state = 'closing'"),
    )
    op.drop_table("identity_account")
    op.drop_table("http_idempotency")
    op.drop_table("eligibility_match_run")
    op.drop_table("catalogue_theme")
    op.drop_index(
        "uq_catalogue_service_published",
        table_name="catalogue_service",
        postgresql_where=sa.text("status = 'published'"),
    )
    op.drop_index(
        "uq_catalogue_service_draft",
        table_name="catalogue_service",
        postgresql_where=sa.text("status = 'draft'"),
    )
    op.drop_table("catalogue_service")
    op.drop_table("catalogue_edition")
    op.drop_index(op.f("ix_audit_entry_subject_kind_subject_id"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_created_at"), table_name="audit_entry")
    op.drop_index(op.f("ix_audit_entry_actor_kind_actor_id"), table_name="audit_entry")
    op.drop_table("audit_entry")
    op.drop_table("application_transition")

    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION IF EXISTS {name} CASCADE")
    for name in SEQUENCES:
        op.execute(f"DROP SEQUENCE IF EXISTS {name}")
