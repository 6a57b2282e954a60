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


class UnfitTemplateValues(Exception):
    """A caller's values break WeChat's rules for the template: our bug, found before anything leaves."""
