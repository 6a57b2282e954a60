"""What a push really said: the template it left with, and its page and words where they were not its own."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("notification_delivery", sa.Column("sent_as", sa.String(), nullable=True))
    op.add_column("notification_delivery", sa.Column("sent_page", sa.String(), nullable=True))
    op.add_column(
        "notification_delivery",
        sa.Column("sent_values", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    )


def downgrade() -> None:
    for column in ("sent_values", "sent_page", "sent_as"):
        op.drop_column("notification_delivery", column)
