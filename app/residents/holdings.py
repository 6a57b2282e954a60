"""What is kept about a resident and their enterprises: read in one statement, written in one.

A unit of work reads it once; who means to write reads it under the lock of its owner.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Subquery, delete, literal, null, select, union_all, update
from sqlalchemy.dialects.postgresql import insert

from app.foundation import clock, locks
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.transaction import seen_here
from app.identity.types import ResidentId
from app.residents import history
from app.residents.fact_rows import FACT_COLUMNS, FactRow
from app.residents.models import Enterprise, ResidentFact
from app.residents.subjects import Subject
from app.residents.types import SubjectKind, SubjectRelation

_LOCK = "resident.facts"
_SAID = ("value", "sealed", "source", "as_of", "since", "fetched_at")


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody whom facts are about, with their rows by name and kind; `uscc` of enterprises only."""

    subject: Subject
    uscc: str | None
    name: str | None
    ended: bool
    rows: dict[tuple[str, str], FactRow] = field(default_factory=dict)


def of(resident: ResidentId) -> dict[UUID, Holding]:
    """Return what is kept about a resident and every enterprise that was ever theirs, themselves first."""
    found: dict[UUID, Holding] | None = seen_here().get(("holdings", resident))
    if found is None:
        found = seen_here()["holdings", resident] = _read(resident)
    return found


def current(resident: ResidentId) -> list[Holding]:
    """Return what is kept about a resident and the enterprises they represent now."""
    return [holding for holding in of(resident).values() if not holding.ended]


def locked(resident: ResidentId) -> dict[UUID, Holding]:
    """Return it anew with nobody else writing it until the end of this transaction."""
    locks.lock(_LOCK, resident)
    return anew(resident)


def lock_all(residents: Collection[ResidentId]) -> None:
    """Let nobody else write what is kept about many residents until the end of this transaction."""
    locks.lock_all(_LOCK, residents)


def lock(resident: ResidentId) -> Subquery:
    """Return, for a statement, what takes the same lock; the caller reads `anew` in a statement after it."""
    return locks.held(_LOCK, resident)


def anew(resident: ResidentId) -> dict[UUID, Holding]:
    """Return it as it stands now, whatever this unit of work read before."""
    forget(resident)
    return of(resident)


def forget(resident: ResidentId) -> None:
    """Let it be read again in this unit of work."""
    seen_here().pop(("holdings", resident), None)


def write(
    resident: ResidentId,
    kept: Iterable[FactRow],
    *,
    gone: Iterable[FactRow] = (),
    enterprises: Mapping[str, Holding] | None = None,
) -> None:
    """Write facts, forget others, and say which enterprises are theirs (by code), all in one statement.

    With `enterprises`, one that is not among them has ended. The caller holds the lock.
    """
    rows, lost, statements = list(kept), list(gone), []
    if enterprises is not None:
        statements += _registering(resident, enterprises)
    if (past := history.keeping(_replaced(resident, rows, lost))) is not None:
        statements.append(past)
    if lost:
        statements.append(delete(ResidentFact).where(ResidentFact.id.in_([row.id for row in lost])))
    if rows:
        facts = insert(ResidentFact).values([asdict(row) for row in rows])
        changed = {name: facts.excluded[name] for name in _SAID}
        statements.append(
            facts.on_conflict_do_update(index_elements=["subject_id", "name", "kind"], set_=changed)
        )
    if not statements:
        return
    *others, last = statements
    for number, other in enumerate(others):
        last = last.add_cte(other.cte(f"also_{number}"))
    session.execute(last.execution_options(synchronize_session=False))
    _note(resident, rows, lost, enterprises)


def _replaced(
    resident: ResidentId, rows: Iterable[FactRow], lost: Iterable[FactRow]
) -> list[tuple[UUID, date]]:
    """Return which rows hold what is a fact of the past from now on, and until when it was one."""
    held, today = of(resident), clock.today()
    found = [(row.id, today) for row in lost]
    for row in rows:
        before = held[row.subject_id].rows.get((row.name, row.kind)) if row.subject_id in held else None
        if before is not None and before.since < row.since:
            found.append((before.id, row.since))
    return found


def _note(
    resident: ResidentId,
    rows: list[FactRow],
    lost: list[FactRow],
    enterprises: Mapping[str, Holding] | None,
) -> None:
    """Keep what this unit of work has read in step with what it wrote."""
    held = of(resident)
    if enterprises is not None:
        for about, holding in held.items():
            if holding.uscc is not None and holding.uscc not in enterprises:
                held[about] = replace(holding, ended=True)
        held.update({holding.subject.id: holding for holding in enterprises.values()})
    for row in lost:
        held[row.subject_id].rows.pop((row.name, row.kind), None)
    for row in rows:
        if row.subject_id in held:
            held[row.subject_id].rows[row.name, row.kind] = row


def enterprise(resident: ResidentId, uscc: str, name: str) -> Holding:
    """Return an enterprise as it is theirs now, with what is kept about it already."""
    known = next((held for held in of(resident).values() if held.uscc == uscc), None)
    if known is not None:
        return replace(known, name=name, ended=False)
    return Holding(_represented(new_id(), resident), uscc, name, ended=False)


def _represented(about: UUID, resident: ResidentId) -> Subject:
    return Subject(about, SubjectKind.ENTERPRISE, SubjectRelation.REPRESENTATIVE, resident)


def _registering(resident: ResidentId, enterprises: Mapping[str, Holding]) -> list[Any]:
    now = clock.now()
    ended = (
        update(Enterprise)
        .where(
            Enterprise.resident_id == resident,
            Enterprise.uscc.not_in(list(enterprises)),
            Enterprise.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    if not enterprises:
        return [ended]
    rows = [
        {
            "id": holding.subject.id,
            "resident_id": resident,
            "uscc": uscc,
            "name": holding.name,
            "confirmed_at": now,
            "ended_at": None,
        }
        for uscc, holding in enterprises.items()
    ]
    stated = insert(Enterprise).values(rows)
    changed = {column: stated.excluded[column] for column in ("name", "confirmed_at", "ended_at")}
    return [ended, stated.on_conflict_do_update(index_elements=["resident_id", "uscc"], set_=changed)]


def _read(resident: ResidentId) -> dict[UUID, Holding]:
    columns = (Enterprise.id, Enterprise.uscc, Enterprise.name, Enterprise.ended_at.is_not(None))
    labels = ("about", "uscc", "enterprise", "ended")
    own = union_all(
        select(
            literal(resident, Enterprise.id.type).label("about"),
            null().label("uscc"),
            null().label("enterprise"),
            literal(value=False).label("ended"),
        ),
        select(*(c.label(label) for c, label in zip(columns, labels, strict=True))).where(
            Enterprise.resident_id == resident
        ),
    ).subquery()
    asked = select(own, *FACT_COLUMNS).outerjoin(ResidentFact, ResidentFact.subject_id == own.c.about)
    holdings: dict[UUID, Holding] = {resident: Holding(_self(resident), None, None, ended=False)}
    for about, uscc, name, ended, *fact in session.execute(asked):
        if about not in holdings:
            holdings[about] = Holding(_represented(about, resident), uscc, name, ended=ended)
        if fact[0] is not None:
            row = FactRow(*fact)
            holdings[about].rows[row.name, row.kind] = row
    return holdings


def _self(resident: ResidentId) -> Subject:
    return Subject(resident, SubjectKind.PERSON, SubjectRelation.SELF, resident)
