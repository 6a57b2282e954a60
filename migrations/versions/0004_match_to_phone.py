"""From match to phone: campaigns, news, visits, follow-ups; joined pushes; the consent that names sensitive facts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

STATES = (
    "'queued', 'sending', 'accepted', 'delivered', 'rejected', 'refused', 'suppressed', 'failed', "
    "'unknown', 'unconfirmed', 'held', 'expired'"
)
PURPOSES = "'matching', 'push', 'prefill', 'certificates'"
STATE_CHECK, PURPOSE_CHECK = "ck_notification_delivery_state_known", "ck_resident_consent_purpose"

ONE_KEY_PER_SUBJECT = """
WITH told AS (
    SELECT DISTINCT ON (message.resident_id, split_part(message.event_key, '@', 1))
        message.id, split_part(message.event_key, '@', 1) AS policy_id, message.resident_id
    FROM notification_message AS message
    WHERE message.template = 'policy_match' AND message.event_key LIKE '%@%'
    ORDER BY message.resident_id, split_part(message.event_key, '@', 1), message.id
)
UPDATE notification_message AS message
SET event_key = told.policy_id || '|' || coalesce(
    (
        SELECT found.subject_id FROM eligibility_match AS found
        WHERE found.resident_id = told.resident_id AND found.policy_id = told.policy_id
        ORDER BY found.id LIMIT 1
    ),
    told.resident_id
)
FROM told WHERE message.id = told.id
"""
"""News was told once per version (policy@version); now once per subject (policy|subject): the first one counts."""
NO_SECOND_PUSH = """
UPDATE notification_delivery SET state = 'expired', settled_at = now()
WHERE state IN ('queued', 'held') AND message_id IN (
    SELECT id FROM notification_message WHERE template = 'policy_match' AND event_key LIKE '%@%'
)
"""


def upgrade() -> None:
    op.create_table(
        "notification_campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('active', 'paused', 'cancelled')", name=op.f("ck_notification_campaign_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_campaign")),
    )
    op.create_index(
        "ix_notification_campaign_halted",
        "notification_campaign",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state <> 'active'"),
    )
    op.create_table(
        "eligibility_news",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("kept_back", sa.String(), nullable=True),
        sa.Column("due", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reach", sa.String(), nullable=True),
        sa.Column("follow_up", sa.String(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "answer IN ('applied', 'will_apply', 'did_not_understand', 'not_for_me')",
            name=op.f("ck_eligibility_news_answer_known"),
        ),
        sa.CheckConstraint(
            "follow_up IN ('asked', 'spared')", name=op.f("ck_eligibility_news_follow_up_known")
        ),
        sa.CheckConstraint(
            "kept_back IN ('already_told', 'not_personalised', 'dismissed', 'campaign_cancelled', 'unfit_wording', 'match_lost', 'no_consent', 'received', 'implements', 'supersedes', 'requires', 'excludes')",
            name=op.f("ck_eligibility_news_kept_back_known"),
        ),
        sa.CheckConstraint(
            "reach IN ('reached', 'visit', 'gone')", name=op.f("ck_eligibility_news_reach_known")
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_eligibility_news_answer_is_whole")
        ),
        sa.CheckConstraint(
            "answered_at IS NULL OR asked_at IS NOT NULL",
            name=op.f("ck_eligibility_news_asked_before_answered"),
        ),
        sa.CheckConstraint(
            "kept_back IS NULL OR message_id IS NULL", name=op.f("ck_eligibility_news_told_or_kept_back")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["notification_message.id"],
            name=op.f("fk_eligibility_news_message_id_notification_message"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_eligibility_news_resident_id_identity_account"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["eligibility_match_run.id"],
            name=op.f("fk_eligibility_news_run_id_eligibility_match_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_news")),
        sa.UniqueConstraint(
            "run_id",
            "resident_id",
            "subject_id",
            name=op.f("uq_eligibility_news_run_id_resident_id_subject_id"),
        ),
    )
    op.create_index(
        "ix_eligibility_news_due", "eligibility_news", ["id"], unique=False, postgresql_where=sa.text("due")
    )
    op.create_index(op.f("ix_eligibility_news_message_id"), "eligibility_news", ["message_id"], unique=False)
    op.create_index(
        op.f("ix_eligibility_news_resident_id_policy_id"),
        "eligibility_news",
        ["resident_id", "policy_id"],
        unique=False,
    )
    op.create_index(
        "ix_eligibility_news_unasked",
        "eligibility_news",
        ["id"],
        unique=False,
        postgresql_where=sa.text("message_id IS NOT NULL AND follow_up IS NULL"),
    )
    op.create_index(
        "ix_eligibility_news_undecided",
        "eligibility_news",
        ["id"],
        unique=False,
        postgresql_where=sa.text("message_id IS NOT NULL AND reach IS NULL"),
    )
    op.create_table(
        "eligibility_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("news_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=True),
        sa.Column("policy_id", sa.String(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("sensitive", sa.Boolean(), nullable=False),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "result IN ('told_applied', 'told_will_apply', 'told_not_wanted', 'not_entitled', 'not_found', 'reached_online', 'withdrawn')",
            name=op.f("ck_eligibility_visit_result_known"),
        ),
        sa.CheckConstraint(
            "(result IS NULL) = (closed_at IS NULL)", name=op.f("ck_eligibility_visit_result_is_whole")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["identity_officer.id"],
            name=op.f("fk_eligibility_visit_closed_by_identity_officer"),
        ),
        sa.ForeignKeyConstraint(
            ["news_id"], ["eligibility_news.id"], name=op.f("fk_eligibility_visit_news_id_eligibility_news")
        ),
        sa.ForeignKeyConstraint(
            ["resident_id"],
            ["identity_account.id"],
            name=op.f("fk_eligibility_visit_resident_id_identity_account"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["eligibility_match_run.id"],
            name=op.f("fk_eligibility_visit_run_id_eligibility_match_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_visit")),
        sa.UniqueConstraint("news_id", name=op.f("uq_eligibility_visit_news_id")),
    )
    op.create_index(
        "ix_eligibility_visit_open",
        "eligibility_visit",
        ["region_code", "id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index(
        op.f("ix_eligibility_visit_resident_id"), "eligibility_visit", ["resident_id"], unique=False
    )
    op.create_index(op.f("ix_eligibility_visit_run_id"), "eligibility_visit", ["run_id"], unique=False)
    op.add_column("notification_delivery", sa.Column("campaign_id", sa.Uuid(), nullable=True))
    op.add_column("notification_delivery", sa.Column("carried_by", sa.Uuid(), nullable=True))
    op.add_column(
        "notification_delivery",
        sa.Column("sensitive", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.drop_index(
        op.f("ix_notification_delivery_due"),
        table_name="notification_delivery",
        postgresql_where=sa.text("state IN ('queued', 'held', 'sending')"),
    )
    op.create_index(
        "ix_notification_delivery_due",
        "notification_delivery",
        [sa.literal_column("lane DESC"), "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'held', 'sending')"),
    )
    op.create_index(
        "ix_notification_delivery_bulk",
        "notification_delivery",
        ["resident_id", "sent_at"],
        unique=False,
        postgresql_where=sa.text("lane = 'bulk'"),
    )
    op.create_index(
        "ix_notification_delivery_carried_by",
        "notification_delivery",
        ["carried_by"],
        unique=False,
        postgresql_where=sa.text("carried_by IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_notification_delivery_carried_by_notification_delivery"),
        "notification_delivery",
        "notification_delivery",
        ["carried_by"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_foreign_key(
        op.f("fk_notification_delivery_campaign_id_notification_campaign"),
        "notification_delivery",
        "notification_campaign",
        ["campaign_id"],
        ["id"],
    )
    op.add_column(
        "notification_subscription", sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.drop_constraint(op.f(STATE_CHECK), "notification_delivery", type_="check")
    op.create_check_constraint(
        op.f(STATE_CHECK), "notification_delivery", f"state IN ({STATES}, 'joined', 'dead')"
    )
    op.drop_constraint(op.f(PURPOSE_CHECK), "resident_consent", type_="check")
    op.create_check_constraint(
        op.f(PURPOSE_CHECK), "resident_consent", f"purpose IN ({PURPOSES}, 'sensitive_push')"
    )
    op.execute(ONE_KEY_PER_SUBJECT)
    op.execute(NO_SECOND_PUSH)


def downgrade() -> None:
    op.execute("DELETE FROM resident_consent WHERE purpose = 'sensitive_push'")
    op.execute(
        "UPDATE notification_delivery SET state = 'suppressed', reason = 'joined' WHERE state = 'joined'"
    )
    op.drop_constraint(op.f(PURPOSE_CHECK), "resident_consent", type_="check")
    op.create_check_constraint(op.f(PURPOSE_CHECK), "resident_consent", f"purpose IN ({PURPOSES})")
    op.drop_constraint(op.f(STATE_CHECK), "notification_delivery", type_="check")
    op.create_check_constraint(op.f(STATE_CHECK), "notification_delivery", f"state IN ({STATES}, 'dead')")
    op.drop_column("notification_subscription", "declined_at")
    op.drop_constraint(
        op.f("fk_notification_delivery_campaign_id_notification_campaign"),
        "notification_delivery",
        type_="foreignkey",
    )
    op.drop_constraint(
        op.f("fk_notification_delivery_carried_by_notification_delivery"),
        "notification_delivery",
        type_="foreignkey",
    )
    op.drop_index(
        "ix_notification_delivery_carried_by",
        table_name="notification_delivery",
        postgresql_where=sa.text("carried_by IS NOT NULL"),
    )
    op.drop_index(
        "ix_notification_delivery_bulk",
        table_name="notification_delivery",
        postgresql_where=sa.text("lane = 'bulk'"),
    )
    op.drop_index(
        "ix_notification_delivery_due",
        table_name="notification_delivery",
        postgresql_where=sa.text("state IN ('queued', 'held', 'sending')"),
    )
    op.create_index(
        op.f("ix_notification_delivery_due"),
        "notification_delivery",
        ["lane", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'held', 'sending')"),
    )
    op.drop_column("notification_delivery", "sensitive")
    op.drop_column("notification_delivery", "carried_by")
    op.drop_column("notification_delivery", "campaign_id")
    op.drop_index(op.f("ix_eligibility_visit_run_id"), table_name="eligibility_visit")
    op.drop_index(op.f("ix_eligibility_visit_resident_id"), table_name="eligibility_visit")
    op.drop_index(
        "ix_eligibility_visit_open",
        table_name="eligibility_visit",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_table("eligibility_visit")
    op.drop_index(
        "ix_eligibility_news_undecided",
        table_name="eligibility_news",
        postgresql_where=sa.text("message_id IS NOT NULL AND reach IS NULL"),
    )
    op.drop_index(
        "ix_eligibility_news_unasked",
        table_name="eligibility_news",
        postgresql_where=sa.text("message_id IS NOT NULL AND follow_up IS NULL"),
    )
    op.drop_index(op.f("ix_eligibility_news_resident_id_policy_id"), table_name="eligibility_news")
    op.drop_index(op.f("ix_eligibility_news_message_id"), table_name="eligibility_news")
    op.drop_index("ix_eligibility_news_due", table_name="eligibility_news", postgresql_where=sa.text("due"))
    op.drop_table("eligibility_news")
    op.drop_index(
        "ix_notification_campaign_halted",
        table_name="notification_campaign",
        postgresql_where=sa.text("state <> 'active'"),
    )
    op.drop_table("notification_campaign")
