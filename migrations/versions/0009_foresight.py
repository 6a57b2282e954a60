"""Foresight: what is announced ahead of its day, and the daily search for it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "eligibility_foresight_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_foresight_day")),
        sa.UniqueConstraint("as_of", "audience", name=op.f("uq_eligibility_foresight_day_as_of_audience")),
    )
    op.create_table(
        "eligibility_announcement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("untold", sa.String(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("renewed_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('begins', 'ends', 'renewal')", name=op.f("ck_eligibility_announcement_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('due', 'told', 'kept_back', 'renewed', 'retracted', 'passed')",
            name=op.f("ck_eligibility_announcement_state_known"),
        ),
        sa.CheckConstraint(
            "untold IN ('not_true', 'not_shown', 'no_consent', 'not_personalised', 'unfit_wording')",
            name=op.f("ck_eligibility_announcement_untold_known"),
        ),
        sa.CheckConstraint(
            "(state = 'kept_back') = (untold IS NOT NULL)",
            name=op.f("ck_eligibility_announcement_kept_back_with_its_reason"),
        ),
        sa.CheckConstraint(
            "(state = 'renewed') = (renewed_on IS NOT NULL)",
            name=op.f("ck_eligibility_announcement_renewed_on_a_day"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["notification_message.id"],
            name=op.f("fk_eligibility_announcement_message_id_notification_message"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_eligibility_announcement_resident_id_identity_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_announcement")),
        sa.UniqueConstraint(
            "resident_id",
            "subject_id",
            "policy_id",
            "day",
            "kind",
            name="uq_eligibility_announcement_once",
        ),
    )
    op.create_index(
        "ix_eligibility_announcement_due",
        "eligibility_announcement",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_index(
        "ix_eligibility_announcement_open",
        "eligibility_announcement",
        ["checked_on", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'told'"),
    )
    op.create_index(
        op.f("ix_eligibility_announcement_policy_id"), "eligibility_announcement", ["policy_id"], unique=False
    )
    op.create_index(
        op.f("ix_eligibility_announcement_message_id"),
        "eligibility_announcement",
        ["message_id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("eligibility_announcement")
    op.drop_table("eligibility_foresight_day")
