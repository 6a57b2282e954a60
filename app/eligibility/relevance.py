"""Is the news of a match still true? Asked by notifications in the moment before its push leaves."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from app.eligibility.models import Match, PolicyVersion
from app.eligibility.notices import about
from app.eligibility.types import Dismissal, Outcome, VersionState
from app.foundation import clock
from app.foundation.database import one_of_ids, session
from app.identity.types import ResidentId
from app.notifications.relevance import About
from app.notifications.types import SuppressionReason
from app.residents import consents
from app.residents.types import Purpose


def outdated(pushes: Collection[About]) -> Mapping[UUID, SuppressionReason]:
    """Return which pushes about matches are not true, or not wanted, any more."""
    named = {
        push.delivery_id: (push.resident, *subject)
        for push in pushes
        if (subject := about(push.event_key)) is not None
    }
    stored = _stored(set(named.values()))
    forgotten = {ResidentId(key[0]) for key in named.values() if key not in stored}
    allowed = consents.granted_by(forgotten, Purpose.MATCHING) if forgotten else set()
    found = {
        push.delivery_id: SuppressionReason.MATCH_LOST for push in pushes if push.delivery_id not in named
    }
    for delivery_id, key in named.items():
        outcome, dismissed, in_force = stored.get(key, (None, None, False))
        if key[0] in forgotten - allowed:
            found[delivery_id] = SuppressionReason.NO_MATCHING_CONSENT
        elif outcome != Outcome.ELIGIBLE:
            found[delivery_id] = SuppressionReason.MATCH_LOST
        elif not in_force:
            found[delivery_id] = SuppressionReason.POLICY_ENDED
        elif dismissed is not None:
            disputed = dismissed == Dismissal.INFORMATION_WRONG
            found[delivery_id] = SuppressionReason.DISPUTED if disputed else SuppressionReason.DISMISSED
    return found


def _stored(keys: Collection[tuple[ResidentId, str, UUID]]) -> dict[Any, tuple[str, str | None, bool]]:
    """Return outcome, dismissal and whether the policy is in force of those matches that are stored."""
    today = clock.today()
    in_force = exists().where(
        PolicyVersion.policy_id == Match.policy_id,
        PolicyVersion.state == VersionState.PUBLISHED,
        PolicyVersion.valid_from <= today,
        PolicyVersion.valid_to.is_(None) | (PolicyVersion.valid_to >= today),
    )
    rows = session.execute(
        select(
            Match.resident_id, Match.policy_id, Match.subject_id, Match.outcome, Match.dismissed, in_force
        ).where(
            Match.resident_id == one_of_ids({resident for resident, _, _ in keys}),
            Match.policy_id.in_({policy for _, policy, _ in keys}),
        )
    )
    return {tuple(row[:3]): (row[3], row[4], row[5]) for row in rows}
