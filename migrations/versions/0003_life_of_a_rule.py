"""The rule's life: previews as work, second approvals, reviews; what a match rests on, its tier and standing."""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SQL = Path(__file__).resolve().parents[1] / "sql"
FROZEN = "eligibility_version_frozen.sql"
VERSION, MATCH = "eligibility_policy_version", "eligibility_match"
VERSION_CHECKS = {
    "six_eyes": "second_approver_id IS NULL OR (second_approver_id <> approver_id"
    " AND second_approver_id <> author_id AND second_approver_id <> ALL (editor_ids))",
    "narrow_approved_twice": "state = 'draft' OR NOT narrow"
    " OR (second_approver_id IS NOT NULL AND approval_reason IS NOT NULL)",
    "ended_by_an_act": "(state = 'ended') = (ending_id IS NOT NULL)",
}


def upgrade() -> None:
    op.create_table(
        "eligibility_trial",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("checksum", sa.String(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=True),
        sa.Column("days", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cursor", sa.Uuid(), nullable=True),
        sa.Column("tally", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('preview', 'retrospection')", name=op.f("ck_eligibility_trial_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('running', 'finished', 'outdated')", name=op.f("ck_eligibility_trial_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'running') = (finished_at IS NULL)",
            name=op.f("ck_eligibility_trial_finished_when_done"),
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"],
            ["identity_officer.id"],
            name=op.f("fk_eligibility_trial_officer_id_identity_officer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_trial")),
    )
    op.create_index(
        op.f("ix_eligibility_trial_policy_id_rule_version"),
        "eligibility_trial",
        ["policy_id", "rule_version"],
    )
    op.create_index(
        "uq_eligibility_trial_one_preview",
        "eligibility_trial",
        ["policy_id", "rule_version", "revision"],
        unique=True,
        postgresql_where=sa.text("kind = 'preview' AND state = 'running'"),
    )
    op.create_table(
        "eligibility_ending",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("versions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("regions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("preview", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("proposer_id", sa.Uuid(), nullable=False),
        sa.Column("approver_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'ended', 'settled')", name=op.f("ck_eligibility_ending_state_known")
        ),
        sa.CheckConstraint("approver_id <> proposer_id", name=op.f("ck_eligibility_ending_four_eyes")),
        sa.CheckConstraint(
            "state = 'proposed' OR (approver_id IS NOT NULL AND ended_at IS NOT NULL)",
            name=op.f("ck_eligibility_ending_ended_by_somebody"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                ["identity_officer.id"],
                name=op.f(f"fk_eligibility_ending_{column}_identity_officer"),
            )
            for column in ("proposer_id", "approver_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_ending")),
    )
    op.create_index(op.f("ix_eligibility_match_policy_id_outcome"), MATCH, ["policy_id", "outcome"])
    op.add_column(VERSION, sa.Column("ending_id", sa.Uuid(), nullable=True))
    op.add_column(VERSION, sa.Column("second_approver_id", sa.Uuid(), nullable=True))
    op.add_column(VERSION, sa.Column("approval_reason", sa.String(), nullable=True))
    op.add_column(VERSION, sa.Column("narrow", sa.Boolean(), server_default="false", nullable=False))
    op.add_column(VERSION, sa.Column("preview_id", sa.Uuid(), nullable=True))
    for column, table in (
        ("second_approver_id", "identity_officer"),
        ("preview_id", "eligibility_trial"),
        ("ending_id", "eligibility_ending"),
    ):
        op.create_foreign_key(op.f(f"fk_{VERSION}_{column}_{table}"), VERSION, table, [column], ["id"])
    for name, condition in VERSION_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{VERSION}_{name}"), VERSION, condition)
    op.add_column(VERSION, sa.Column("review_by", sa.Date(), nullable=True))
    op.add_column(MATCH, sa.Column("tier", sa.String(), server_default="需申请", nullable=False))
    op.add_column(MATCH, sa.Column("concerns", sa.Boolean(), server_default="true", nullable=False))
    op.add_column(MATCH, sa.Column("received", sa.Boolean(), server_default="false", nullable=False))
    op.add_column(
        MATCH,
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.execute((SQL / FROZEN).read_text(encoding="utf-8"))


def downgrade() -> None:
    for name in VERSION_CHECKS:
        op.drop_constraint(op.f(f"ck_{VERSION}_{name}"), VERSION)
    for column in ("facts", "received", "concerns", "tier"):
        op.drop_column(MATCH, column)
    op.drop_index(op.f("ix_eligibility_match_policy_id_outcome"), table_name=MATCH)
    for column in ("ending_id", "review_by", "preview_id", "narrow", "approval_reason", "second_approver_id"):
        op.drop_column(VERSION, column)
    op.drop_table("eligibility_trial")
    op.drop_table("eligibility_ending")
