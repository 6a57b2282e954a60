"""Filling in: open a draft (or find the one that is open), save a step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from app.applications import history, prefilling
from app.applications.clocks import NO_DATE
from app.applications.errors import (
    AlreadyOpen,
    AnswersRefused,
    CaseNotFound,
    NotDraft,
    RealNameRequired,
    ServiceNotOffered,
)
from app.applications.items import item_of
from app.applications.models import Case
from app.applications.sealing import seal, unseal
from app.applications.types import OPEN, CaseId, EventKind, Status
from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.catalogue import queries as catalogue
from app.catalogue import regions as divisions
from app.catalogue.types import ServiceItem
from app.forms.answers import validate_step
from app.forms.merging import Merged, merge
from app.forms.visibility import walk
from app.foundation import clock
from app.foundation.database import session
from app.foundation.errors import StaleVersion
from app.foundation.ids import new_id
from app.foundation.regions import covers
from app.foundation.transaction import on_commit
from app.identity import queries as identity
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
class Saved:
    """What became of a save; `next_step` None means: go to the review."""

    next_step: int | None
    errors: Mapping[str, list[str]]
    version: int


def open_draft(resident: ResidentId, wanted: Wanted) -> tuple[CaseId, bool]:
    """Return the draft and whether it is new; departments are asked after the commit.

    Raises RealNameRequired, ServiceNotOffered, NotFound (subject), AlreadyOpen.
    """
    if identity.real_name(resident) is None:
        raise RealNameRequired
    item = _offered(wanted)
    subject_id = subjects.subject(resident, wanted.subject_id).id
    known = _known(resident, subject_id, wanted)
    if known is not None:
        return known, False
    case_id = _insert(resident, subject_id, wanted, item)
    if case_id is None:  # a second tap was faster
        known = _known(resident, subject_id, wanted)
        if known is None:
            raise AlreadyOpen
        return known, False
    case = session.get_one(Case, case_id)
    history.append(case, EventKind.DRAFTED, actor=Actor(ActorKind.RESIDENT, str(resident)))
    on_commit(lambda: prefilling.freshen(case_id, resident))
    return CaseId(case_id), True


def save_step(
    resident: ResidentId,
    case_id: UUID,
    number: int,
    answers: Mapping[str, object],
    *,
    final: bool,
    version: int,
) -> Saved:
    """Save what was filled in, complete or not; a final save says what is still wrong with the step.

    Raises CaseNotFound, NotDraft, StaleVersion, StepNotFound, AnswersRefused (then nothing is stored).
    """
    case = own_locked(resident, case_id)
    if case.status != Status.DRAFT:
        raise NotDraft
    if case.version != version:
        raise StaleVersion
    item, stored = item_of(case.service_id, case.service_version), read_answers(case)
    said, today = prefilling.read(case).fields, clock.today()
    walk(item.form, stored, said, as_of=today).step(number)
    merged = _accepted(merge(item.form, stored, answers, said, step=number))
    result = validate_step(item.form, number, merged, said, final=final, as_of=today)
    write_answers(case, {**merged, **result.cleaned} if final else merged)
    case.version += 1
    case.updated_at = clock.now()
    trail.record(
        "application.step_saved",
        actor=Actor(ActorKind.RESIDENT, str(resident)),
        subject=("application", case.id),
        details={"step": number, "final": final},
    )
    session.flush()
    return Saved(result.next_step, result.errors if final else {}, case.version)


def merge_any(case: Case, item: ServiceItem, answers: Mapping[str, object]) -> dict[str, object]:
    """Take in answers of any step (补正); raises AnswersRefused where the form does not take them."""
    return _accepted(merge(item.form, read_answers(case), answers, prefilling.read(case).fields))


def own_locked(resident: ResidentId, case_id: UUID) -> Case:
    """Return one's own case, locked to the end of the transaction; raises CaseNotFound."""
    case = session.scalar(
        select(Case)
        .where(Case.id == case_id, Case.resident_id == resident)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if case is None:
        raise CaseNotFound
    return case


def read_answers(row: Any) -> dict[str, Any]:
    """Return the answers that a case's row holds sealed."""
    return unseal(row.answers, column="answers", row_id=row.id)


def write_answers(case: Case, answers: Mapping[str, Any]) -> None:
    """Seal answers into a case's row."""
    case.answers = seal(answers, column="answers", row_id=case.id)


def _accepted(merged: Merged) -> dict[str, object]:
    if merged.errors:
        raise AnswersRefused({f"answers.{path}": texts for path, texts in merged.errors.items()})
    return merged.answers


def _offered(wanted: Wanted) -> ServiceItem:
    item = catalogue.service(wanted.service_id)
    if item is None or not divisions.known(wanted.region_code):
        raise ServiceNotOffered
    if not any(covers(region, wanted.region_code) for region in item.regions):
        raise ServiceNotOffered
    return item


def _known(resident: ResidentId, subject_id: UUID, wanted: Wanted) -> CaseId | None:
    """Return the draft that is open for the same thing; raises AlreadyOpen where an office has it."""
    rows = session.execute(
        select(Case.id, Case.status, Case.region_code).where(
            Case.resident_id == resident,
            Case.subject_id == subject_id,
            Case.service_id == wanted.service_id,
            Case.status.in_([Status.DRAFT, *OPEN]),
        )
    ).all()
    if any(row.status != Status.DRAFT for row in rows):
        raise AlreadyOpen
    return next((CaseId(row.id) for row in rows if row.region_code == wanted.region_code), None)


def _insert(resident: ResidentId, subject_id: UUID, wanted: Wanted, item: ServiceItem) -> UUID | None:
    case_id = new_id()
    values = {
        "id": case_id,
        "resident_id": resident,
        "subject_id": subject_id,
        "service_id": item.id,
        "service_version": item.version,
        "region_code": wanted.region_code,
        "department": item.department,
        "policy_id": wanted.policy_id,
        "answers": seal({}, column="answers", row_id=case_id),
        "prefilled": prefilling.sealed(prefilling.from_identity(item, resident, subject_id), case_id),
        "queue_on": NO_DATE,
        "updated_at": clock.now(),
    }
    made: UUID | None = session.scalar(
        insert(Case)
        .values(**values)
        .on_conflict_do_nothing(
            index_elements=["resident_id", "subject_id", "service_id", "region_code"],
            index_where=text("status = 'draft'"),
        )
        .returning(Case.id)
    )
    return made
