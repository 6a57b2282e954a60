"""Work of the clock: deemed acceptance, and dates that had to wait for a calendar."""

from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select

from app.applications import history
from app.applications.history import SYSTEM
from app.applications.models import Case
from app.applications.stages import progress
from app.applications.types import EventKind, Status
from app.foundation import clock
from app.foundation.database import session

BATCH = 100


def deemed_accepted_due() -> int:
    """Accept what no office answered within five working days (行政许可法 第32条); returns how many.

    One batch in the caller's transaction; a case that an officer holds right now is left to them.
    """
    overdue = _locked(Case.status == Status.SUBMITTED, Case.accept_due_on < clock.today())
    for case in overdue:
        progress.accept(case, EventKind.DEEMED_ACCEPTED, actor=SYSTEM)
    return len(overdue)


def date_the_undated() -> int:
    """Work out due dates that fell into a year whose calendar was not entered yet; returns how many."""
    waiting = _locked(
        Case.status.in_([Status.SUBMITTED, Status.ACCEPTED]),
        or_(
            Case.accept_due_on.is_(None),
            Case.accepted_at.is_not(None) & (Case.promised_due_on.is_(None) | Case.legal_due_on.is_(None)),
        ),
        Case.updated_at < clock.now() - timedelta(days=1),
    )
    for case in waiting:
        history.cache_dates(case, history.state_of(case))
        case.updated_at = clock.now()
    session.flush()
    return len(waiting)


def _locked(*conditions: ColumnElement[bool]) -> list[Case]:
    asked = select(Case).where(*conditions).order_by(Case.queue_on, Case.id).limit(BATCH)
    return list(session.scalars(asked.with_for_update(skip_locked=True)))
