"""Shows grants (免申即享): one with everything that its tap submits, and the list of what waits for one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, union_all

from app.applications import one_tap, prefilling
from app.applications.items import department_name, item_of
from app.applications.material_types import MaterialView
from app.applications.models import Case, Grant
from app.applications.sealing import unseal
from app.applications.steps import ReviewStep
from app.applications.types import GRANT_LABELS, OPEN, GrantState
from app.eligibility import grants as eligibility
from app.eligibility.queries import link
from app.eligibility.types import Policy, Tier
from app.foundation import clock
from app.foundation.database import reading
from app.identity.types import ResidentId
from app.residents import subjects

TABLE = "application_grant"


@dataclass(frozen=True, slots=True)
class Contents:
    """What sources said of a prepared grant, and the verified name of who was shown it and would sign."""

    said: prefilling.Prefilled
    signer: str = field(repr=False)
    signer_id: ResidentId


@dataclass(frozen=True, slots=True)
class GrantBrief:
    """One line of what waits for a tap; `link` is the page that shows it."""

    subject_id: UUID
    policy: Policy
    amount: Mapping[str, Any] | None
    link: str


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant as it is shown before the tap, and what became of it after.

    Only a `ready` one can be confirmed; `missing` says what no source knows. `declared` is what the tap
    declares. Once it is decided it holds no answers: `application_id` leads to the case.
    """

    id: UUID
    version: int
    state: GrantState
    state_label: str
    subject_id: UUID
    policy_id: str
    rule_version: int
    title: str
    service_id: str
    service_name: str
    department_name: str
    region_code: str
    amount: Mapping[str, Any] | None
    facts: Sequence[Mapping[str, str]]
    prepared_at: datetime
    ready: bool
    missing: Sequence[str] = ()
    steps: Sequence[ReviewStep] = ()
    materials: Sequence[MaterialView] = ()
    declared: Sequence[str] = ()
    application_id: UUID | None = None


def waiting(resident: ResidentId, *, subject_id: UUID | None = None) -> list[GrantBrief]:
    """Return what waits for a resident's tap, or for a relative's whom they act for (raises NotFound).

    What was confirmed or declined waits no more, nor what an office has already.
    """
    owner = subjects.subject(resident, subject_id).owner_id
    offered = eligibility.offered(owner)
    if subject_id is not None:
        offered = [one for one in offered if one.subject_id == subject_id]
    over = _over(owner) if offered else set()
    return [
        GrantBrief(one.subject_id, one.policy, one.amount, link(one.policy, Tier.GRANTED))
        for one in offered
        if not {(one.subject_id, one.policy.id), (one.subject_id, one.policy.service_id)} & over
    ]


def view(row: Any) -> GrantView:
    """Show a grant's row."""
    item, state = item_of(row.service_id, row.service_version), GrantState(row.state)
    shown: dict[str, Any] = {"ready": False}
    if state is GrantState.PREPARED:
        found, today = contents(row), clock.today()
        said = found.said
        given = one_tap.answers(item.form, said, found.signer, as_of=today)
        checked = one_tap.review(item, given, said, as_of=today)
        missing = one_tap.missing(checked)
        shown = {
            "ready": not missing,
            "missing": missing,
            "steps": one_tap.shown(checked),
            "materials": checked.materials,
            "declared": one_tap.declared(item.form, given, said, as_of=today),
        }
    return GrantView(
        id=row.id,
        version=row.version,
        state=state,
        state_label=GRANT_LABELS[state],
        subject_id=row.subject_id,
        policy_id=row.policy_id,
        rule_version=row.rule_version,
        title=row.title,
        service_id=row.service_id,
        service_name=item.name,
        department_name=department_name(item.department),
        region_code=row.region_code,
        amount=row.amount,
        facts=row.facts,
        prepared_at=row.prepared_at,
        application_id=row.case_id,
        **shown,
    )


def contents(row: Any) -> Contents:
    """Return what a prepared grant holds sealed."""
    content = unseal(row.prefilled, column="prefilled", row_id=row.id, table=TABLE)
    signer_id = ResidentId(UUID(content["signer_id"]))
    return Contents(prefilling.from_content(content), content["signer"], signer_id)


def _over(owner: ResidentId) -> set[tuple[UUID, str | None]]:
    """Return subject and policy of what was decided, subject and service of what an office has."""
    decided = select(Grant.subject_id, Grant.policy_id).where(
        Grant.owner_id == owner, Grant.state != GrantState.PREPARED
    )
    applied = select(Case.subject_id, Case.service_id).where(Case.resident_id == owner, Case.status.in_(OPEN))
    with reading() as connection:
        return {(subject_id, name) for subject_id, name in connection.execute(union_all(decided, applied))}
