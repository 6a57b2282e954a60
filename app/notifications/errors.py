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


class NoPush(NotFound):
    """No such push."""

    code = "push.not_found"
    message = "没有这条推送"


class NotUnknown(RuleViolation):
    """Only what nobody knows is tried again by hand."""

    code = "push.not_unknown"
    message = "这条推送的结果已经清楚，不能重发；请刷新后查看"


class ResentBefore(RuleViolation):
    """By hand a push is tried again once."""

    code = "push.resent_before"
    message = "这条推送已经人工重发过一次，不能再发；请改用电话等方式告知"


class UnfitTemplateValues(Exception):
    """A caller's values break WeChat's rules for the template: our bug, found before anything leaves."""
