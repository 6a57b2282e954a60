"""Campaigns: the pushes of one match run, which an officer may pause, resume or cancel.

The inbox is not part of it: what was told stays told. A paused campaign's rows wait in the queue, a cancelled
one's are settled with that reason as soon as a worker comes to them.
"""

from collections import Counter
from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app.foundation import clock
from app.foundation.database import reading, session
from app.foundation.queue import Bell, ring_on_commit
from app.notifications.errors import CampaignOver, NoCampaign
from app.notifications.models import Campaign, Delivery
from app.notifications.types import CampaignState, DeliveryState


class CampaignAction(StrEnum):
    """What an officer does with a campaign."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"


_BECOMES = {
    CampaignAction.PAUSE: CampaignState.PAUSED,
    CampaignAction.RESUME: CampaignState.ACTIVE,
    CampaignAction.CANCEL: CampaignState.CANCELLED,
}


def open_campaign(campaign_id: UUID) -> None:
    """Begin a campaign, once."""
    session.execute(
        insert(Campaign)
        .values(id=campaign_id, state=CampaignState.ACTIVE)
        .on_conflict_do_nothing(index_elements=["id"])
    )


def change(campaign_id: UUID, action: CampaignAction) -> CampaignState:
    """Pause, resume or cancel; the same again changes nothing. Raises NoCampaign, CampaignOver."""
    row = session.scalar(select(Campaign).where(Campaign.id == campaign_id).with_for_update(key_share=True))
    if row is None:
        raise NoCampaign
    wanted = _BECOMES[action]
    if row.state == CampaignState.CANCELLED and wanted is not CampaignState.CANCELLED:
        raise CampaignOver
    row.state, row.changed_at = wanted, clock.now()
    ring_on_commit(Bell.PUSHES)
    return wanted


def pushes(campaign_id: UUID) -> Counter[tuple[DeliveryState, str | None]]:
    """Count a campaign's pushes by what became of them and why; a joined one by what carried it."""
    carrier = aliased(Delivery)
    became = func.coalesce(carrier.state, Delivery.state)
    why = func.coalesce(carrier.reason, Delivery.reason)
    query = (
        select(became, why, func.count())
        .select_from(Delivery)
        .outerjoin(carrier, carrier.id == Delivery.carried_by)
        .where(Delivery.campaign_id == campaign_id)
        .group_by(became, why)
    )
    with reading() as connection:
        return Counter({(DeliveryState(row[0]), row[1]): row[2] for row in connection.execute(query)})


def state(campaign_id: UUID) -> CampaignState | None:
    """Return how a campaign stands; None where there is none (a run from before campaigns)."""
    with reading() as connection:
        found = connection.scalar(select(Campaign.state).where(Campaign.id == campaign_id))
    return None if found is None else CampaignState(found)


def paused() -> list[UUID]:
    """Return the campaigns whose pushes wait."""
    return list(session.scalars(select(Campaign.id).where(Campaign.state == CampaignState.PAUSED)))


def cancelled(campaign_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the campaigns that were cancelled."""
    if not campaign_ids:
        return set()
    asked = select(Campaign.id).where(
        Campaign.id.in_(campaign_ids), Campaign.state == CampaignState.CANCELLED
    )
    return set(session.scalars(asked))
