"""What an applicant does with a case: submit it, answer a 补正 request, withdraw it."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.applications import drafts, history, materials, prefilling
from app.applications.errors import AlreadyOpen, NotAllowedNow
from app.applications.items import item_of
from app.applications.models import Case
from app.applications.numbers import new_tracking_no, next_receipt_no
from app.applications.stages import progress
from app.applications.stages.plan import begins_by_itself
from app.applications.types import CaseId, EventKind, Receipt, Status
from app.audit.types import Actor, ActorKind
from app.catalogue.types import ServiceItem
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
        return receipt(case)
    if case.status != Status.DRAFT:
        raise NotAllowedNow
    given = _complete(case)
    item = item_of(case.service_id, case.service_version)
    following = materials.settle(case, item, given.answers)
    case.receipt_no, case.tracking_no = next_receipt_no(case.region_code), new_tracking_no()
    drafts.write_answers(case, given.answers)
    details = submitted_details(item, given) | {"following": following}
    try:
        history.append(case, EventKind.SUBMITTED, actor=_actor(resident), details=details)
    except IntegrityError as error:
        if "uq_application_case_one_open" in str(error.orig):
            raise AlreadyOpen from None
        raise
    progress.ring_if_settled(case)
    return receipt(case)


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
    progress.ring_if_settled(case)
    return case.version


def withdraw(resident: ResidentId, case_id: UUID, *, reason: str = "") -> int:
    """Take an application back before it is decided, or drop a draft; returns the new version."""
    case = drafts.own_locked(resident, case_id)
    accepted = case.accepted_at is not None
    event = history.append(
        case, EventKind.WITHDRAWN, actor=_actor(resident), note={"reason": reason} if reason else None
    )
    if accepted:
        progress.follow(case, event, progress.stages_of(case))
    return case.version


def submitted_details(item: ServiceItem, given: Submission) -> dict[str, object]:
    """Return what the event of a submission says: what a source could not confirm, and who goes on."""
    unverified = sorted(key for key, origin in given.provenance.items() if origin.verify)
    return {"to_verify": unverified, "settled": begins_by_itself(item)}


def _complete(case: Case) -> Submission:
    """Return what is submitted: what shows, each answer with where it came from; raises FormIncomplete."""
    item = item_of(case.service_id, case.service_version)
    said = prefilling.read(case).fields
    return submission(item.form, drafts.read_answers(case), said, as_of=clock.today())


def receipt(case: Case) -> Receipt:
    """Return what the applicant of a submitted case holds; raises NotAllowedNow of a draft."""
    if case.receipt_no is None or case.tracking_no is None or case.submitted_at is None:
        raise NotAllowedNow
    return Receipt(CaseId(case.id), case.receipt_no, case.tracking_no, case.submitted_at, case.accept_due_on)


def _actor(resident: ResidentId) -> Actor:
    return Actor(ActorKind.RESIDENT, str(resident))
