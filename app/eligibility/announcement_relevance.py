"""Is an announcement still true, and wanted? Asked by notifications in the moment before its push leaves."""

from collections.abc import Collection, Mapping
from uuid import UUID

from app.eligibility.announcement_notices import about
from app.eligibility.announcing import wanted
from app.eligibility.foretold import Asked, look_up
from app.notifications.relevance import About
from app.notifications.types import SuppressionReason
from app.residents import profiles


def outdated(pushes: Collection[About]) -> Mapping[UUID, SuppressionReason]:
    """Return which pushes about a day to come are not true, or not wanted, any more."""
    asked = {
        push.delivery_id: Asked(push.resident, subject_id, policy_id, day, kind)
        for push in pushes
        if (named := about(push.event_key)) is not None
        for kind, policy_id, day, subject_id in [named]
    }
    now = look_up(list(asked.values()))
    settings = profiles.many({one.resident for one in asked.values()})
    found: dict[UUID, SuppressionReason] = {}
    for push in pushes:
        one = asked.get(push.delivery_id)
        shown = now.shown.get(one) if one else None
        if one is not None and one.resident not in now.allowed:
            found[push.delivery_id] = SuppressionReason.NO_MATCHING_CONSENT
        elif shown is None:
            found[push.delivery_id] = SuppressionReason.OUTDATED
        elif not wanted(shown, settings[push.resident]):
            found[push.delivery_id] = SuppressionReason.NOT_PERSONALISED
    return found
