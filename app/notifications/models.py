"""Tables of messages, deliveries, subscriptions and WeChat's events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.database import Model
from app.foundation.leases import Leased
from app.notifications.types import CampaignState, DeliveryState, Lane, TemplateKind


def _one_of(column: str, values: type[CampaignState | DeliveryState | Lane | TemplateKind]) -> str:
    return f"{column} IN ({', '.join(repr(v.value) for v in values)})"


class Message(Model):
    """One notice to one person (站内信); the event key makes it happen once."""

    __tablename__ = "notification_message"
    __table_args__ = (
        UniqueConstraint("resident_id", "template", "event_key"),
        Index("ix_notification_message_inbox", "resident_id", text("id DESC")),
        Index("ix_notification_message_news", "template", "event_key"),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id", ondelete="CASCADE"))
    template: Mapped[str]
    event_key: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    link: Mapped[str]
    read_at: Mapped[datetime | None]


class Campaign(Model):
    """The pushes of one match run together: may be paused, resumed, cancelled; its id is the run's."""

    __tablename__ = "notification_campaign"
    __table_args__ = (
        CheckConstraint(_one_of("state", CampaignState), name="state_known"),
        Index("ix_notification_campaign_halted", "state", postgresql_where=text("state <> 'active'")),
    )

    state: Mapped[str] = mapped_column(default=CampaignState.ACTIVE)
    changed_at: Mapped[datetime | None]


class Delivery(Leased):
    """The push of one message: exactly one row, whatever becomes of it.

    A joined one goes out with another to the same person: what became of `carried_by` became of it.
    `sent_as`, `sent_page` and `sent_values` are what left, where that was not its own template and text.
    """

    __tablename__ = "notification_delivery"
    __table_args__ = (
        CheckConstraint(_one_of("state", DeliveryState), name="state_known"),
        CheckConstraint(_one_of("lane", Lane), name="lane_known"),
        UniqueConstraint("message_id"),
        Index(
            "ix_notification_delivery_due",
            text("lane DESC"),
            "id",
            postgresql_where=text("state IN ('queued', 'held', 'sending')"),
        ),
        Index(
            "ix_notification_delivery_sending",
            "resident_id",
            "leased_until",
            postgresql_where=text("state = 'sending'"),
        ),
        Index(
            "ix_notification_delivery_open",
            "resident_id",
            "template",
            postgresql_where=text("state IN ('sending', 'accepted', 'unknown')"),
        ),
        Index("ix_notification_delivery_unknown", "id", postgresql_where=text("state = 'unknown'")),
        Index("uq_notification_delivery_msgid", "msgid", unique=True),
        Index(
            "ix_notification_delivery_bulk",
            "resident_id",
            "sent_at",
            postgresql_where=text("lane = 'bulk'"),
        ),
        Index(
            "ix_notification_delivery_carried_by",
            "carried_by",
            postgresql_where=text("carried_by IS NOT NULL"),
        ),
    )

    message_id: Mapped[UUID] = mapped_column(ForeignKey("notification_message.id", ondelete="CASCADE"))
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id", ondelete="CASCADE"))
    template: Mapped[str]
    values: Mapped[dict[str, Any]]
    page: Mapped[str]
    lane: Mapped[str] = mapped_column(default=Lane.NORMAL)
    state: Mapped[str] = mapped_column(default=DeliveryState.QUEUED)
    reason: Mapped[str | None]
    purse: Mapped[str | None]
    sent_as: Mapped[str | None]
    sent_page: Mapped[str | None]
    sent_values: Mapped[dict[str, Any] | None]
    resent_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    msgid: Mapped[str | None]
    errcode: Mapped[int | None]
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("notification_campaign.id"))
    carried_by: Mapped[UUID | None] = mapped_column(
        ForeignKey("notification_delivery.id", ondelete="SET NULL")
    )
    sensitive: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class Subscription(Model):
    """What a person's answers to subscription prompts have left us: credits, or a standing yes.

    `provisional` was only reported by the phone; `advanced` was spent before WeChat's own event came.
    """

    __tablename__ = "notification_subscription"
    __table_args__ = (
        UniqueConstraint("resident_id", "template"),
        CheckConstraint("credits >= 0", name="credits_not_negative"),
        CheckConstraint("provisional >= 0", name="provisional_not_negative"),
        CheckConstraint("advanced >= 0", name="advanced_not_negative"),
    )

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id", ondelete="CASCADE"))
    template: Mapped[str]
    credits: Mapped[int] = mapped_column(default=0)
    provisional: Mapped[int] = mapped_column(default=0)
    advanced: Mapped[int] = mapped_column(default=0)
    standing: Mapped[bool] = mapped_column(default=False)
    reported_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class Circuit(Model):
    """A stop on sending: WeChat's quota is used up, a template is banned, or we are misconfigured."""

    __tablename__ = "notification_circuit"
    __table_args__ = (UniqueConstraint("name"),)

    name: Mapped[str]
    open_until: Mapped[datetime]
    reason: Mapped[str]


class WeChatEvent(Leased):
    """A pushed event as it arrived; answered first, applied by a worker."""

    __tablename__ = "notification_wechat_event"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        CheckConstraint("state IN ('received', 'applied', 'parked', 'ignored', 'dead')", name="state_known"),
        Index(
            "ix_notification_wechat_event_due", "id", postgresql_where=text("state IN ('received', 'parked')")
        ),
    )

    dedupe_key: Mapped[str]
    event: Mapped[str]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="received")
    not_before: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
