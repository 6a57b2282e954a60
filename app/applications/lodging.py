"""Writes a case that is handed in at the moment it begins: events, row and what it settles."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import FromClause, Label, Update, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from app.applications.errors import AlreadyOpen
from app.applications.models import Case, CaseEvent
from app.applications.types import OPEN
from app.foundation.database import session

_COLUMNS = [column.name for column in Case.__table__.columns if column.name != "created_at"]
DEFAULTS: dict[str, Any] = {
    column.name: column.default.arg
    for column in Case.__table__.columns
    if isinstance(column.default, ScalarElementColumnDefault)
}
"""What the row of a case begins with, said outright."""


def write(case: Case, events: Sequence[Mapping[str, Any]], *, settling: Update) -> None:
    """Store a case with its events in one statement; `settling` gets its `case_id`. Raises AlreadyOpen.

    The events come first: the trigger on the case's status wants them to be there, that on each event the one
    before it.
    """
    row = {name: getattr(case, name) for name in _COLUMNS}
    with_an_office = select(Case.id).where(
        *(getattr(Case, name) == row[name] for name in ("resident_id", "subject_id", "service_id")),
        Case.status.in_(OPEN),
    )
    happened = union_all(*(select(*_typed(CaseEvent.__table__, event)) for event in events)).subquery()
    told = (
        insert(CaseEvent)
        .from_select(
            list(events[0]),
            select(*happened.c).where(~with_an_office.exists()).order_by(happened.c.seq),
            include_defaults=False,
        )
        .returning(CaseEvent.seq)
        .cte("told")
    )
    all_told = select(func.count()).select_from(told).scalar_subquery() == len(events)
    made = (
        insert(Case)
        .from_select(_COLUMNS, select(*_typed(Case.__table__, row)).where(all_told), include_defaults=False)
        .returning(Case.id)
        .cte("made")
    )
    case_id = select(made.c.id).scalar_subquery()
    settled = settling.values(case_id=case_id).where(case_id.is_not(None)).cte("settled")
    try:
        stored = session.scalar(select(made.c.id).add_cte(settled))
    except IntegrityError as error:
        if "uq_application_case_one_open" in str(error.orig):
            raise AlreadyOpen from None
        raise
    if stored is None:
        raise AlreadyOpen


def _typed(table: FromClause, row: Mapping[str, Any]) -> list[Label[Any]]:
    """Return a row as columns of a SELECT; the types are said, since in a UNION a NULL would be text."""
    types = {name: table.columns[name].type for name in row}
    return [cast(literal(value, types[name]), types[name]).label(name) for name, value in row.items()]
