"""Writing and reading the trail (审计日志)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from app.audit.errors import PersonalDetail
from app.audit.models import AuditEntry
from app.audit.types import Actor, ActorKind
from app.foundation.database import reading, session
from app.foundation.logging import looks_personal


@dataclass(frozen=True, slots=True)
class Entry:
    """One effect as auditors read it."""

    id: UUID
    created_at: datetime
    action: str
    actor: Actor
    subject: tuple[str, str]
    outcome: str
    request_id: str | None
    details: Mapping[str, Any]


def record(
    action: str,
    *,
    actor: Actor,
    subject: tuple[str, object],
    outcome: str = "ok",
    details: Mapping[str, object] | None = None,
) -> None:
    """Write one effect in the current transaction; `action` is a code such as `application.submitted`.

    `details` hold ids, codes and counts; raises PersonalDetail where a text looks like a person's number.
    """
    kind, subject_id = subject
    kept = {key: _plain(value) for key, value in (details or {}).items()}
    session.add(
        AuditEntry(
            action=action,
            actor_kind=actor.kind,
            actor_id=actor.id,
            subject_kind=kind,
            subject_id=str(subject_id),
            outcome=outcome,
            request_id=structlog.contextvars.get_contextvars().get("request_id"),
            details=kept,
        )
    )


def of_subject(kind: str, subject_id: object, *, limit: int = 100) -> list[Entry]:
    """Return what happened to one subject, oldest first."""
    table = AuditEntry
    asked = (
        select(table.__table__)
        .where(table.subject_kind == kind, table.subject_id == str(subject_id))
        .order_by(table.id)
        .limit(limit)
    )
    with reading() as connection:
        return [_entry(row) for row in connection.execute(asked)]


def _entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        created_at=row.created_at,
        action=row.action,
        actor=Actor(ActorKind(row.actor_kind), row.actor_id),
        subject=(row.subject_kind, row.subject_id),
        outcome=row.outcome,
        request_id=row.request_id,
        details=row.details,
    )


def _plain(value: object) -> object:
    """Keep JSON's own kinds, write the rest (ids, dates, enums) as text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    text = str(value)
    if looks_personal(text):
        raise PersonalDetail
    return text
