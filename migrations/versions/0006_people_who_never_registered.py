"""Deliveries of a data platform, and visits to people who never registered."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

AREA_CHECK = "ck_identity_officer_region_code"
RESULT_CHECK = "ck_eligibility_visit_result_known"
RESULTS = (
    "'told_applied', 'told_will_apply', 'told_not_wanted', 'not_entitled', 'not_found', 'reached_online', "
    "'withdrawn'"
)
NEW_RESULTS = "'already_receives', 'moved', 'died', 'registered', 'policy_ended'"
NO_NEW_RESULT = """
UPDATE eligibility_visit SET result = 'not_entitled'
WHERE result IN ('already_receives', 'moved', 'died', 'registered', 'policy_ended')
"""


def upgrade() -> None:
    _create_deliveries()
    visit = "eligibility_visit"
    op.add_column(visit, sa.Column("delivery_id", sa.Uuid(), nullable=True))
    op.add_column(visit, sa.Column("person_index", sa.LargeBinary(), nullable=True))
    op.add_column(visit, sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.alter_column(visit, "news_id", nullable=True)
    op.alter_column(visit, "run_id", nullable=True)
    op.create_foreign_key(
        op.f("fk_eligibility_visit_delivery_id_eligibility_delivery"),
        visit,
        "eligibility_delivery",
        ["delivery_id"],
        ["id"],
    )
    op.drop_constraint(op.f(RESULT_CHECK), visit, type_="check")
    for name, condition in {
        RESULT_CHECK: f"result IN ({RESULTS}, {NEW_RESULTS})",
        "ck_eligibility_visit_news_of_a_run": "num_nonnulls(news_id, run_id) IN (0, 2)",
        "ck_eligibility_visit_one_origin": "num_nonnulls(news_id, delivery_id) = 1",
        "ck_eligibility_visit_person_of_a_delivery": "num_nonnulls(delivery_id, person_index) IN (0, 2)",
        "ck_eligibility_visit_person_index_length": "octet_length(person_index) = 16",
    }.items():
        op.create_check_constraint(op.f(name), visit, condition)
    _create_indexes()
    op.drop_constraint(op.f(AREA_CHECK), "identity_officer", type_="check")
    op.alter_column("identity_officer", "region_code", type_=sa.String(12))
    op.create_check_constraint(op.f(AREA_CHECK), "identity_officer", "region_code ~ '^[0-9]{6}([0-9]{6})?$'")


def _create_deliveries() -> None:
    op.create_table(
        "eligibility_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("run", sa.String(), nullable=True),
        sa.Column("policies", postgresql.JSONB(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("override_by", sa.String(), nullable=True),
        sa.Column("override_reason", sa.String(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('matching', 'applying', 'applied', 'refused')",
            name=op.f("ck_eligibility_delivery_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (error_code IS NOT NULL)",
            name=op.f("ck_eligibility_delivery_refused_for_a_reason"),
        ),
        sa.CheckConstraint(
            "(state = 'applied') = (finished_at IS NOT NULL)",
            name=op.f("ck_eligibility_delivery_applied_is_finished"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(error_code, error_message) IN (0, 2)",
            name=op.f("ck_eligibility_delivery_reason_is_whole"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(override_by, override_reason) IN (0, 2)",
            name=op.f("ck_eligibility_delivery_override_is_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_delivery")),
        sa.UniqueConstraint("as_of", "digest", name=op.f("uq_eligibility_delivery_as_of_digest")),
    )
    op.create_index(
        "uq_eligibility_delivery_day",
        "eligibility_delivery",
        ["as_of"],
        unique=True,
        postgresql_where=sa.text("state <> 'refused'"),
    )
    op.create_table(
        "eligibility_delivery_region",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("kept", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["eligibility_delivery.id"],
            name=op.f("fk_eligibility_delivery_region_delivery_id_eligibility_delivery"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_delivery_region")),
        sa.UniqueConstraint(
            "delivery_id",
            "region_code",
            name=op.f("uq_eligibility_delivery_region_delivery_id_region_code"),
        ),
    )


def _create_indexes() -> None:
    op.create_index(
        "uq_eligibility_visit_open_person",
        "eligibility_visit",
        ["person_index", "policy_id"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL AND person_index IS NOT NULL"),
    )
    for column in ("person_index", "delivery_id"):
        op.create_index(
            op.f(f"ix_eligibility_visit_{column}"),
            "eligibility_visit",
            [column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_index(
        "ix_identity_account_person",
        "identity_account",
        [sa.literal_column("substr(id_number_index, 1, 16)")],
        postgresql_where=sa.text("id_number_index IS NOT NULL"),
    )


def downgrade() -> None:
    visit = "eligibility_visit"
    op.execute("UPDATE identity_officer SET region_code = left(region_code, 6)")
    op.drop_constraint(op.f(AREA_CHECK), "identity_officer", type_="check")
    op.alter_column("identity_officer", "region_code", type_=sa.String(6))
    op.create_check_constraint(op.f(AREA_CHECK), "identity_officer", "region_code ~ '^[0-9]{6}$'")
    op.drop_index("ix_identity_account_person", table_name="identity_account")
    op.execute("DELETE FROM eligibility_visit WHERE delivery_id IS NOT NULL")
    op.execute(NO_NEW_RESULT)
    op.drop_index("uq_eligibility_visit_open_person", table_name=visit)
    for column in ("person_index", "delivery_id"):
        op.drop_index(op.f(f"ix_eligibility_visit_{column}"), table_name=visit)
    for name in ("news_of_a_run", "one_origin", "person_of_a_delivery", "person_index_length"):
        op.drop_constraint(op.f(f"ck_eligibility_visit_{name}"), visit, type_="check")
    op.drop_constraint(op.f(RESULT_CHECK), visit, type_="check")
    op.create_check_constraint(op.f(RESULT_CHECK), visit, f"result IN ({RESULTS})")
    op.drop_constraint(
        op.f("fk_eligibility_visit_delivery_id_eligibility_delivery"), visit, type_="foreignkey"
    )
    op.alter_column(visit, "run_id", nullable=False)
    op.alter_column(visit, "news_id", nullable=False)
    for column in ("version", "person_index", "delivery_id"):
        op.drop_column(visit, column)
    op.drop_table("eligibility_delivery_region")
    op.drop_table("eligibility_delivery")
