"""What a message, its delivery and a subscription can be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

MessageId = NewType("MessageId", UUID)


class TemplateKind(StrEnum):
    """One accept buys one push (一次性), or many (长期)."""

    ONE_TIME = "one_time"
    LONG_TERM = "long_term"


class DeliveryState(StrEnum):
    """The states of one push; what is shown is never better than what can be proved."""

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNCONFIRMED = "unconfirmed"
    HELD = "held"
    EXPIRED = "expired"
    JOINED = "joined"
    DEAD = "dead"


STATE_LABELS: dict[DeliveryState, str] = {
    DeliveryState.QUEUED: "待发送",
    DeliveryState.SENDING: "发送中",
    DeliveryState.ACCEPTED: "微信已受理",
    DeliveryState.DELIVERED: "已送达",
    DeliveryState.REJECTED: "微信未能送达",
    DeliveryState.REFUSED: "用户未订阅",
    DeliveryState.SUPPRESSED: "未发微信，仅在站内",
    DeliveryState.FAILED: "发送失败",
    DeliveryState.UNKNOWN: "结果未知",
    DeliveryState.UNCONFIRMED: "未收到送达回执",
    DeliveryState.HELD: "暂停发送",
    DeliveryState.EXPIRED: "已过期未发送",
    DeliveryState.JOINED: "合并在另一条微信通知里",
    DeliveryState.DEAD: "发送失败",
}

FINAL = frozenset(
    {
        DeliveryState.DELIVERED,
        DeliveryState.REJECTED,
        DeliveryState.REFUSED,
        DeliveryState.SUPPRESSED,
        DeliveryState.FAILED,
        DeliveryState.EXPIRED,
        DeliveryState.DEAD,
    }
)
"""No event and no late worker changes a delivery that has got here."""


class SuppressionReason(StrEnum):
    """Why nothing was sent to WeChat although the message is in the inbox."""

    NO_CREDIT = "no_credit"
    NO_CONSENT = "no_consent"
    NO_WECHAT = "no_wechat"
    NO_TEMPLATE = "no_template"
    NO_SENSITIVE_CONSENT = "no_sensitive_consent"
    NOT_PERSONALISED = "not_personalised"
    WEEKLY_CAP = "weekly_cap"
    MATCH_LOST = "match_lost"
    POLICY_ENDED = "policy_ended"
    DISMISSED = "dismissed"
    DISPUTED = "disputed"
    CAMPAIGN_CANCELLED = "campaign_cancelled"
    INBOX_ONLY = "inbox_only"
    NO_MATCHING_CONSENT = "no_matching_consent"
    OUTDATED = "outdated"


SUPPRESSION_LABELS: dict[SuppressionReason, str] = {
    SuppressionReason.NO_CREDIT: "您没有剩余的订阅次数",
    SuppressionReason.NO_CONSENT: "您已关闭消息推送",
    SuppressionReason.NO_WECHAT: "没有可用的微信账号",
    SuppressionReason.NO_TEMPLATE: "该类消息暂未开通微信通知",
    SuppressionReason.NO_SENSITIVE_CONSENT: "您没有同意把敏感信息用于政策提醒",
    SuppressionReason.NOT_PERSONALISED: "您已关闭个性化推荐",
    SuppressionReason.WEEKLY_CAP: "一周内已推送过两次政策，不再打扰您",
    SuppressionReason.MATCH_LOST: "发送前您的情况有变化，已不符合",
    SuppressionReason.POLICY_ENDED: "发送前政策已经结束或更换",
    SuppressionReason.DISMISSED: "您已选择不再提示这项政策",
    SuppressionReason.DISPUTED: "您对所依据的信息提出了异议，等部门答复",
    SuppressionReason.CAMPAIGN_CANCELLED: "这批推送已取消",
    SuppressionReason.INBOX_ONLY: "这类消息只在站内",
    SuppressionReason.NO_MATCHING_CONSENT: "您已撤回政策匹配授权",
    SuppressionReason.OUTDATED: "发送前情况有变化，这条提醒不再适用",
}


class Lane(StrEnum):
    """Who goes first, in this order: notices about a running case overtake campaigns."""

    URGENT = "urgent"
    NORMAL = "normal"
    BULK = "bulk"


class CampaignState(StrEnum):
    """Whether the pushes of one campaign (a match run's) go out, wait, or never will."""

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class Purse(StrEnum):
    """What a send was paid from, so that the same is given back where it did not go."""

    CREDIT = "credit"
    PROVISIONAL = "provisional"
    STANDING = "standing"
    EARLIER = "earlier"
    """An attempt whose outcome nobody knows paid for it: nothing is taken, WeChat decides."""


class Choice(StrEnum):
    """What a phone reports after wx.requestSubscribeMessage."""

    ACCEPT = "accept"
    REJECT = "reject"
    BAN = "ban"
    FILTER = "filter"


@dataclass(frozen=True, slots=True)
class Template:
    """One subscribe-message template of config/notifications.yaml; `variants` are other pages it may open.

    `long_term` is the template that tells the same to who said yes for good (长期订阅): it goes first.
    """

    key: str
    title: str
    kind: TemplateKind
    page: str
    page_params: tuple[str, ...]
    variants: Mapping[str, tuple[str, tuple[str, ...]]]
    fields: tuple[str, ...]
    digest: "Digest | None" = None
    long_term: str | None = None
    enough: int = 1
    """So many credits are plenty: nobody is asked for more."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When the person taps and may be asked: for which templates, and whether they came to be asked."""

    templates: tuple[str, ...]
    on_purpose: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """What one push says that stands for several of its template; `{count}` and `{now}` are filled in."""

    page: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InboxItem:
    """A message as its owner sees it."""

    id: UUID
    template: str
    title: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None
    delivery_state: DeliveryState
    delivery_label: str
    delivery_note: str | None
    sent_at: datetime | None
