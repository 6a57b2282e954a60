"""What stages (环节) are made of; everything here may cross a border."""

from collections.abc import Mapping
from enum import StrEnum


class StageState(StrEnum):
    """Where a stage stands (环节状态)."""

    WAITING = "waiting"
    OPEN = "open"
    PASSED = "passed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Handler(StrEnum):
    """Who ends a stage: an officer of its department, the machine, the applicant, the decision."""

    OFFICER = "officer"
    MACHINE = "machine"
    APPLICANT = "applicant"
    DECISION = "decision"


class Finding(StrEnum):
    """What the department's records say of a stage that the machine looks into."""

    CONFIRMED = "confirmed"
    NOT_FOUND = "not_found"
    DIFFERS = "differs"
    DOWN = "down"
    NOT_SHARED = "not_shared"


FINDING_LABELS: Mapping[Finding, str] = {
    Finding.CONFIRMED: "数据共享已核验",
    Finding.NOT_FOUND: "数据共享没有查到记录，请人工核验",
    Finding.DIFFERS: "数据共享的记录与填写内容不一致，请人工核验",
    Finding.DOWN: "数据共享一直没有回应，请人工核验",
    Finding.NOT_SHARED: "这个部门还没有共享数据，请人工办理",
}

ENDED = frozenset({StageState.PASSED, StageState.REFUSED, StageState.CANCELLED})

STATE_LABELS: Mapping[StageState, str] = {
    StageState.WAITING: "未开始",
    StageState.OPEN: "办理中",
    StageState.PASSED: "已办好",
    StageState.REFUSED: "未通过",
    StageState.CANCELLED: "不再办理",
}
