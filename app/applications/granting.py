"""免申即享: a grant is filled in when it is opened, and becomes a case by one tap, or is declined.

What is shown is kept, sealed, for a day at most; everything it rests on is asked anew at the tap, in its own
transaction (docs/adr/0012-grants-are-prepared-when-opened.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Update, delete, select, update
from sqlalchemy import case as one_of
from sqlalchemy.dialects.postgresql import insert

from app.applications import (
    drafts,
    grant_views,
    history,
    lodging,
    materials,
    one_tap,
    opening,
    prefilling,
    service,
)
from app.applications.errors import GrantChanged, GrantDeclined, GrantIncomplete, NotAllowedNow
from app.applications.grant_views import Contents, GrantView
from app.applications.items import item_of
from app.applications.models import Case, Grant
from app.applications.numbers import NEXT, new_tracking_no, receipt_no
from app.applications.opening import Wanted
from app.applications.prefilling import Applicant, Prefilled
from app.applications.sealing import seal
from app.applications.stages import progress
from app.applications.types import EventKind, GrantState, Receipt
from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.catalogue import queries as catalogue
from app.catalogue import regions as divisions
from app.catalogue.types import ServiceItem
from app.eligibility import dismissals
from app.eligibility import grants as eligibility
from app.eligibility.errors import GrantLost, GrantNotFound
from app.eligibility.grants import Grantable
from app.eligibility.types import Dismissal
from app.forms.answers import Submission, submission
from app.foundation import clock
from app.foundation.database import session
from app.foundation.errors import StaleVersion
from app.foundation.ids import new_id
from app.foundation.regions import covers
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.residents import consents, subjects
from app.residents.types import Purpose

KEPT_FOR: Final = timedelta(days=1)
"""A prepared copy of somebody's data stands no longer; opening the grant again fills it in anew."""
PREPARER = Actor(ActorKind.SYSTEM, "applications.granting")
_ONCE = ["owner_id", "subject_id", "policy_id"]


@dataclass(frozen=True, slots=True)
class _Opening:
    """A grant about to be filled in: what may be confirmed, who signs, and which sources to ask."""

    found: Grantable
    item: ServiceItem
    basis: Mapping[str, Any]
    who: Applicant
    said: Prefilled
    question: prefilling.Question | None
    before: tuple[UUID, int] | None


def opened(resident: ResidentId, policy_id: str, *, subject_id: UUID | None = None) -> GrantView:
    """Return a grant filled in from what is known now, or what became of it.

    Opens its own units of work: no transaction is held while a department is asked. Raises NotFound (the
    subject), GrantNotFound, GrantLost, RealNameRequired.
    """
    with atomic():
        found = _open(resident, policy_id, subject_id)
    if isinstance(found, GrantView):
        return found
    said = prefilling.merged(found.said, prefilling.ask(found.question))
    with atomic():
        return grant_views.view(_keep(found, said))


def confirm(resident: ResidentId, grant_id: UUID, *, version: int) -> Receipt:
    """Make a case of what was shown, once; a grant that was confirmed gives its receipt again.

    Raises GrantNotFound, GrantDeclined, StaleVersion, GrantLost, GrantChanged, GrantIncomplete, AlreadyOpen.
    """
    row, number = _numbered(grant_id, subjects.acts_for(resident, Grant.owner_id))
    if row.case_id is not None:
        return service.receipt(session.get_one(Case, row.case_id))
    if row.state == GrantState.DECLINED:
        raise GrantDeclined
    if row.version != version:
        raise StaleVersion
    if row.prepared_at < clock.now() - KEPT_FOR:
        raise GrantNotFound
    found = eligibility.grantable(ResidentId(row.owner_id), row.policy_id, subject_id=row.subject_id)
    _unchanged(row, found)
    item = item_of(row.service_id, row.service_version)
    shown = grant_views.contents(row)
    if shown.signer_id != resident:
        raise StaleVersion  # shown to another who acts for the same person: one signs in one's own name
    given = _complete(item, shown)
    case = _case(resident, row, item, shown.said, given)
    case.receipt_no, case.tracking_no = receipt_no(row.region_code, number), new_tracking_no()
    prepared = {"granted": _told(row)}
    submitted = prepared | service.submitted_details(item, given)
    happened = (
        (EventKind.DRAFTED, PREPARER, prepared),
        (EventKind.SUBMITTED, _actor(resident), submitted),
    )
    lodging.write(case, history.at_once(case, happened), settling=_settled(row))
    if item.materials:
        materials.settle(case, item, given.answers)
    session.expire(row)
    progress.ring_if_settled(case)
    return service.receipt(case)


