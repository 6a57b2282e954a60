"""Tables of deliveries (数据平台交付)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.eligibility.outreach.types import DeliveryState
from app.foundation.database import Model

_STATES = ", ".join(repr(state.value) for state in DeliveryState)


class Delivery(Model):
    """One delivery of a day: how far its difference has been applied, or why it was refused.

    `position` counts the changes applied; it moves in the transaction that writes them. `run` names the
    matching that the changes come from, `policies` the policies that were matched.
    """

    __tablename__ = "eligibility_delivery"
    __table_args__ = (
        UniqueConstraint("as_of", "digest"),
        CheckConstraint(f"state IN ({_STATES})", name="state_known"),
        CheckConstraint("(state = 'refused') = (error_code IS NOT NULL)", name="refused_for_a_reason"),
        CheckConstraint("(state = 'applied') = (finished_at IS NOT NULL)", name="applied_is_finished"),
        CheckConstraint("num_nonnulls(error_code, error_message) IN (0, 2)", name="reason_is_whole"),
        CheckConstraint("num_nonnulls(override_by, override_reason) IN (0, 2)", name="override_is_whole"),
        Index(
            "uq_eligibility_delivery_day",
            "as_of",
            unique=True,
            postgresql_where=text("state <> 'refused'"),
        ),
    )

    as_of: Mapped[date]
    digest: Mapped[str]
    state: Mapped[str] = mapped_column(default=DeliveryState.MATCHING)
    people: Mapped[int | None]
    run: Mapped[str | None]
    policies: Mapped[list[str]]
    position: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]]
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    override_by: Mapped[str | None]
    override_reason: Mapped[str | None]
    finished_at: Mapped[datetime | None]


class DeliveryRegion(Model):
    """What a delivery came to in one 区县: pairs that hold, that begin, and that are kept, by reason."""

    __tablename__ = "eligibility_delivery_region"
    __table_args__ = (UniqueConstraint("delivery_id", "region_code"),)

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("eligibility_delivery.id", ondelete="CASCADE"))
    region_code: Mapped[str]
    eligible: Mapped[int] = mapped_column(default=0)
    begins: Mapped[int] = mapped_column(default=0)
    kept: Mapped[dict[str, Any]]
