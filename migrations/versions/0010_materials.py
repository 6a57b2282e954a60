"""Materials: uploads and their files; what each material of a case stands on."""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SQL = Path(__file__).resolve().parents[1] / "sql"
TRIGGERS = ("materials_upload_states.sql",)


def upgrade() -> None:
    op.create_table(
        "materials_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("pieces", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("finding", sa.String(length=200), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(key IS NOT NULL) = (state IN ('clean', 'pending_scan', 'receiving'))",
            name=op.f("ck_materials_upload_key_while_held"),
        ),
        sa.CheckConstraint(
            "kind IN ('jpeg', 'ofd', 'pdf', 'png', 'webp')", name=op.f("ck_materials_upload_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('clean', 'erased', 'expired', 'infected', 'pending_scan', 'receiving', 'refused')",
            name=op.f("ck_materials_upload_state_known"),
        ),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_materials_upload_sha256")),
        sa.CheckConstraint("received BETWEEN 0 AND size", name=op.f("ck_materials_upload_received")),
        sa.CheckConstraint("size BETWEEN 1 AND 10485760", name=op.f("ck_materials_upload_size")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["identity_account.id"], name=op.f("fk_materials_upload_owner_id_identity_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials_upload")),
    )
    op.create_index(
        op.f("ix_materials_upload_owner_id_id"), "materials_upload", ["owner_id", "id"], unique=False
    )
    op.create_index(
        "ix_materials_upload_to_expire",
        "materials_upload",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_materials_upload_to_scan",
        "materials_upload",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'pending_scan'"),
    )
    op.create_index(
        "uq_materials_upload_one_of_a_content",
        "materials_upload",
        ["owner_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("state IN ('clean', 'pending_scan', 'receiving')"),
    )
    op.create_table(
        "materials_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("watermark", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('jpeg', 'ofd', 'pdf', 'png', 'webp')", name=op.f("ck_materials_file_kind_known")
        ),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_materials_file_sha256")),
        sa.CheckConstraint("size > 0 AND pages > 0", name=op.f("ck_materials_file_size")),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["materials_upload.id"], name=op.f("fk_materials_file_upload_id_materials_upload")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials_file")),
        sa.UniqueConstraint("upload_id", "watermark", name=op.f("uq_materials_file_upload_id_watermark")),
    )
    for name in TRIGGERS:
        op.get_bind().exec_driver_sql((SQL / name).read_text(encoding="utf-8"))


def downgrade() -> None:
    op.drop_table("materials_file")
    op.drop_index(
        "uq_materials_upload_one_of_a_content",
        table_name="materials_upload",
        postgresql_where=sa.text("state IN ('clean', 'pending_scan', 'receiving')"),
    )
    op.drop_index(
        "ix_materials_upload_to_scan",
        table_name="materials_upload",
        postgresql_where=sa.text("state = 'pending_scan'"),
    )
    op.drop_index(
        "ix_materials_upload_to_expire",
        table_name="materials_upload",
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.drop_index(op.f("ix_materials_upload_owner_id_id"), table_name="materials_upload")
    op.drop_table("materials_upload")
    for function in ("materials_check_upload",):
        op.execute(f"DROP FUNCTION IF EXISTS {function}")
