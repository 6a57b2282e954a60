"""What is known about a resident or their enterprise (事实), from whom and since when.

A department's word counts before the resident's own; both are kept. Sensitive values are sealed in the row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, crypto, locks
from app.foundation.database import session
from app.foundation.ids import new_id
from app.identity.types import ResidentId
from app.residents import consents, disputes, events, fact_catalogue
from app.residents.errors import UnknownFact
from app.residents.models import ResidentFact
from app.residents.subjects import Subject, own_subject
from app.residents.subjects import subject as subject_of
from app.residents.types import FactEntry, FactKind, KnownFact, Purpose, SubjectKind
from app.rules.types import Fact, ListKind
from app.rules.values import read_fact

FETCHING = (Purpose.MATCHING, Purpose.PREFILL)
"""Purposes for which departments are asked."""
STALE_AFTER = timedelta(days=90)
OWN_WORD = "本人声明"


@dataclass(frozen=True, slots=True)
class Said:
    """A value as JSON carries it, who says so, and since when."""

    value: object = field(repr=False)
    source: str
    as_of: date


def fact_set(resident_id: ResidentId, subject_id: UUID | None = None) -> Mapping[str, KnownFact]:
    """Return what counts, by name: of the resident, or of a subject they may act for (raises NotFound)."""
    return _counting(_rows(subject_of(resident_id, subject_id).id))


def values(resident_id: ResidentId, subject_id: UUID | None = None) -> dict[str, object]:
    """Return what counts as the types of the catalogue: date, Decimal, int, bool, str, lists of those."""
    return {name: known.value for name, known in fact_set(resident_id, subject_id).items()}


def fact_sets(subject_ids: Iterable[UUID]) -> dict[UUID, dict[str, KnownFact]]:
    """Return what counts about many subjects in one query; for runs over everybody, not for requests."""
    wanted = list(subject_ids)
    by_subject: dict[UUID, list[ResidentFact]] = {subject_id: [] for subject_id in wanted}
    for row in session.scalars(select(ResidentFact).where(ResidentFact.subject_id.in_(wanted))):
        by_subject[row.subject_id].append(row)
    return {subject_id: _counting(rows) for subject_id, rows in by_subject.items()}


def listed(resident_id: ResidentId, subject_id: UUID | None = None) -> list[FactEntry]:
    """Return every fact of the catalogue as its owner sees it, known or not."""
    subject = subject_of(resident_id, subject_id)
    rows = _rows(subject.id)
    counting, open_disputes = _counting(rows), disputes.open_about(subject.id)
    statements = {row.name: _known(row) for row in rows if row.kind == FactKind.STATEMENT}
    return [
        _entry(described, counting, statements, open_disputes)
        for described in fact_catalogue.entries(subject.kind)
    ]


def state(resident_id: ResidentId, name: str, value: object, *, subject_id: UUID | None = None) -> FactEntry:
    """Keep a resident's own word beside what departments say; None takes it back.

    Raises UnknownFact, InvalidInput.
    """
    subject = own_subject(resident_id, subject_id)
    described = fact_catalogue.entry(subject.kind, name)
    if described is None:
        raise UnknownFact
    read = None if value is None else fact_catalogue.read_statement(subject.kind, name, value)
    locks.lock("resident.facts", subject.id)
    rows = {(row.name, row.kind): row for row in _rows(subject.id)}
    row = rows.get((name, FactKind.STATEMENT))
    before = _raw(row) if row is not None else None
    if read is None and row is not None:
        session.delete(row)
    elif read is not None:
        _write(row or _new(subject, name, FactKind.STATEMENT), Said(read, OWN_WORD, clock.today()))
    session.flush()
    if read != before:
        _tell(resident_id, subject, "resident.fact_stated", [name])
    return next(entry for entry in listed(resident_id, subject.id) if entry.name == name)


def replace_registry(subject: Subject, stated: Mapping[str, Said], *, answered: Iterable[str]) -> list[str]:
    """Keep what departments just said; returns the names of what changed.

    What a source of `answered` said before and does not say now is not known any more.
    """
    locks.lock("resident.facts", subject.id)
    rows = {row.name: row for row in _rows(subject.id) if row.kind == FactKind.REGISTRY}
    changed = [name for name, said in stated.items() if name not in rows or _raw(rows[name]) != said.value]
    for name, said in stated.items():
        _write(rows.get(name) or _new(subject, name, FactKind.REGISTRY), said)
    sources = set(answered)
    gone = [name for name, row in rows.items() if name not in stated and row.source in sources]
    for name in gone:
        session.delete(rows[name])
    session.flush()
    return sorted(changed + gone)


def announce(resident_id: ResidentId, subject: Subject, changed: list[str]) -> None:
    """Record a refresh and tell those who depend on facts, once, if any fact is another now."""
    if changed:
        _tell(resident_id, subject, "resident.facts_fetched", changed)


def forget_unconsented(resident_id: ResidentId) -> None:
    """Forget what departments said once nothing allows us to keep it (撤回同意后删除, PIPL 47)."""
    if any(consents.granted(resident_id, purpose) for purpose in FETCHING):
        return
    gone = session.scalars(
        delete(ResidentFact)
        .where(ResidentFact.owner_id == resident_id, ResidentFact.kind == FactKind.REGISTRY)
        .returning(ResidentFact.name)
        .execution_options(synchronize_session="fetch")
    ).all()
    if gone:
        events.facts_changed.send(resident_id)


def _new(subject: Subject, name: str, kind: FactKind) -> ResidentFact:
    return ResidentFact(
        id=new_id(),
        owner_id=subject.owner_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        name=name,
        kind=kind,
    )


def _write(row: ResidentFact, said: Said) -> None:
    """Put a value into a row, sealed where the catalogue calls it sensitive; the caller flushes."""
    text = orjson.dumps(said.value).decode()
    if fact_catalogue.is_sensitive(SubjectKind(row.subject_kind), row.name):
        row.value, row.sealed = None, crypto.cipher().encrypt(text, place=_place(row))
    else:
        row.value, row.sealed = orjson.loads(text), None
    row.source, row.as_of, row.fetched_at = said.source, said.as_of, clock.now()
    session.add(row)


def _tell(resident_id: ResidentId, subject: Subject, action: str, names: list[str]) -> None:
    trail.record(
        action,
        actor=Actor(ActorKind.RESIDENT, str(resident_id)),
        subject=(subject.kind, subject.id),
        details={"facts": names},
    )
    events.facts_changed.send(resident_id)


def _rows(subject_id: UUID) -> list[ResidentFact]:
    return list(session.scalars(select(ResidentFact).where(ResidentFact.subject_id == subject_id)))


def _counting(rows: Iterable[ResidentFact]) -> dict[str, KnownFact]:
    """Choose per name the department's word where there is one."""
    found: dict[str, KnownFact] = {}
    for row in sorted(rows, key=lambda row: row.kind, reverse=True):  # statements first, registries over them
        found[row.name] = _known(row)
    return {name: known for name, known in found.items() if known.value is not None}


