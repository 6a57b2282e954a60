"""Rows of policy versions as officers' acts read and record them."""

from sqlalchemy import select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility import policies, relations
from app.eligibility.errors import PolicyFaulty
from app.eligibility.models import PolicyVersion
from app.eligibility.types import Policy, VersionState
from app.foundation.database import session
from app.identity.types import OfficerPrincipal


def rows(policy_id: str) -> tuple[PolicyVersion | None, PolicyVersion | None]:
    """Return the draft and the published version of a policy, both locked."""
    found = session.scalars(
        select(PolicyVersion)
        .where(
            PolicyVersion.policy_id == policy_id,
            PolicyVersion.state.in_((VersionState.DRAFT, VersionState.PUBLISHED)),
        )
        .with_for_update()
    )
    by_state = {row.state: row for row in found}
    return by_state.get(VersionState.DRAFT), by_state.get(VersionState.PUBLISHED)


def check_relations(policy: Policy, published: list[Policy] | None = None) -> None:
    """Refuse a policy whose relations to others make no sense; raises PolicyFaulty by path.

    `published` are the published policies where the caller has read them.
    """
    if not (policy.implements or policy.supersedes or policy.excludes or policy.requires):
        return
    read = policies.all_published() if published is None else published
    others: dict[str, Policy] = {other.id: other for other in read}
    if faults := relations.faults(policy, others, known=set(others)):
        once = select(PolicyVersion.policy_id).where(PolicyVersion.state != VersionState.DRAFT)
        faults = relations.faults(policy, others, known=set(session.scalars(once.distinct())))
    if faults:
        raise PolicyFaulty(faults)


def record(action: str, officer: OfficerPrincipal, row: PolicyVersion, **details: object) -> None:
    """Write into the audit trail what an officer did to a version."""
    trail.record(
        action,
        actor=Actor(ActorKind.OFFICER, str(officer.officer_id)),
        subject=("policy", row.policy_id),
        details={"version": row.version, "checksum": row.checksum[:16], **details},
    )
