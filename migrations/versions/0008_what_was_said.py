"""What a push really said, and when somebody had it sent again: by hand, once."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("notification_delivery", sa.Column("sent_as", sa.String(), nullable=True))
    op.add_column("notification_delivery", sa.Column("sent_page", sa.String(), nullable=True))
    op.add_column(
        "notification_delivery",
        sa.Column("sent_values", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )

    op.add_column("notification_delivery", sa.Column("resent_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_notification_delivery_unknown",
        "notification_delivery",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'unknown'"),
    )


def downgrade() -> None:
    op.drop_index("ix_notification_delivery_unknown", table_name="notification_delivery")
    for column in ("resent_at", "sent_values", "sent_page", "sent_as"):
        op.drop_column("notification_delivery", column)
