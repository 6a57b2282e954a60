"""What a resident reads before they allow something (告知, PIPL 17); a changed text gets the next version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.residents.types import Purpose


@dataclass(frozen=True, slots=True)
class Notice:
    """The text of one purpose and which version of it this is."""

    title: str
    text: str
    version: int = 1


NOTICES: Final[Mapping[Purpose, Notice]] = {
    Purpose.MATCHING: Notice(
        "政策匹配",
        "为了帮您找到可以享受的政策，我们会在您同意后，向公安、民政、残联、人社等部门查询与政策条件有关的信息，"
        "并与政策条件比对。信息加密保存，只用于匹配，不会提供给其他单位或个人。"
        "您可以随时在“授权管理”中撤回，撤回后立即停止匹配，不影响您主动申请任何事项。",
    ),
    Purpose.PUSH: Notice(
        "消息提醒",
        "为了及时告诉您政策匹配结果和办事进度，我们会在您同意后，通过微信订阅消息提醒您。"
        "不同意不影响办事，消息仍可在“消息”中查看。您可以随时撤回，撤回后立即停止推送。",
    ),
    Purpose.PREFILL: Notice(
        "表单预填",
        "为了让您少填表，我们会在您同意后，用已核实的身份信息和部门登记信息预先填写申请表，提交前由您核对。"
        "您可以随时撤回，撤回后由您自己填写。",
    ),
    Purpose.CERTIFICATES: Notice(
        "电子证照调用",
        "为了让您少交材料，我们会在您同意后，从电子证照库调取办理本事项所需的证照，代替您上传。"
        "您可以随时撤回，撤回后由您自己上传材料。",
    ),
    Purpose.SENSITIVE_PUSH: Notice(
        "敏感信息用于政策提醒",
        "有些政策的条件涉及您的敏感个人信息：残疾、失能等健康状况，低保、特困、家庭收入和财产等困难情况，子女和生育情况，"
        "就业困难、失业、社保缴费、个税、贷款和信用情况。您单独同意后，我们才会因为这些信息主动用微信提醒您，"
        "或请社区工作人员上门告知；微信提醒里只写“您可能符合一项补贴”，不写具体情况。"
        "不同意不影响办事，符合的政策仍可在“我的政策”和“消息”中查看。您可以随时撤回，撤回后立即停止。",
    ),
}
