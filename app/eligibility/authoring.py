"""Writing policies (拟政策): drafts that one officer writes, others change, and nobody has published yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.eligibility import checks, loading, versions
from app.eligibility.definition import read_policy
from app.eligibility.errors import PolicyExists, PolicyNotFound
from app.eligibility.models import PolicyVersion
from app.foundation.database import session
from app.foundation.errors import StaleVersion
from app.identity.types import OfficerPrincipal


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as its author sees it; `revision` is the `If-Match` of the next edit.

    `awaiting_second`: one officer approved it, for `approval_reason`, and another one has to.
    """

    policy_id: str
    version: int
    state: str
    revision: int
    body: Mapping[str, Any]
    awaiting_second: bool = False
    approval_reason: str | None = None


def draft(policy_id: str, *, officer: OfficerPrincipal) -> Draft:
    """Return the draft of a policy, else its published version.

    Raises PolicyNotFound, OutsideJurisdiction.
    """
    drafted, published = versions.rows(policy_id)
    row = drafted or published
    if row is None:
        raise PolicyNotFound
    checks.within_jurisdiction(officer, row.region_code)
    return _view(row)


def draft_new(body: Mapping[str, Any], *, author: OfficerPrincipal) -> Draft:
    """Write the first draft of a new policy; raises PolicyFaulty, PolicyExists, OutsideJurisdiction."""
    if session.scalar(select(PolicyVersion.id).where(PolicyVersion.policy_id == body.get("id")).limit(1)):
        raise PolicyExists
    return _save_new_draft(body, author=author)


def draft_edit(policy_id: str, body: Mapping[str, Any], *, revision: int, author: OfficerPrincipal) -> Draft:
    """Change the draft, or begin one from the published version; its first approval is gone with that.

    Raises StaleVersion where somebody was faster.
    """
    body = {**body, "id": policy_id}
    row, published = versions.rows(policy_id)
    current = row or published
    if current is None:
        raise PolicyNotFound
    for known in filter(None, (row, published)):  # nobody takes over a policy of another region by moving it
        checks.within_jurisdiction(author, known.region_code)
    if current.revision != revision:
        raise StaleVersion
    if row is None:
        return _save_new_draft(body, author=author)
    policy = read_policy(body, version=row.version)
    checks.within_jurisdiction(author, policy.region_code)
    versions.check_relations(policy)
    row.body, row.checksum = loading.plain(body), policy.checksum
    row.audience, row.region_code = policy.audience, policy.region_code
    row.valid_from, row.valid_to, row.review_by = policy.valid_from, policy.valid_to, policy.review_by
    row.editor_ids = sorted({*row.editor_ids, author.officer_id})
    row.approver_id, row.approval_reason, row.preview_id, row.narrow = None, None, None, False
    row.revision += 1
    versions.record("policy.draft_edited", author, row)
    return _view(row)


def _save_new_draft(body: Mapping[str, Any], *, author: OfficerPrincipal) -> Draft:
    policy = read_policy(body, version=loading.next_version(str(body.get("id", ""))))
    checks.within_jurisdiction(author, policy.region_code)
    versions.check_relations(policy)
    row = loading.new_version(policy, loading.plain(body))
    row.author_id = author.officer_id
    session.add(row)
    session.flush()
    versions.record("policy.drafted", author, row)
    return _view(row)


def _view(row: PolicyVersion) -> Draft:
    waiting = row.narrow and row.second_approver_id is None
    return Draft(row.policy_id, row.version, row.state, row.revision, row.body, waiting, row.approval_reason)
