"""Beginning: open a draft, or find the one that is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, Label, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app.applications import history, prefilling, queries
from app.applications.clocks import NO_DATE
from app.applications.errors import AlreadyOpen, ServiceNotOffered
from app.applications.models import Case, CaseEvent
from app.applications.prefilling import Prefilled
from app.applications.queries import CaseView
from app.applications.sealing import seal
from app.applications.types import OPEN, Event, Status
from app.audit.types import Actor, ActorKind
from app.catalogue import queries as catalogue
from app.catalogue import regions as divisions
from app.catalogue.types import ServiceItem
from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.regions import covers
from app.foundation.transaction import on_commit
from app.identity.types import ResidentId
from app.residents import subjects


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to apply for, where, for whom; `policy_id` is the match that led here."""

    service_id: str
    region_code: str
    subject_id: UUID | None = None
    policy_id: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft and whether it is new."""

    created: bool
    _case: Case = field(repr=False)
    _events: Sequence[tuple[Event, Mapping[str, Any]]] = field(repr=False)

    @property
    def case_id(self) -> UUID:
        """The draft's id."""
        return self._case.id

    def view(self) -> CaseView:
        """Show the draft as it is now, with what the departments have said by now."""
        return queries.case_view(self._case, self._events)


def open_draft(resident: ResidentId, wanted: Wanted) -> Opened:
    """Return the draft; departments are asked about a new one after the commit.

    Raises NotFound (subject), RealNameRequired, ServiceNotOffered, AlreadyOpen.
    """
    subject = subjects.subject(resident, wanted.subject_id)
    applicant = prefilling.applicant(resident, subject)
    item = _offered(wanted)
    said = prefilling.from_identity(item, applicant)
    actor = Actor(ActorKind.RESIDENT, str(resident))
    row = row_of(resident, subject.id, wanted, item, said)
    event, event_row = history.first_event(row["id"], at=row["updated_at"], actor=actor)
    case = _insert(row, event_row)
    if case is None:
        known = _known(resident, subject.id, wanted)
        return Opened(False, known, queries.events_of(session.connection(), known.id))  # noqa: FBT003 a record's field
    history.begun(case, event, actor=actor)
    case_id = case.id
    on_commit(lambda: prefilling.ask_first(case_id, item, applicant, said))
    return Opened(True, case, [(event, {})])  # noqa: FBT003 a record's field


def _offered(wanted: Wanted) -> ServiceItem:
    item = catalogue.service(wanted.service_id)
    if item is None or not divisions.known(wanted.region_code):
        raise ServiceNotOffered
    if not any(covers(region, wanted.region_code) for region in item.regions):
        raise ServiceNotOffered
    return item


def _known(resident: ResidentId, subject_id: UUID, wanted: Wanted) -> Case:
    """Return the draft that is open for the same thing; raises AlreadyOpen where an office has it."""
    rows = session.scalars(
        select(Case).where(
            Case.resident_id == resident,
            Case.subject_id == subject_id,
            Case.service_id == wanted.service_id,
            Case.status.in_([Status.DRAFT, *OPEN]),
        )
    ).all()
    drafts = [row for row in rows if row.status == Status.DRAFT and row.region_code == wanted.region_code]
    if len(drafts) == 0 or any(row.status != Status.DRAFT for row in rows):
        raise AlreadyOpen
    return drafts[0]


def row_of(
    resident: ResidentId, subject_id: UUID, wanted: Wanted, item: ServiceItem, said: Prefilled
) -> dict[str, Any]:
    """Return the row of a new draft, its first event counted."""
    case_id = new_id()
    return {
        "id": case_id,
        "resident_id": resident,
        "subject_id": subject_id,
        "service_id": item.id,
        "service_version": item.version,
        "region_code": wanted.region_code,
        "department": item.department,
        "policy_id": wanted.policy_id,
        "answers": seal({}, column="answers", row_id=case_id),
        "prefilled": prefilling.sealed(said, case_id),
        "events_count": 1,
        "queue_on": NO_DATE,
        "updated_at": clock.now(),
    }


def _insert(row: Mapping[str, Any], event_row: Mapping[str, Any]) -> Case | None:
    """Write the draft and its first event in one statement.

    Returns None, and writes neither, where one is open: as a draft or with an office.
    """
    with_an_office = select(Case.id).where(
        *(getattr(Case, name) == row[name] for name in ("resident_id", "subject_id", "service_id")),
        Case.status.in_(OPEN),
    )
    made = (
        insert(Case)
        .from_select(list(row), select(*_literals(Case.__table__, row)).where(~with_an_office.exists()))
        .on_conflict_do_nothing(
            index_elements=["resident_id", "subject_id", "service_id", "region_code"],
            index_where=text("status = 'draft'"),
        )
        .returning(Case.__table__)
        .cte("made")
    )
    told = (
        insert(CaseEvent)
        .from_select(list(event_row), select(*_literals(CaseEvent.__table__, event_row)).select_from(made))
        .cte("told")
    )
    case: Case | None = session.scalar(select(aliased(Case, made)).add_cte(told))
    return case


def _literals(table: FromClause, row: Mapping[str, Any]) -> list[Label[Any]]:
    return [literal(value, table.columns[name].type).label(name) for name, value in row.items()]
