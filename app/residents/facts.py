"""What is known about a resident or their enterprise (事实), from whom and since when.

A department's word counts before the resident's own; both are kept. Sensitive values are sealed in the row.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, crypto
from app.foundation.database import session
from app.foundation.errors import NotFound
from app.foundation.ids import new_id
from app.identity.types import ResidentId
from app.residents import consents, disputes, events, fact_catalogue, history, holdings
from app.residents.errors import UnknownFact
from app.residents.fact_rows import FACT_COLUMNS, FactRow
from app.residents.holdings import Holding
from app.residents.models import ResidentFact
from app.residents.subjects import Subject
from app.residents.subjects import subject as subject_of
from app.residents.types import FactEntry, FactKind, KnownFact, Purpose, SubjectKind
from app.rules.types import Fact, ListKind
from app.rules.values import read_fact

STALE_AFTER = timedelta(days=90)
OWN_WORD = "本人声明"


@dataclass(frozen=True, slots=True)
class Said:
    """A value as JSON carries it, who says so, and since when."""

    value: object = field(repr=False)
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Answers:
    """What departments said about one subject, and which sources (来源) answered at all."""

    subject: Subject
    stated: Mapping[str, Said]
    answered: frozenset[str]


def fact_set(resident_id: ResidentId, subject_id: UUID | None = None) -> Mapping[str, KnownFact]:
    """Return what counts, by name: of the resident, or of a subject they may act for (raises NotFound)."""
    return counting(_rows(subject_of(resident_id, subject_id).id))


def own_fact_sets(resident_id: ResidentId) -> dict[UUID, dict[str, KnownFact]]:
    """Return what counts about a resident and each enterprise they represent now, in one query."""
    return {held.subject.id: counting(held.rows.values()) for held in holdings.current(resident_id)}


def values(resident_id: ResidentId, subject_id: UUID | None = None) -> dict[str, object]:
    """Return what counts as the types of the catalogue: date, Decimal, int, bool, str, lists of those."""
    return {name: known.value for name, known in fact_set(resident_id, subject_id).items()}


def fact_sets(subject_ids: Iterable[UUID]) -> dict[UUID, dict[str, KnownFact]]:
    """Return what counts about many subjects in one query; for runs over everybody, not for requests."""
    wanted = list(subject_ids)
    by_subject: dict[UUID, list[FactRow]] = {subject_id: [] for subject_id in wanted}
    for row in _rows(*wanted):
        by_subject[row.subject_id].append(row)
    return {subject_id: counting(rows) for subject_id, rows in by_subject.items()}


def listed(resident_id: ResidentId, subject_id: UUID | None = None) -> list[FactEntry]:
    """Return every fact of the catalogue as its owner sees it, known or not."""
    subject = subject_of(resident_id, subject_id)
    return entries(subject.kind, _rows(subject.id), open_disputes=disputes.open_about(subject.id))


def entries(kind: SubjectKind, rows: Iterable[FactRow], *, open_disputes: set[str]) -> list[FactEntry]:
    """Return every fact of the catalogue as rows at hand have it."""
    held = list(rows)
    chosen = counting(held)
    statements = {row.name: _known(row) for row in held if row.kind == FactKind.STATEMENT}
    return [
        _entry(described, chosen, statements, open_disputes) for described in fact_catalogue.entries(kind)
    ]


def state(resident_id: ResidentId, name: str, value: object, *, subject_id: UUID | None = None) -> FactEntry:
    """Keep a resident's own word beside what departments say; None takes it back.

    Raises NotFound, UnknownFact, InvalidInput.
    """
    held = holdings.locked(resident_id).get(subject_id or resident_id)
    if held is None or held.ended:
        raise NotFound
    subject = held.subject
    if fact_catalogue.entry(subject.kind, name) is None:
        raise UnknownFact
    read = None if value is None else fact_catalogue.read_statement(subject.kind, name, value)
    row = held.rows.get((name, FactKind.STATEMENT))
    before = _raw(row) if row is not None else None
    if read is not None:
        said = Said(read, OWN_WORD, clock.today())
        holdings.write(resident_id, [_row(subject, name, FactKind.STATEMENT, said, before=row)])
    elif row is not None:
        holdings.write(resident_id, [], gone=[row])
    if read != before:
        _tell(resident_id, subject, "resident.fact_stated", [name])
    return next(
        entry
        for entry in entries(
            subject.kind,
            holdings.of(resident_id)[subject.id].rows.values(),
            open_disputes=disputes.open_about(subject.id),
        )
        if entry.name == name
    )


def replace_registry(subject: Subject, stated: Mapping[str, Said], *, answered: Iterable[str]) -> list[str]:
    """Keep what departments just said about one; returns the names of what changed."""
    holdings.locked(subject.owner_id)
    return replace_registries(subject.owner_id, [Answers(subject, stated, frozenset(answered))])


def replace_registries(
    resident_id: ResidentId,
    told: Iterable[Answers],
    *,
    enterprises: Mapping[str, Holding] | None = None,
) -> list[str]:
    """Keep what departments said about a resident and their enterprises; returns the names of what changed.

    What a source that answered said before and does not say now is not known any more. The caller holds the
    lock (`holdings.locked`).
    """
    held, kept, gone, changed = holdings.of(resident_id), [], [], set()
    for about in told:
        before = {
            name: row
            for (name, kind), row in (held[about.subject.id].rows if about.subject.id in held else {}).items()
            if kind == FactKind.REGISTRY
        }
        for name, said in about.stated.items():
            if name not in before or _raw(before[name]) != said.value:
                changed.add(name)
            kept.append(_row(about.subject, name, FactKind.REGISTRY, said, before=before.get(name)))
        lost = [r for name, r in before.items() if name not in about.stated and r.source in about.answered]
        gone += lost
        changed |= {row.name for row in lost}
    holdings.write(resident_id, kept, gone=gone, enterprises=enterprises)
    return sorted(changed)


def announce(resident_id: ResidentId, subject: Subject, changed: list[str]) -> None:
    """Record a refresh and tell those who depend on facts, once, if any fact is another now."""
    if changed:
        _tell(resident_id, subject, "resident.facts_fetched", changed)


def forget_unconsented(resident_id: ResidentId) -> None:
    """Forget what departments said once it serves nothing that is allowed (撤回同意后删除, PIPL 47).

    Facts serve matching; a form asks the departments anew each time, whatever stands here.
    """
    if consents.granted(resident_id, Purpose.MATCHING):
        return
    gone = session.scalars(
        delete(ResidentFact)
        .where(ResidentFact.owner_id == resident_id, ResidentFact.kind == FactKind.REGISTRY)
        .returning(ResidentFact.name)
        .add_cte(history.forgetting(resident_id, kind=FactKind.REGISTRY).cte("past"))
        .execution_options(synchronize_session=False)
    ).all()
    if gone:
        holdings.forget(resident_id)
        events.facts_changed.send(resident_id)


def _row(subject: Subject, name: str, kind: FactKind, said: Said, *, before: FactRow | None) -> FactRow:
    """Make the row that holds a value, sealed where the catalogue calls it sensitive."""
    row_id = new_id() if before is None else before.id
    text = orjson.dumps(said.value).decode()
    sensitive = fact_catalogue.is_sensitive(subject.kind, name)
    goes_on = before is not None and _raw(before) == orjson.loads(text)
    return FactRow(
        id=row_id,
        owner_id=subject.owner_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        name=name,
        kind=kind,
        value=None if sensitive else orjson.loads(text),
        sealed=crypto.cipher().encrypt(text, place=_place(row_id)) if sensitive else None,
        source=said.source,
        as_of=said.as_of,
        since=before.since if goes_on and before is not None else said.as_of,
        fetched_at=clock.now(),
    )


def _tell(resident_id: ResidentId, subject: Subject, action: str, names: list[str]) -> None:
    trail.record(
        action,
        actor=Actor(ActorKind.RESIDENT, str(resident_id)),
        subject=(subject.kind, subject.id),
        details={"facts": names},
    )
    events.facts_changed.send(resident_id)


def _rows(*subject_ids: UUID) -> list[FactRow]:
    asked = select(*FACT_COLUMNS).where(ResidentFact.subject_id.in_(subject_ids))
    return [FactRow(*row) for row in session.execute(asked)]


def counting(rows: Iterable[FactRow]) -> dict[str, KnownFact]:
    """Return what counts of rows about one subject: per name the department's word where there is one."""
    found: dict[str, KnownFact] = {}
    for row in sorted(rows, key=lambda row: row.kind, reverse=True):  # statements first, registries over them
        found[row.name] = _known(row)
    return {name: known for name, known in found.items() if known.value is not None}


