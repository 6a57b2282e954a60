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


class GrantNotFound(NotFound):
    """Nothing that could be confirmed: never matched, consent withdrawn, or somebody else's."""

    code = "grant.not_found"
    message = "没有找到要确认的待遇，可能已过期或撤下，请到“我的政策”重新打开"


class GrantLost(RuleViolation):
    """It could be confirmed once and cannot now; the message says why."""

    code = "grant.lost"
    message = "情况有变化，这项待遇现在不能确认，请到“我的政策”查看"


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
    message = "起草人不能审批自己的政策，审批过的也不能再审一次，请由另一位审批人操作"


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


class PreviewRequired(RuleViolation):
    """No finished preview of exactly this draft."""

    code = "policy.preview_required"
    message = "请先预览这一稿（修改过要重新预览），看过结果再审批发布"


class PreviewNotFound(NotFound):
    """No such preview or retrospection, or of a policy outside the officer's region."""

    code = "policy.trial_not_found"
    message = "没有这次试算，请重新发起"


class ReasonRequired(RuleViolation):
    """A rule for very few people is approved without a reason."""

    code = "policy.reason_required"
    message = "预览中符合的人不足10人，请写明理由；之后还需另一位审批人再次审批"


class ReasonPersonal(InvalidInput):
    """An officer's words that hold somebody's number."""

    code = "policy.reason_personal"
    message = "不要写身份证号、手机号等个人信息，请改后再提交"


class ConfirmationRequired(RuleViolation):
    """A rule for most people is approved without saying that it is meant so."""

    code = "policy.confirmation_required"
    message = "预览中符合的人超过一半，请确认规则无误后勾选“确认发布”再提交"


class EndingNotFound(NotFound):
    """No such act, or one about policies outside the officer's region."""

    code = "policy_ending.not_found"
    message = "没有这次废止提议，请重新提出"


class EndingDecided(RuleViolation):
    """The act has been approved already."""

    code = "policy_ending.decided"
    message = "这些政策已经结束，不用再审批"


class EndingOutdated(RuleViolation):
    """A policy of the set was replaced or ended since it was proposed."""

    code = "policy_ending.outdated"
    message = "提出后有政策换了版本或已经结束，请重新提出"


class PeriodWrong(InvalidInput):
    """A period that is not past, begins after its end or is too long."""

    code = "policy.period"
    message = "请检查日期：开始不晚于结束，结束不晚于今天，最长两年"


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


class NoSnapshotFolder(RuleViolation):
    """Daily runs need a folder for snapshots and results."""

    code = "daily_run.no_folder"
    message = "没有设置 SNAPSHOT_FOLDER，每日匹配不能运行；请设置一个加密磁盘上的文件夹"


class DailyRunGaveUp(RuleViolation):
    """A day's run ended without a word too often."""

    code = "daily_run.gave_up"
    message = "每日匹配多次意外中断，已停止；请查看日志 daily_run 的记录，处理后执行 run-day 重新运行"


class DailyRunDisk(RuleViolation):
    """The folder of snapshots and results cannot be written or read."""

    code = "daily_run.disk"
    message = "快照文件夹不能读写，请检查 SNAPSHOT_FOLDER 的磁盘空间和权限，处理后执行 run-day 重新运行"
