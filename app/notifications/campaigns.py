"""Campaigns: the pushes of one match run, which an officer may pause, resume or cancel.

The inbox is not part of it: what was told stays told. A paused campaign's rows wait in the queue, a cancelled
one's are settled with that reason as soon as a worker comes to them.
"""

from collections.abc import Collection
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Subquery, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app.foundation import clock
from app.foundation.database import reading, session
from app.foundation.queue import Bell, ring_on_commit
from app.notifications.errors import CampaignOver, NoCampaign
from app.notifications.models import Campaign, Delivery, Message
from app.notifications.types import CampaignState


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
    open_campaigns([campaign_id])


def open_campaigns(campaign_ids: Collection[UUID]) -> None:
    """Begin campaigns, each once, in one statement."""
    if campaign_ids:
        rows = [{"id": campaign_id, "state": CampaignState.ACTIVE} for campaign_id in campaign_ids]
        session.execute(insert(Campaign).values(rows).on_conflict_do_nothing(index_elements=["id"]))


def change(campaign_id: UUID, action: CampaignAction) -> CampaignState:
    """Pause, resume or cancel; the same again changes nothing. Raises NoCampaign, CampaignOver."""
    row = session.scalar(select(Campaign).where(Campaign.id == campaign_id).with_for_update(key_share=True))
    if row is None:
        raise NoCampaign
    wanted = _BECOMES[action]
    if row.state == CampaignState.CANCELLED and wanted is not CampaignState.CANCELLED:
        raise CampaignOver
    row.state, row.changed_at = wanted, clock.now()
    session.flush()
    ring_on_commit(Bell.PUSHES)
    return wanted


def fates() -> Subquery:
    """Return what became of every message, for a statement about the messages of a higher capability.

    Columns `message_id, state, reason, read_at`; a joined push has the fate of what carried it.
    """
    carrier = aliased(Delivery)
    return (
        select(
            Message.id.label("message_id"),
            func.coalesce(carrier.state, Delivery.state).label("state"),
            func.coalesce(carrier.reason, Delivery.reason).label("reason"),
            Message.read_at,
        )
        .join(Delivery, Delivery.message_id == Message.id)
        .outerjoin(carrier, carrier.id == Delivery.carried_by)
        .subquery("fates")
    )


def state(campaign_id: UUID) -> CampaignState | None:
    """Return how a campaign stands; None where there is none (a run from before campaigns)."""
    with reading() as connection:
        found = connection.scalar(select(Campaign.state).where(Campaign.id == campaign_id))
    return None if found is None else CampaignState(found)


def halted() -> tuple[set[UUID], set[UUID]]:
    """Return the campaigns whose pushes wait, and those whose pushes will never leave, in one statement."""
    rows = session.execute(select(Campaign.id, Campaign.state).where(Campaign.state != CampaignState.ACTIVE))
    found = [(campaign_id, CampaignState(state)) for campaign_id, state in rows]
    return (
        {campaign_id for campaign_id, state in found if state is CampaignState.PAUSED},
        {campaign_id for campaign_id, state in found if state is CampaignState.CANCELLED},
    )


def cancelled(campaign_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the campaigns that were cancelled."""
    if not campaign_ids:
        return set()
    asked = select(Campaign.id).where(
        Campaign.id.in_(campaign_ids), Campaign.state == CampaignState.CANCELLED
    )
    return set(session.scalars(asked))