def _known(row: FactRow) -> KnownFact:
    value = _typed(SubjectKind(row.subject_kind), row.name, _raw(row))
    return KnownFact(value, row.source, row.as_of, row.fetched_at, FactKind(row.kind))


def _raw(row: FactRow) -> Any:
    if row.sealed is None:
        return row.value
    return orjson.loads(crypto.cipher().decrypt(row.sealed, place=_place(row.id)))


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


def _place(row_id: UUID) -> str:
    return f"resident_fact|value|{row_id}"


def on_days(
    subject_ids: Iterable[UUID], days: Collection[date]
) -> dict[UUID, dict[date, dict[str, KnownFact]]]:
    """Return what counted about many subjects on days of the past, in two statements; not for requests.

    What was stated as of that day or before, and not yet replaced, counts; nothing else is known of the day.
    What never changes (`history.LASTING`) counts on every day.
    """
    wanted = list(subject_ids)
    periods: dict[UUID, list[tuple[FactRow, date | None]]] = {subject_id: [] for subject_id in wanted}
    for row in _rows(*wanted):
        periods[row.subject_id].append((row, None))
    for row, until in history.past(wanted):
        periods[row.subject_id].append((row, until))
    return {
        subject_id: {day: counting(history.of_day(found, day)) for day in days}
        for subject_id, found in periods.items()
    }


def earlier(resident_id: ResidentId) -> dict[UUID, list[dict[str, Any]]]:
    """Return by subject what was known before about a resident and their enterprises, for their copy."""
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row, until in history.own(resident_id):
        told = {"name": row.name, "kind": row.kind, "value": _known(row).value, "source": row.source}
        found.setdefault(row.subject_id, []).append({**told, "since": row.since, "until": until})
    return found
