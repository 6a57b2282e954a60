"""A day's match of everybody as work; news of one's own change, told a little later; a run for every version."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

KEPT_BACK_CHECK = "ck_eligibility_news_kept_back_known"
KEPT_BACK = (
    "'already_told', 'not_personalised', 'dismissed', 'campaign_cancelled', 'unfit_wording', 'match_lost', "
    "'no_consent', 'received', 'implements', 'supersedes', 'requires', 'excludes'"
)
A_RUN_FOR_EVERY_VERSION = """
INSERT INTO eligibility_match_run (id, attempts, policy_id, rule_version, state, counts, finished_at)
SELECT gen_random_uuid(), 0, policy_id, version, 'finished', '{}', now() FROM eligibility_policy_version
WHERE state = 'published' ON CONFLICT DO NOTHING
"""
"""Policies of the release had none: news of them, found by a day's run or a change of facts, needs one."""
A_CAMPAIGN_FOR_EVERY_RUN = """
INSERT INTO notification_campaign (id, state) SELECT id, 'active' FROM eligibility_match_run
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.create_table(
        "eligibility_daily_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("last", sa.String(), nullable=True),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("error_code", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('exporting', 'matching', 'applying', 'finished', 'failed', 'superseded')",
            name=op.f("ck_eligibility_daily_run_state_known"),
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (error_code IS NOT NULL)",
            name=op.f("ck_eligibility_daily_run_failed_says_why"),
        ),
        sa.CheckConstraint(
            "(state = 'finished') = (finished_at IS NOT NULL)",
            name=op.f("ck_eligibility_daily_run_finished_when_done"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_daily_run")),
        sa.UniqueConstraint("as_of", "scope", name=op.f("uq_eligibility_daily_run_as_of_scope")),
    )
    op.add_column("eligibility_news", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f(KEPT_BACK_CHECK), "eligibility_news", type_="check")
    op.create_check_constraint(
        op.f(KEPT_BACK_CHECK), "eligibility_news", f"kept_back IN ({KEPT_BACK}, 'seen')"
    )
    op.execute(A_RUN_FOR_EVERY_VERSION)
    op.execute(A_CAMPAIGN_FOR_EVERY_RUN)


def downgrade() -> None:
    op.execute("UPDATE eligibility_news SET kept_back = 'already_told' WHERE kept_back = 'seen'")
    op.drop_constraint(op.f(KEPT_BACK_CHECK), "eligibility_news", type_="check")
    op.create_check_constraint(op.f(KEPT_BACK_CHECK), "eligibility_news", f"kept_back IN ({KEPT_BACK})")
    op.drop_column("eligibility_news", "not_before")
    op.drop_table("eligibility_daily_run")
