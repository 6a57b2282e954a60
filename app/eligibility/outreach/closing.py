"""Visits to people who never registered that have become needless: they did register, the policy ended."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from app.eligibility.models import Visit
from app.eligibility.outreach.applying import closing, senders
from app.eligibility.types import VisitResult
from app.foundation.database import one_of_ids, session
from app.foundation.transaction import atomic
from app.identity import queries as identity

BATCH = 500


def close_needless() -> int:
    """Close visits to those who registered meanwhile, or about what is not in force; returns how many."""
    closed, after = 0, None
    while True:
        with atomic():
            rows = session.execute(_open(after)).all()
            closed += _close(rows)
        if not rows:
            return closed
        after = rows[-1].id


def _open(after: UUID | None) -> Select[Any]:
    about: tuple[Any, ...] = (Visit.id, Visit.person_index, Visit.policy_id)
    query = select(*about).where(
        Visit.closed_at.is_(None), Visit.person_index.is_not(None), *([Visit.id > after] if after else [])
    )
    return query.order_by(Visit.id).limit(BATCH).with_for_update(skip_locked=True)


def _close(rows: Sequence[Any]) -> int:
    registered = identity.registered({row.person_index for row in rows})
    sending = senders()
    ended = [row.id for row in rows if row.policy_id not in sending]
    there = [row.id for row in rows if row.person_index in registered and row.policy_id in sending]
    for result, ids in ((VisitResult.POLICY_ENDED, ended), (VisitResult.REGISTERED, there)):
        if ids:
            session.execute(closing(result).where(Visit.id == one_of_ids(ids)))
    return len(ended) + len(there)
