"""Materials: uploads and their files; what each material of a case stands on."""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

SQL = Path(__file__).resolve().parents[1] / "sql"
TRIGGERS = (
    "applications_transitions.sql",
    "application_material_states.sql",
    "materials_upload_states.sql",
)
NEW_VALUES = (
    ("application_case", "status_known", "status"),
    ("application_event", "status_known", "status_after"),
    ("application_event", "kind_known", "kind"),
)
"""A decision may be revoked: `revoked` is added to whatever these checks allow already."""


def upgrade() -> None:
    op.create_table(
        "application_material_transition",
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("before", "after", name=op.f("pk_application_material_transition")),
    )
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
        "application_material",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("files", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("actor_kind", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "state <> 'promised' OR words IS NOT NULL", name=op.f("ck_application_material_promise_is_signed")
        ),
        sa.CheckConstraint(
            "state IN ('awaited', 'deferred', 'from_certificate', 'have', 'lapsed', 'missing', 'optional', 'promise_broken', 'promise_kept', 'promised', 'uploaded')",
            name=op.f("ck_application_material_state_known"),
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_application_material_position")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["application_case.id"],
            name=op.f("fk_application_material_case_id_application_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_material")),
        sa.UniqueConstraint("case_id", "position", name=op.f("uq_application_material_case_id_position")),
    )
    op.create_index(
        "ix_application_material_awaited",
        "application_material",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'awaited'"),
    )
    op.create_index(
        "ix_application_material_due",
        "application_material",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("state IN ('deferred', 'promised')"),
    )
    op.create_index(
        "ix_application_material_files",
        "application_material",
        ["files"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "application_material_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=True),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("actor_kind", sa.String(length=12), nullable=False),
        sa.Column("actor_id", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("files", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["application_case.id"],
            name=op.f("fk_application_material_event_case_id_application_case"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_material_event")),
    )
    op.create_index(
        op.f("ix_application_material_event_case_id_at"),
        "application_material_event",
        ["case_id", "at"],
        unique=False,
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
    for table, check, column in NEW_VALUES:
        _widen(table, f"ck_{table}_{check}", column)
    for name in TRIGGERS:
        op.get_bind().exec_driver_sql((SQL / name).read_text(encoding="utf-8"))


def downgrade() -> None:
    op.drop_table("materials_file")
    op.drop_index(op.f("ix_application_material_event_case_id_at"), table_name="application_material_event")
    op.drop_table("application_material_event")
    op.drop_index("ix_application_material_files", table_name="application_material", postgresql_using="gin")
    op.drop_index(
        "ix_application_material_due",
        table_name="application_material",
        postgresql_where=sa.text("state IN ('deferred', 'promised')"),
    )
    op.drop_index(
        "ix_application_material_awaited",
        table_name="application_material",
        postgresql_where=sa.text("state = 'awaited'"),
    )
    op.drop_table("application_material")
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
    op.drop_table("application_material_transition")
    for function in (
        "application_check_material",
        "application_record_material",
        "application_check_waited_for",
        "materials_check_upload",
    ):
        op.execute(f"DROP FUNCTION IF EXISTS {function} CASCADE")
    op.execute("DELETE FROM application_transition WHERE kind = 'revoked'")
    for table, check, column in NEW_VALUES:
        _narrow(table, f"ck_{table}_{check}", column)


def _widen(table: str, name: str, column: str) -> None:
    """Add `revoked` to what a check allows, whatever other migrations have added to it."""
    allowed = _definition(name).removeprefix("CHECK ")
    _replace(table, name, f"({allowed} OR ({column}::text = 'revoked'::text))")


def _narrow(table: str, name: str, column: str) -> None:
    allowed = _definition(name).removeprefix("CHECK ")
    _replace(table, name, allowed.replace(f" OR (({column})::text = 'revoked'::text)", ""))


def _definition(name: str) -> str:
    found: str = (
        op.get_bind()
        .exec_driver_sql(
            f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{name}'"  # noqa: S608 our own name
        )
        .scalar_one()
    )
    return found


def _replace(table: str, name: str, condition: str) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK {condition}")
