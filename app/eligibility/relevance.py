"""Is the news of a match still true? Asked by notifications in the moment before its push leaves."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select, tuple_

from app.eligibility.models import Match, PolicyVersion
from app.eligibility.notices import about
from app.eligibility.types import Dismissal, Outcome, VersionState
from app.foundation import clock
from app.foundation.database import session
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
    rows = session.execute(
        select(Match.resident_id, Match.policy_id, Match.subject_id, Match.outcome, Match.dismissed).where(
            tuple_(Match.resident_id, Match.policy_id, Match.subject_id).in_(set(named.values()))
        )
    )
    stored = {
        (resident, policy, subject): (outcome, waved) for resident, policy, subject, outcome, waved in rows
    }
    forgotten = {ResidentId(key[0]) for key in named.values() if key not in stored}
    allowed = consents.granted_by(forgotten, Purpose.MATCHING) if forgotten else set()
    valid = _in_force({policy for _, policy, _ in named.values()})
    found = {
        push.delivery_id: SuppressionReason.MATCH_LOST for push in pushes if push.delivery_id not in named
    }
    for delivery_id, key in named.items():
        outcome, dismissed = stored.get(key, (None, None))
        if key[0] in forgotten - allowed:
            found[delivery_id] = SuppressionReason.NO_MATCHING_CONSENT
        elif outcome != Outcome.ELIGIBLE:
            found[delivery_id] = SuppressionReason.MATCH_LOST
        elif key[1] not in valid:
            found[delivery_id] = SuppressionReason.POLICY_ENDED
        elif dismissed is not None:
            disputed = dismissed == Dismissal.INFORMATION_WRONG
            found[delivery_id] = SuppressionReason.DISPUTED if disputed else SuppressionReason.DISMISSED
    return found


def _in_force(policy_ids: Collection[str]) -> set[str]:
    today = clock.today()
    return set(
        session.scalars(
            select(PolicyVersion.policy_id).where(
                PolicyVersion.policy_id.in_(policy_ids),
                PolicyVersion.state == VersionState.PUBLISHED,
                PolicyVersion.valid_from <= today,
                PolicyVersion.valid_to.is_(None) | (PolicyVersion.valid_to >= today),
            )
        )
    )
