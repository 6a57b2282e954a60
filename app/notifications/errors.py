"""Refusals of notifications."""

from app.foundation.errors import NotFound, RuleViolation


class MessageNotFound(NotFound):
    """No such message in this person's inbox."""

    code = "notification.message_not_found"
    message = "这条消息不存在或已删除"


class UnknownMoment(RuleViolation):
    """Nothing is asked at this moment."""

    code = "notification.unknown_moment"
    message = "这个页面没有需要订阅的消息"


class NoCampaign(NotFound):
    """A run from before there were campaigns, or none at all."""

    code = "campaign.not_found"
    message = "没有这批推送"


class CampaignOver(RuleViolation):
    """A cancelled campaign does not come back."""

    code = "campaign.over"
    message = "这批推送已取消，不能恢复；如需再次告知，请发布新版本"


class UnfitTemplateValues(Exception):
    """A caller's values break WeChat's rules for the template: our bug, found before anything leaves."""
