"""Prepared grants (免申即享): what was shown and what became of it; facts of the past with their time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "application_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("service_id", sa.String(length=64), nullable=False),
        sa.Column("service_version", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.String(length=6), nullable=False),
        sa.Column("amount", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("prefilled", sa.LargeBinary(), nullable=True),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('confirmed', 'declined', 'prepared')", name=op.f("ck_application_grant_state_known")
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_application_grant_version")),
        sa.CheckConstraint(
            "(state = 'prepared') = (decided_at IS NULL)", name=op.f("ck_application_grant_decided_when_over")
        ),
        sa.CheckConstraint(
            "(state = 'prepared') = (prefilled IS NOT NULL)",
            name=op.f("ck_application_grant_sealed_while_prepared"),
        ),
        sa.CheckConstraint(
            "(state = 'confirmed') = (case_id IS NOT NULL)",
            name=op.f("ck_application_grant_confirmed_is_a_case"),
        ),
        sa.CheckConstraint(
            "(state = 'declined') = (reason IS NOT NULL)",
            name=op.f("ck_application_grant_declined_with_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["application_case.id"], name=op.f("fk_application_grant_case_id_application_case")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["identity_account.id"], name=op.f("fk_application_grant_owner_id_identity_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_grant")),
        sa.UniqueConstraint(
            "owner_id",
            "subject_id",
            "policy_id",
            name=op.f("uq_application_grant_owner_id_subject_id_policy_id"),
        ),
    )
    op.create_index(op.f("ix_application_grant_case_id"), "application_grant", ["case_id"], unique=False)
    op.create_index(
        "ix_application_grant_prepared",
        "application_grant",
        ["prepared_at"],
        unique=False,
        postgresql_where=sa.text("state = 'prepared'"),
    )
    op.add_column("resident_fact", sa.Column("since", sa.Date(), nullable=True))
    op.execute("UPDATE resident_fact SET since = as_of")
    op.alter_column("resident_fact", "since", nullable=False)
    op.create_table(
        "resident_past_fact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", sa.String(length=12), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('registry', 'statement')", name=op.f("ck_resident_past_fact_kind")),
        sa.CheckConstraint(
            "num_nonnulls(value, sealed) = 1", name=op.f("ck_resident_past_fact_plain_or_sealed")
        ),
        sa.CheckConstraint("since < until", name=op.f("ck_resident_past_fact_a_time")),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["identity_account.id"],
            name=op.f("fk_resident_past_fact_owner_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_past_fact")),
    )
    for name in ("owner_id", "subject_id", "until"):
        op.create_index(op.f(f"ix_resident_past_fact_{name}"), "resident_past_fact", [name], unique=False)


def downgrade() -> None:
    op.drop_table("resident_past_fact")
    op.drop_column("resident_fact", "since")
    op.drop_table("application_grant")
