"""Refusals of cases, each with the next step."""

from app.foundation.errors import InvalidInput, NotFound, RuleViolation


class CaseNotFound(NotFound):
    """No such case, or not yours."""

    code = "application.not_found"
    message = "没有找到这个办件，请返回“我的办件”查看"


class TaskNotFound(NotFound):
    """No such case within this officer's department and region."""

    code = "task.not_found"
    message = "没有找到这个办件，或不在您的办理范围内"


class ServiceNotOffered(NotFound):
    """No such service, or not in that region."""

    code = "application.service_not_offered"
    message = "所选地区暂未开通这个事项，请换一个办理地区"


class RealNameRequired(RuleViolation):
    """Applying needs a verified person."""

    code = "application.real_name_required"
    message = "请先完成实名认证，再申请办理"


class NotDraft(RuleViolation):
    """It has been submitted: answers do not change any more."""

    code = "application.not_draft"
    message = "该办件已提交，不能再修改；如需更正，请撤回后重新申请"


class AlreadyOpen(RuleViolation):
    """The same matter of the same subject is with an office already."""

    code = "application.already_open"
    message = "您已有一件同样的事项正在办理，请在“我的办件”中查看进度"


class NotAllowedNow(RuleViolation):
    """The state of the case does not allow this."""

    code = "application.not_allowed_now"
    message = "办件当前的状态不能进行此操作，请刷新后查看最新进度"


class GrantChanged(RuleViolation):
    """What would be given is not what was shown; the message says what is other."""

    code = "grant.changed"
    message = "内容有变化，请重新核对后再确认"


class GrantIncomplete(RuleViolation):
    """A source holds nothing about something that the form needs: it has to be applied for."""

    code = "grant.incomplete"
    message = "还差一些信息，不能直接确认，请改为自行申请"


class GrantDeclined(RuleViolation):
    """The person said that they do not want it; it is not asked again."""

    code = "grant.declined"
    message = "您已选择不领取这项待遇；如果改变主意，可以自行申请"


class SupplementAlreadyAsked(RuleViolation):
    """一次告知: there is one list, not a second."""

    code = "application.supplement_already_asked"
    message = "本办件已经一次性告知过补正内容，不能再次要求补正"


class AlreadyExtended(RuleViolation):
    """A limit is extended once."""

    code = "application.already_extended"
    message = "本办件已经延长过一次办理期限，不能再次延长"


class SupplementStillWaiting(RuleViolation):
    """The applicant still has time to answer."""

    code = "application.supplement_waiting"
    message = "补正期限还没有到，请等待申请人补正"


class ClaimedByOther(RuleViolation):
    """Another officer is working on it."""

    code = "task.claimed_by_other"
    message = "该办件正由其他工作人员办理，请稍后再试"


class OfficeStillDeciding(RuleViolation):
    """An account is not closed while an office owes its owner a decision (PIPL 47)."""

    code = "application.still_open"
    message = "您还有办件没有办结，请等待办结或先撤回，再注销账号"


class DecisionIncomplete(InvalidInput):
    """A decision lacks what the law wants told."""

    code = "task.decision_incomplete"
    message = "请补全办理意见后再提交"


class AnswersRefused(InvalidInput):
    """Answers that the form does not take: unknown, locked or unstorable."""

    code = "application.answers_refused"


class StagesNotEnded(RuleViolation):
    """Stages that lead to the decision are still being handled."""

    code = "application.stages_not_ended"
    message = "还有环节没有办完，请等各环节办结后再作决定"


class DecidedItemByItem(RuleViolation):
    """一件事: every item is decided by its own department, the whole follows."""

    code = "application.decided_item_by_item"
    message = "一件事由各部门分别办理各自的事项，全部办结后自动办结，请办理本部门的环节"


class StageNotFound(NotFound):
    """No such stage within this officer's department and region, or not yours to do."""

    code = "stage.not_found"
    message = "没有找到这个环节，或不在您的办理范围内"


class StageNotOpen(RuleViolation):
    """The stage has not begun or has ended."""

    code = "stage.not_open"
    message = "这个环节还没有开始，或已经办完，请刷新后查看"


class MaterialNotFound(NotFound):
    """The service has no such material, or these answers do not call for it."""

    code = "application.material_not_found"
    message = "这个办件不需要这份材料，请刷新后再看"


class WayNotOffered(RuleViolation):
    """Not what this material allows, or not now."""

    code = "application.material_way_not_offered"
    message = "这份材料现在不能这样提交，请按页面上给出的方式办理"


class MaterialsMissing(InvalidInput):
    """Required materials stand on nothing yet; each is named with what can be done."""

    code = "application.materials_missing"
    message = "还有必需的材料没有准备好，请按提示补齐后再提交"


class DecisionWaits(RuleViolation):
    """容缺: the decision waits for what was accepted without."""

    code = "application.decision_waits"
    message = "还有容缺的材料没有补交，补交前不能作出决定；到期未补交的，可以不予通过"


class PromiseTextChanged(RuleViolation):
    """Another text was read than the one in force."""

    code = "application.promise_text_changed"
    message = "告知承诺书的内容已更新，请重新阅读后再签署"


class PromisesBroken(RuleViolation):
    """A promise was found false before; not repaired yet."""

    code = "application.promises_broken"
    message = "您有承诺经核查不属实的记录，修复前不能选择告知承诺，请提交材料"


class ResultIncomplete(InvalidInput):
    """The result of a check lacks its reason."""

    code = "task.check_incomplete"
    message = "请写明核查情况后再提交"
