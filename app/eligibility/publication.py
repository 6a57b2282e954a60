"""Publishing policies (审批发布): what its preview says decides how many hands and which words it takes."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from app.eligibility import checks, loading, policies, runs, versions
from app.eligibility.definition import read_policy
from app.eligibility.errors import NothingToPublish, PreviewRequired
from app.eligibility.models import PolicyVersion, Trial
from app.eligibility.tallies import Tally
from app.eligibility.types import RunId, TrialKind, TrialState, VersionState
from app.foundation import clock
from app.foundation.database import session
from app.identity.types import OfficerPrincipal


@dataclass(frozen=True, slots=True)
class Said:
    """What an approver says beside yes: why a rule for very few, and that one for most is meant so."""

    reason: str | None = None
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class Approved:
    """What came of an approval: the match run that it began, or None where another officer has to approve."""

    run_id: RunId | None

    @property
    def state(self) -> str:
        """Say it in the words of the interface."""
        return "awaiting_second_approval" if self.run_id is None else "published"


def publish(policy_id: str, *, approver: OfficerPrincipal, said: Said) -> Approved:
    """Approve the draft and begin matching everyone; a rule for very few waits for a second approver.

    Raises NothingToPublish, OutsideJurisdiction, SameHands, PreviewRequired, ConfirmationRequired,
    ReasonRequired.
    """
    row, published = versions.rows(policy_id)
    if row is None:
        raise NothingToPublish
    for known in filter(None, (row, published)):
        checks.within_jurisdiction(approver, known.region_code)
    checks.four_eyes(writers=(row.author_id, *row.editor_ids, row.approver_id), approver=approver)
    others, preview = policies.all_published_and(_finished_preview(row, published))
    if preview is None:
        raise PreviewRequired
    row.preview_id, tally = UUID(preview[0]), Tally.read(preview[1])
    checks.meant_for_most(tally, confirmed=said.confirm)
    if row.approver_id is None and tally.narrow:
        _approve_first(row, approver, said.reason)
        return Approved(None)
    policy = read_policy(row.body, version=row.version)
    versions.check_relations(policy, others)
    if published is not None:
        replaced = loading.replacing(policy_id).returning(PolicyVersion.id).cte("replaced")
        session.execute(runs.stopping([policy_id]).add_cte(replaced))
    if row.approver_id is None:
        row.approver_id = approver.officer_id
    else:
        row.second_approver_id = approver.officer_id
    row.state, row.published_at = VersionState.PUBLISHED, clock.now()
    session.flush()
    versions.record("policy.published", approver, row, preview=row.preview_id, confirmed=said.confirm)
    return Approved(runs.start(policy))


def _approve_first(row: PolicyVersion, approver: OfficerPrincipal, reason: str | None) -> None:
    """Keep the first of two approvals, with its reason; an edit of the draft takes it away again."""
    row.approval_reason = checks.reason_for_few(reason)
    row.approver_id, row.narrow = approver.officer_id, True
    versions.record("policy.approved_first", approver, row, preview=row.preview_id)


def _finished_preview(row: PolicyVersion, published: PolicyVersion | None) -> ColumnElement[Any]:
    """Ask for the latest finished preview of exactly this draft against what is in force: id and tally."""
    base = published.version if published else None
    return (
        select(func.jsonb_build_array(Trial.id, Trial.tally))
        .where(
            Trial.kind == TrialKind.PREVIEW,
            Trial.state == TrialState.FINISHED,
            Trial.policy_id == row.policy_id,
            Trial.rule_version == row.version,
            Trial.revision == row.revision,
            Trial.checksum == row.checksum,
            Trial.base_version.is_not_distinct_from(base),
        )
        .order_by(Trial.id.desc())
        .limit(1)
        .scalar_subquery()
    )
