"""Refusals of residents, each with the next step."""

from app.foundation.errors import NotFound, RuleViolation


class ConsentRequired(RuleViolation):
    """The resident did not allow this."""

    code = "resident.consent_required"
    message = "需要您先同意相应的授权，请到“我的-授权管理”中开启后再试"


class RealNameRequired(RuleViolation):
    """This needs a verified person."""

    code = "resident.real_name_required"
    message = "请先完成实名认证，再进行此操作"


class UnknownFact(NotFound):
    """The catalogue has no such fact for this subject."""

    code = "resident.unknown_fact"
    message = "没有这项信息，请返回上一页再试"


class NoticeChanged(RuleViolation):
    """The resident agreed to a text that is no longer the one in force."""

    code = "resident.notice_changed"
    message = "授权说明已更新，请阅读新的说明后再同意"


class AlreadyDisputed(RuleViolation):
    """An objection to this fact is still open."""

    code = "resident.already_disputed"
    message = "您对这项信息的异议正在核实，请等待结果"


class NothingToDispute(RuleViolation):
    """No department said anything about this fact."""

    code = "resident.nothing_to_dispute"
    message = "这项信息不是部门登记的内容，您可以直接修改"


class InvitationInvalid(NotFound):
    """The code of an invitation is wrong, used or too old."""

    code = "mandate.invitation_invalid"
    message = "邀请码无效或已过期，请对方重新发起"


class OwnInvitation(RuleViolation):
    """Nobody mandates themselves."""

    code = "mandate.own_invitation"
    message = "不能接受自己发起的委托，请把邀请码发给家人"


class AlreadyMandated(RuleViolation):
    """These two have a mandate already."""

    code = "mandate.already_exists"
    message = "你们之间已有这项委托，无需重复办理"


class MandateOver(RuleViolation):
    """The mandate is not in the state that this asks for."""

    code = "mandate.not_possible"
    message = "这项委托当前不能进行此操作，请刷新后再试"