def decline(
    resident: ResidentId, grant_id: UUID, *, reason: Dismissal, fact: str | None = None, comment: str = ""
) -> None:
    """Do without a grant; its policy is dismissed for the same reason, and it is never offered again.

    Only its owner may. Raises GrantNotFound, NotAllowedNow once it is confirmed, MatchNotFound,
    NothingToDispute.
    """
    row = _locked(grant_id, Grant.owner_id == resident)
    if row.state == GrantState.CONFIRMED:
        raise NotAllowedNow
    if row.state == GrantState.DECLINED:
        return
    dismissals.dismiss(
        resident, row.policy_id, reason=reason, fact=fact, comment=comment, subject_id=row.subject_id
    )
    row.state, row.reason, row.decided_at, row.prefilled = GrantState.DECLINED, reason, clock.now(), None
    trail.record(
        "grant.declined",
        actor=_actor(resident),
        subject=("grant", row.id),
        details={"policy": row.policy_id, "reason": reason},
    )
    session.flush()


def withdraw_unconsented(resident: ResidentId) -> None:
    """Take prepared grants away when the consent to matching is withdrawn (撤回授权)."""
    decided = consents.decided_here(resident)
    if Purpose.MATCHING not in decided or consents.granted(resident, Purpose.MATCHING):
        return
    if decided.isdisjoint(
        {Purpose.PREFILL, Purpose.CERTIFICATES}
    ):  # else they went with `prefilling.read_again`
        session.execute(prefilling.prepared_of(resident).execution_options(synchronize_session=False))


def forget(resident: ResidentId) -> None:
    """Forget the grants of somebody who has left; those that became cases are archived with them."""
    _forget(Grant.owner_id == resident, Grant.state != GrantState.CONFIRMED)


def forget_old() -> None:
    """Forget what was prepared longer ago than it may stand."""
    _forget(Grant.state == GrantState.PREPARED, Grant.prepared_at < clock.now() - KEPT_FOR)


def _forget(*which: Any) -> None:
    session.execute(delete(Grant).where(*which).execution_options(synchronize_session=False))


def _open(resident: ResidentId, policy_id: str, subject_id: UUID | None) -> _Opening | GrantView:
    """Return what there is to fill in, or the view of what was decided or filled in within the hour."""
    subject = subjects.subject(resident, subject_id)
    rows = _rows(subject.owner_id, policy_id, subject_id)
    decided = [row for row in rows if row.state != GrantState.PREPARED]
    try:
        found = eligibility.grantable(
            subject.owner_id,
            policy_id,
            subject_id=subject_id,
            besides={row.subject_id for row in decided},
        )
    except (GrantNotFound, GrantLost):
        if decided:
            return grant_views.view(decided[0])
        raise
    item, region_code = _addressed(found)
    basis = _basis(found, item, region_code)
    row = next((one for one in rows if one.subject_id == found.subject_id), None)
    if row is not None and _stands(row, basis, resident):
        return grant_views.view(row)
    if subject.id != found.subject_id:
        subject = subjects.subject(resident, found.subject_id)
    who = prefilling.applicant(resident, subject)
    said = prefilling.from_identity(item, who)
    before = (row.id, row.version) if row is not None else None
    return _Opening(found, item, basis, who, said, prefilling.question(item, who), before)


def _stands(row: Grant, basis: Mapping[str, Any], resident: ResidentId) -> bool:
    """Say whether what was shown within the hour, to the same person, may be shown again."""
    fresh = row.prepared_at > clock.now() - prefilling.STALE_AFTER
    return fresh and not _differences(row, basis) and grant_views.contents(row).signer_id == resident


def _rows(owner: ResidentId, policy_id: str, subject_id: UUID | None) -> list[Grant]:
    asked = select(Grant).where(Grant.owner_id == owner, Grant.policy_id == policy_id)
    if subject_id is not None:
        asked = asked.where(Grant.subject_id == subject_id)
    return list(session.scalars(asked.order_by(Grant.id)))


def _addressed(found: Grantable) -> tuple[ServiceItem, str]:
    """Return the service and the area that an application goes to; raises GrantLost where none is open."""
    item = catalogue.service(found.policy.service_id or "")
    if item is not None:
        for area in (*found.areas, found.policy.region_code):
            if divisions.known(area) and any(covers(region, area) for region in item.regions):
                return item, area
    raise GrantLost("您所在的地区暂未开通网上确认，请到窗口或拨打12345办理")


def _basis(found: Grantable, item: ServiceItem, region_code: str) -> dict[str, Any]:
    """Return what is shown and must still be so at the tap."""
    return {
        "rule_version": found.policy.version,
        "title": found.policy.title,
        "service_id": item.id,
        "service_version": item.version,
        "region_code": region_code,
        "amount": found.amount,
        "facts": found.facts(),
    }


