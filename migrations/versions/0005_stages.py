"""Stages (环节): whose task each is, in their order; the law's clock stands still while only uncounted ones go on."""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SQL = Path(__file__).resolve().parents[1] / "sql"
KIND_CHECK = "ck_application_event_kind_known"
KINDS_BEFORE = (
    "'accepted', 'acceptance_refused', 'approved', 'deemed_accepted', 'drafted', 'extended', 'paused', "
    "'rejected', 'resumed', 'submitted', 'supplement_answered', 'supplement_requested', 'withdrawn'"
)


def upgrade() -> None:
    op.add_column(
        "application_case",
        sa.Column("stages_left", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "application_case",
        sa.Column("uncounted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "application_case",
        sa.Column("settled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_index(
        "ix_application_case_settled",
        "application_case",
        ["id"],
        postgresql_where=sa.text("settled AND status IN ('submitted', 'accepted')"),
    )
    op.create_table(
        "application_stage",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.String(length=40), nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("region_code", sa.String(length=6), nullable=False),
        sa.Column("handler", sa.String(length=12), nullable=False),
        sa.Column("finding", sa.String(length=12), nullable=True),
        sa.Column("awaited", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("queue_on", sa.Date(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('cancelled', 'open', 'passed', 'refused', 'waiting')",
            name=op.f("ck_application_stage_state_known"),
        ),
        sa.CheckConstraint(
            "handler IN ('applicant', 'decision', 'machine', 'officer')",
            name=op.f("ck_application_stage_handler_known"),
        ),
        sa.CheckConstraint("region_code ~ '^[0-9]{6}$'", name=op.f("ck_application_stage_region_code")),
        sa.CheckConstraint(
            "(claimed_by IS NULL) = (claimed_until IS NULL)", name=op.f("ck_application_stage_claim_is_whole")
        ),
        sa.CheckConstraint(
            "state <> 'open' OR opened_at IS NOT NULL", name=op.f("ck_application_stage_opened_when_open")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (state IN ('waiting', 'open'))",
            name=op.f("ck_application_stage_ended_when_over"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["application_case.id"], name=op.f("fk_application_stage_case_id_application_case")
        ),
        sa.ForeignKeyConstraint(
            ["claimed_by"],
            ["identity_officer.id"],
            name=op.f("fk_application_stage_claimed_by_identity_officer"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_stage")),
        sa.UniqueConstraint("case_id", "stage_id", name=op.f("uq_application_stage_case_id_stage_id")),
    )
    op.create_index(
        "ix_application_stage_tasks",
        "application_stage",
        ["department", "queue_on", "id"],
        postgresql_where=sa.text("state = 'open' AND handler = 'officer'"),
    )
    op.create_index(
        "ix_application_stage_machine",
        "application_stage",
        ["id"],
        postgresql_where=sa.text("state = 'open' AND handler = 'machine'"),
    )
    _kinds(KINDS_BEFORE + ", 'stage_ended'")
    for name in ("applications_transitions.sql", "applications_stages.sql"):
        op.get_bind().exec_driver_sql((SQL / name).read_text(encoding="utf-8"))


def downgrade() -> None:
    op.execute("DROP TRIGGER IF EXISTS application_event_stages_ended ON application_event")
    op.execute("DROP FUNCTION IF EXISTS application_check_stages_ended")
    op.execute("DELETE FROM application_transition WHERE kind = 'stage_ended'")
    op.drop_table("application_stage")
    op.execute("DROP FUNCTION IF EXISTS application_check_stage")
    op.drop_column("application_case", "settled")
    op.drop_column("application_case", "uncounted")
    op.drop_column("application_case", "stages_left")
    _kinds(KINDS_BEFORE)


def _kinds(kinds: str) -> None:
    op.drop_constraint(op.f(KIND_CHECK), "application_event", type_="check")
    op.create_check_constraint(op.f(KIND_CHECK), "application_event", f"kind IN ({kinds})")
