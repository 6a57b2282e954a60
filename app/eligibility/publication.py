"""Publishing policies (审批发布): what its preview says decides how many hands and which words it takes."""

from dataclasses import dataclass

from sqlalchemy import select

from app.eligibility import checks, loading, runs, versions
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
    preview = _finished_preview(row, published)
    tally = Tally.read(preview.tally)
    checks.meant_for_most(tally, confirmed=said.confirm)
    if row.approver_id is None and tally.narrow:
        _approve_first(row, preview, approver, said.reason)
        return Approved(None)
    policy = read_policy(row.body, version=row.version)
    versions.check_relations(policy)
    if published is not None:
        replaced = loading.replacing(policy_id).returning(PolicyVersion.id).cte("replaced")
        session.execute(runs.stopping([policy_id]).add_cte(replaced))
    if row.approver_id is None:
        row.approver_id = approver.officer_id
    else:
        row.second_approver_id = approver.officer_id
    row.state, row.published_at, row.preview_id = VersionState.PUBLISHED, clock.now(), preview.id
    session.flush()
    versions.record("policy.published", approver, row, preview=preview.id, confirmed=said.confirm)
    return Approved(runs.start(policy))


def _approve_first(
    row: PolicyVersion, preview: Trial, approver: OfficerPrincipal, reason: str | None
) -> None:
    """Keep the first of two approvals, with its reason; an edit of the draft takes it away again."""
    row.approval_reason = checks.reason_for_few(reason)
    row.approver_id, row.narrow, row.preview_id = approver.officer_id, True, preview.id
    versions.record("policy.approved_first", approver, row, preview=preview.id)


def _finished_preview(row: PolicyVersion, published: PolicyVersion | None) -> Trial:
    """Return the latest finished preview of exactly this draft against what is in force.

    Raises PreviewRequired where there is none.
    """
    base = published.version if published else None
    found = session.scalar(
        select(Trial)
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
    )
    if found is None:
        raise PreviewRequired
    return found
