"""What an applicant does with a case: submit it, answer a 补正 request, withdraw it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.applications import drafts, history, materials, prefilling
from app.applications.errors import AlreadyOpen, NotAllowedNow
from app.applications.items import item_of
from app.applications.models import Case
from app.applications.numbers import new_tracking_no, next_receipt_no
from app.applications.types import CaseId, EventKind, Receipt, Status
from app.audit.types import Actor, ActorKind
from app.forms.answers import Submission, submission
from app.foundation import clock
from app.identity.types import ResidentId


def submit(resident: ResidentId, case_id: UUID) -> Receipt:
    """Submit a draft; a case that was submitted gives the same receipt again.

    Raises CaseNotFound, FormIncomplete with every fault by its path, MaterialsMissing, AlreadyOpen,
    NotAllowedNow.
    """
    case = drafts.own_locked(resident, case_id)
    if case.receipt_no is not None:
        return _receipt(case)
    if case.status != Status.DRAFT:
        raise NotAllowedNow
    given = _complete(case)
    item = item_of(case.service_id, case.service_version)
    following = materials.settle(case, item, given.answers)
    case.receipt_no, case.tracking_no = next_receipt_no(case.region_code), new_tracking_no()
    drafts.write_answers(case, given.answers)
    details: dict[str, Any] = {
        "to_verify": sorted(key for key, origin in given.provenance.items() if origin.verify),
        "following": following,
    }
    try:
        history.append(case, EventKind.SUBMITTED, actor=_actor(resident), details=details)
    except IntegrityError as error:
        if "uq_application_case_one_open" in str(error.orig):
            raise AlreadyOpen from None
        raise
    return _receipt(case)


def answer_supplement(
    resident: ResidentId, case_id: UUID, answers: Mapping[str, object], *, note: str = ""
) -> int:
    """Answer the one list of what was missing; returns the new version.

    Raises CaseNotFound, NotAllowedNow, AnswersRefused, FormIncomplete.
    """
    case = drafts.own_locked(resident, case_id)
    if case.status != Status.SUPPLEMENT:
        raise NotAllowedNow
    item = item_of(case.service_id, case.service_version)
    drafts.write_answers(case, drafts.merge_any(case, item, answers))
    drafts.write_answers(case, _complete(case).answers)
    history.append(
        case,
        EventKind.SUPPLEMENT_ANSWERED,
        actor=_actor(resident),
        details={"fields": sorted(answers)},
        note={"note": note} if note else None,
    )
    return case.version


def withdraw(resident: ResidentId, case_id: UUID, *, reason: str = "") -> int:
    """Take an application back before it is decided, or drop a draft; returns the new version."""
    case = drafts.own_locked(resident, case_id)
    history.append(
        case,
        EventKind.WITHDRAWN,
        actor=_actor(resident),
        note={"reason": reason} if reason else None,
    )
    return case.version


def _complete(case: Case) -> Submission:
    """Return what is submitted: what shows, each answer with where it came from; raises FormIncomplete."""
    item = item_of(case.service_id, case.service_version)
    said = prefilling.read(case).fields
    return submission(item.form, drafts.read_answers(case), said, as_of=clock.today())


def _receipt(case: Case) -> Receipt:
    if case.receipt_no is None or case.tracking_no is None or case.submitted_at is None:
        raise NotAllowedNow
    return Receipt(CaseId(case.id), case.receipt_no, case.tracking_no, case.submitted_at, case.accept_due_on)


def _actor(resident: ResidentId) -> Actor:
    return Actor(ActorKind.RESIDENT, str(resident))
