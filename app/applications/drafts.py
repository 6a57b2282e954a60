"""Filling in: save a step of a draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.applications import prefilling
from app.applications.errors import AnswersRefused, CaseNotFound, NotDraft
from app.applications.items import item_of
from app.applications.models import Case
from app.applications.sealing import seal, unseal
from app.applications.types import Status
from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.catalogue.types import ServiceItem
from app.forms.answers import validate_step
from app.forms.merging import Merged, merge
from app.forms.visibility import walk
from app.foundation import clock
from app.foundation.database import session
from app.foundation.errors import StaleVersion
from app.identity.types import ResidentId


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save; `next_step` None means: go to the review."""

    next_step: int | None
    errors: Mapping[str, list[str]]
    version: int


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
