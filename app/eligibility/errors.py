"""Refusals of eligibility."""

from app.foundation.errors import Forbidden, InvalidInput, NotFound, RuleViolation


class PolicyNotFound(NotFound):
    """No such policy, or none that is published."""

    code = "policy.not_found"
    message = "没有找到这项政策，可能已经结束"


class MatchNotFound(NotFound):
    """This policy has not been matched for this person."""

    code = "match.not_found"
    message = "还没有为您匹配过这项政策，请先更新个人信息"


class RunNotFound(NotFound):
    """No such match run."""

    code = "match_run.not_found"
    message = "没有这次匹配任务"


class PolicyFaulty(InvalidInput):
    """The policy breaks the rules of the condition language; every fault has its path."""

    code = "policy.faulty"
    message = "政策规则有误，请按提示逐处修改"


class SameHands(Forbidden):
    """The author may not approve (四眼原则)."""

    code = "policy.same_hands"
    message = "起草人不能审批自己的政策，请由另一位审批人操作"


class NothingToPublish(RuleViolation):
    """There is no draft."""

    code = "policy.no_draft"
    message = "没有待审批的草稿，请先保存草稿"


class OutsideJurisdiction(Forbidden):
    """The policy is for a region that the officer does not cover."""

    code = "policy.outside_jurisdiction"
    message = "这项政策不在您的管辖区域内"


class PolicyExists(RuleViolation):
    """A policy of this id exists."""

    code = "policy.exists"
    message = "这个政策编号已经存在，请换一个编号或修改原政策"


class VisitNotFound(NotFound):
    """No such visit in the officer's region."""

    code = "visit.not_found"
    message = "没有找到这项上门任务，或不在您的负责区域内"


class VisitClosed(RuleViolation):
    """The visit has a result."""

    code = "visit.closed"
    message = "这项上门任务已经办结，请刷新列表"


class NothingAsked(RuleViolation):
    """This person was not asked about this policy, or has answered."""

    code = "follow_up.nothing_asked"
    message = "这项政策现在没有需要回答的回访"
