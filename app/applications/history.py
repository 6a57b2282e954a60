"""The one place where something happens to a case: event, cached state, audit, all in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, inspect, select, update
from sqlalchemy.orm.attributes import set_committed_value

from app.applications import clocks, folding
from app.applications.items import item_of, limits_of
from app.applications.models import Case, CaseEvent
from app.applications.sealing import seal_note, unseal_note
from app.applications.types import CaseState, Event, EventKind, Status
from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, working_days
from app.foundation.database import session
from app.foundation.ids import new_id

SYSTEM = Actor(ActorKind.SYSTEM, "applications.deadlines")
_CACHED = tuple(field.name for field in fields(CaseState))


def state_of(row: Any) -> CaseState:
    """Return what a row caches."""
    values = {name: getattr(row, name) for name in _CACHED}
    values["status"] = Status(row.status)
    values["returns_to"] = Status(row.returns_to) if row.returns_to else None
    return CaseState(**values)


def first_event(case_id: UUID, *, at: datetime, actor: Actor) -> tuple[Event, dict[str, Any]]:
    """Return the event that a case begins with and its row, to be written in the case's own statement."""
    event = Event(1, EventKind.DRAFTED, at, actor.kind.value, actor.id, {})
    return event, _row(case_id, event, CaseState(), None)


def begun(case: Case, event: Event, *, actor: Actor) -> None:
    """Leave the trace of a case that has begun; its row counts the event already."""
    _audit(case, event, actor, Status.DRAFT)


def append(
    case: Case,
    kind: EventKind,
    *,
    actor: Actor,
    details: Mapping[str, Any] | None = None,
    note: Mapping[str, Any] | None = None,
) -> Event:
    """Let something happen; raises NotAllowedNow where the table of transitions does not have it.

    The caller holds the row's lock. `details` are codes, counts and dates; what people wrote is `note`.
    """
    event = Event(case.events_count + 1, kind, clock.now(), actor.kind.value, actor.id, dict(details or {}))
    state = folding.apply(state_of(case), event, working_days.calendar())
    _cache(case, state, event)
    _write(case, _row(case.id, event, state, note))
    _audit(case, event, actor, state.status)
    return event


def at_once(
    case: Case, happened: Iterable[tuple[EventKind, Actor, Mapping[str, Any]]]
) -> list[dict[str, Any]]:
    """Let everything happen to a case that is not stored yet, from `drafted` on; returns the events' rows.

    The case gets what follows from them; the caller writes both in one statement (`lodging`).
    """
    state, rows = CaseState(), []
    for seq, (kind, actor, details) in enumerate(happened, 1):
        event = Event(seq, kind, clock.now(), actor.kind.value, actor.id, dict(details))
        state = folding.apply(state, event, working_days.calendar())
        rows.append(_row(case.id, event, state, None))
        _cache(case, state, event)
        _record(case, event, actor, state.status)
    return rows


def read_event(row: Any) -> tuple[Event, dict[str, Any]]:
    """Read one event's row."""
    event = Event(row.seq, EventKind(row.kind), row.at, row.actor_kind, row.actor_id, row.details)
    return event, unseal_note(row.note, event_id=row.id)


def cache_dates(case: Case, state: CaseState) -> None:
    """Write the due dates that follow from a state into the row."""
    item = item_of(case.service_id, case.service_version)
    due = clocks.due_dates(state, limits_of(item), working_days.calendar())
    case.accept_due_on, case.promised_due_on = due.accept_due_on, due.promised_due_on
    case.legal_due_on, case.queue_on = due.legal_due_on, clocks.queue_on(state, due)


def _row(case_id: UUID, event: Event, state: CaseState, note: Mapping[str, Any] | None) -> dict[str, Any]:
    event_id = new_id()
    return {
        "id": event_id,
        "case_id": case_id,
        "seq": event.seq,
        "kind": event.kind.value,
        "status_after": state.status.value,
        "actor_kind": event.actor_kind,
        "actor_id": event.actor_id,
        "at": event.at,
        "details": event.details,
        "note": seal_note(note, event_id=event_id) if note else None,
    }


def _write(case: Case, event_row: Mapping[str, Any]) -> None:
    """Store an event and all that has changed about its case in one statement.

    The case waits for the event: the trigger on its status wants it to be there first.
    """
    changed = {
        attr.key: getattr(case, attr.key) for attr in inspect(case).attrs if attr.history.has_changes()
    }
    told = insert(CaseEvent).values(event_row).returning(CaseEvent.seq).cte("told")
    all_told = select(func.count()).select_from(told).scalar_subquery() == 1
    statement = update(Case).where(Case.id == case.id, all_told).values(changed)
    with session.no_autoflush:
        session.execute(statement.execution_options(synchronize_session=False))
    for name, value in changed.items():
        set_committed_value(case, name, value)


def _audit(case: Case, event: Event, actor: Actor, status: Status) -> None:
    _record(case, event, actor, status)
    session.flush()


def _record(case: Case, event: Event, actor: Actor, status: Status) -> None:
    trail.record(
        f"application.{event.kind.value}",
        actor=actor,
        subject=("application", case.id),
        details={"seq": event.seq, "status": status.value, "service": case.service_id},
    )


def _cache(case: Case, state: CaseState, event: Event) -> None:
    for name in _CACHED:
        value = getattr(state, name)
        if getattr(case, name) != value:
            setattr(case, name, value)
    cache_dates(case, state)
    case.events_count, case.updated_at = event.seq, event.at
    if event.kind is not EventKind.DRAFTED:
        case.version += 1
