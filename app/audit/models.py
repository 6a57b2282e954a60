"""The audit table; private to this package, kept append-only by migrations/sql/audit_append_only.sql."""

from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.database import Model


class AuditEntry(Model):
    """One effect (审计记录)."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("actor_kind IN ('resident', 'officer', 'system', 'wechat')", "actor_kind"),
        CheckConstraint("action ~ '^[a-z_]+(\\.[a-z_]+)+$'", "action_is_a_code"),
        Index(None, "subject_kind", "subject_id"),
        Index(None, "actor_kind", "actor_id"),
        Index(None, "created_at"),
    )

    action: Mapped[str] = mapped_column(String(80))
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[str] = mapped_column(String(80))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(120))
    outcome: Mapped[str] = mapped_column(String(40))
    request_id: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, Any]]
