"""Is a reminder of a last day still true? Days to come (预告) and waiting grants share its template."""

from collections.abc import Collection, Mapping
from uuid import UUID

from app.eligibility import announcement_notices, announcement_relevance, relevance
from app.notifications.relevance import About
from app.notifications.types import SuppressionReason


def outdated(pushes: Collection[About]) -> Mapping[UUID, SuppressionReason]:
    """Return which reminders are not true, or not wanted, any more: each is asked of whoever told it."""
    announced = [push for push in pushes if announcement_notices.about(push.event_key) is not None]
    granted = [push for push in pushes if push not in announced]
    return {**announcement_relevance.outdated(announced), **relevance.outdated(granted)}