def _differences(row: Grant, basis: Mapping[str, Any]) -> list[str]:
    """Say in words what is other than it was shown; facts may be newer as long as they lead to the same."""
    found = []
    if row.amount != basis["amount"]:
        before, now = ((one or {}).get("text", "详见政策说明") for one in (row.amount, basis["amount"]))
        found.append(f"金额原来是{before}，现在是{now}")
    if row.rule_version != basis["rule_version"]:
        found.append("政策有了新的版本")
    if (row.service_id, row.service_version) != (basis["service_id"], basis["service_version"]):
        found.append("申请表有了新的版本")
    if row.region_code != basis["region_code"]:
        found.append("办理地区变了")
    return found


def _unchanged(row: Grant, found: Grantable) -> None:
    item, region_code = _addressed(found)
    if differences := _differences(row, _basis(found, item, region_code)):
        raise GrantChanged(f"{'；'.join(differences)}。请重新核对后再确认")


def _keep(begun: _Opening, said: Prefilled) -> Grant:
    """Store what is shown; where somebody else filled it in or decided it meanwhile, theirs is shown."""
    key = {
        "owner_id": begun.found.owner,
        "subject_id": begun.found.subject_id,
        "policy_id": begun.found.policy.id,
    }
    row_id, version = begun.before or (new_id(), 0)
    content = {
        **prefilling.content(said),
        "signer": begun.who.signer,
        "signer_id": str(begun.who.resident),
    }
    shown = {
        **begun.basis,
        "prefilled": seal(content, column="prefilled", row_id=row_id, table=grant_views.TABLE),
        "prepared_at": clock.now(),
        "version": version + 1,
    }
    if begun.before is None:
        made = insert(Grant).values(id=row_id, **key, **shown)
        row = session.scalar(made.on_conflict_do_nothing(index_elements=_ONCE).returning(Grant))
    else:
        row = session.scalar(
            update(Grant)
            .where(Grant.id == row_id, Grant.version == version, Grant.state == GrantState.PREPARED)
            .values(**shown)
            .returning(Grant)
            .execution_options(populate_existing=True)
        )
    if row is None:
        again = select(Grant).filter_by(**key).execution_options(populate_existing=True)
        row = session.scalar(again)
    if row is None:
        raise GrantNotFound
    return row


def _locked(grant_id: UUID, whose: ColumnElement[bool]) -> Grant:
    """Return a grant with nobody else deciding it until the end of the transaction; raises GrantNotFound."""
    return _numbered(grant_id, whose)[0]


def _numbered(grant_id: UUID, whose: ColumnElement[bool]) -> tuple[Grant, int]:
    """Return a grant like `_locked`, with the number for the receipt of one that waits, in one statement."""
    number = one_of((Grant.state == GrantState.PREPARED, NEXT), else_=0)
    asked = select(Grant, number).where(Grant.id == grant_id, whose).with_for_update()
    found = session.execute(asked.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise GrantNotFound
    return found[0], found[1]


def _complete(item: ServiceItem, shown: Contents) -> Submission:
    """Return what the tap submits; raises GrantIncomplete where a source knows too little."""
    today = clock.today()
    given = one_tap.answers(item.form, shown.said, shown.signer, as_of=today)
    missing = one_tap.missing(one_tap.review(item, given, shown.said, as_of=today))
    if missing:
        raise GrantIncomplete(f"还差{'、'.join(missing)}，不能直接确认，请改为自行申请")
    return submission(item.form, given, shown.said.fields, as_of=today)


def _told(row: Grant) -> dict[str, Any]:
    """Return what the case's timeline says about where it came from."""
    amount = (row.amount or {}).get("text", "")
    return {"policy": row.policy_id, "version": row.rule_version, "title": row.title, "amount": amount}


def _case(resident: ResidentId, row: Grant, item: ServiceItem, said: Prefilled, given: Submission) -> Case:
    """Return the case that the tap makes, not stored yet."""
    wanted = Wanted(item.id, row.region_code, row.subject_id, row.policy_id)
    case = Case(**lodging.DEFAULTS | opening.row_of(resident, row.subject_id, wanted, item, said))
    drafts.write_answers(case, given.answers)
    return case


def _settled(row: Grant) -> Update:
    return (
        update(Grant)
        .where(Grant.id == row.id)
        .values(state=GrantState.CONFIRMED, decided_at=clock.now(), prefilled=None)
    )


def _actor(resident: ResidentId) -> Actor:
    return Actor(ActorKind.RESIDENT, str(resident))