def _known(row: ResidentFact) -> KnownFact:
    value = _typed(SubjectKind(row.subject_kind), row.name, _raw(row))
    return KnownFact(value, row.source, row.as_of, row.fetched_at, FactKind(row.kind))


def _raw(row: ResidentFact) -> Any:
    if row.sealed is None:
        return row.value
    return orjson.loads(crypto.cipher().decrypt(row.sealed, place=_place(row)))


def _typed(subject: SubjectKind, name: str, raw: Any) -> object:
    """Read a stored value as its type; a name that left the catalogue is unknown."""
    described = fact_catalogue.entry(subject, name)
    if described is None:
        return None
    if not isinstance(described, ListKind):
        return read_fact(described, raw)
    known = fact_catalogue.vocabulary().facts[name]
    return [
        {key: read_fact(known[key], value) for key, value in item.items() if key in known} for item in raw
    ]


def _entry(
    described: Fact | ListKind,
    counting: Mapping[str, KnownFact],
    statements: Mapping[str, KnownFact],
    open_disputes: set[str],
) -> FactEntry:
    known = counting.get(described.name)
    return FactEntry(
        name=described.name,
        label=described.label,
        known=known,
        statement=statements.get(described.name),
        stale=known is not None and clock.now() - known.fetched_at > STALE_AFTER,
        disputed=described.name in open_disputes,
        described=described,
    )


def _place(row: ResidentFact) -> str:
    return f"resident_fact|value|{row.id}"
