"""Facts of the past (历史信息): what a fact was and until when, kept for looking back, for two years.

Written in the statement that replaces a fact (`holdings.write`), sealed as it was.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Delete, Select, Uuid, column, delete, select, values
from sqlalchemy.dialects.postgresql import Insert, insert

from app.foundation import clock
from app.foundation.database import one_of_ids, session
from app.foundation.ids import new_id
from app.identity.types import ResidentId
from app.residents.fact_rows import FactRow
from app.residents.models import PastFact, ResidentFact
from app.residents.types import FactKind

KEPT_MONTHS: Final = 24
"""As far as anything looks back; what ended before is deleted."""
MONTHS_A_YEAR: Final = 12
LASTING: Final = frozenset({"birth_date", "gender"})
"""Stated once it was so all along, whenever it was stated."""
_NAMES = tuple(name for one in fields(FactRow) if (name := one.name) != "id")
Period = tuple[FactRow, date | None]
"""A fact, and until when it was one; None: it still is."""


def keeping(replaced: Collection[tuple[UUID, date]]) -> Insert | None:
    """Return what keeps the rows of facts as facts of the past until a day; None where there is none."""
    if not replaced:
        return None
    named = values(column("past_id", Uuid), column("fact", Uuid), column("until", Date))
    over = named.data([(new_id(), fact_id, until) for fact_id, until in replaced]).alias("over")
    chosen = select(
        over.c.past_id, ResidentFact.id, *(getattr(ResidentFact, name) for name in _NAMES), over.c.until
    ).join(over, over.c.fact == ResidentFact.id)
    columns = ["id", "fact_id", *_NAMES, "until"]
    return insert(PastFact).from_select(
        columns, chosen.where(ResidentFact.since < over.c.until), include_defaults=False
    )


def past(subject_ids: Collection[UUID]) -> Iterator[tuple[FactRow, date]]:
    """Yield what was known before about many subjects, oldest first."""
    yield from _read(select(*_COLUMNS).where(PastFact.subject_id == one_of_ids(subject_ids)))


def own(resident_id: ResidentId) -> Iterator[tuple[FactRow, date]]:
    """Yield what was known before about a resident and their enterprises, oldest first."""
    yield from _read(select(*_COLUMNS).where(PastFact.owner_id == resident_id))


def of_day(found: Iterable[Period], day: date) -> list[FactRow]:
    """Return the facts that were ones on a day."""
    return [
        row
        for row, until in found
        if (until is None and row.name in LASTING) or (row.since <= day and (until is None or day < until))
    ]


def forgetting(resident_id: ResidentId, *, kind: FactKind) -> Delete:
    """Return what forgets a resident's facts of the past of one kind."""
    return delete(PastFact).where(PastFact.owner_id == resident_id, PastFact.kind == kind)


def forget_old() -> None:
    """Forget what nobody looks back to any more."""
    today = clock.today()
    first = date(today.year - KEPT_MONTHS // MONTHS_A_YEAR, today.month, 1)
    session.execute(
        delete(PastFact).where(PastFact.until < first).execution_options(synchronize_session=False)
    )


_COLUMNS: tuple[Any, ...] = (
    PastFact.fact_id,
    *(getattr(PastFact, name) for name in _NAMES),
    PastFact.until,
)


def _read(asked: Select[Any]) -> Iterator[tuple[FactRow, date]]:
    for *row, until in session.execute(asked.order_by(PastFact.since, PastFact.id)):
        yield FactRow(*row), until
