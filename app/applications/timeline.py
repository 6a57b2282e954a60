"""The timeline (办理进度) in plain Chinese: who did what when, what comes next, where the clock stands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from app.applications import clocks, folding
from app.applications.clocks import Clock, DueDates, Limits
from app.applications.types import PAUSE_LABELS, CaseState, Event, EventKind, PauseKind
from app.foundation import clock as time
from app.foundation.working_days import WorkingDays

REMEDIES = "如不服，可自收到之日起60日内申请行政复议，或在6个月内提起行政诉讼。"
"""行政复议法 第20条, 行政诉讼法 第46条."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline; `clock` is the office's clock right after it."""

    seq: int
    kind: EventKind
    at: datetime
    actor: str
    title: str
    text: str
    next: str
    clock: Clock | None


@dataclass(frozen=True, slots=True)
class Telling:
    """What the sentences about one case need: names, limits, the calendar.

    `stages` are the stages of its service: what each is called, and its department.
    """

    department: str
    applicant: str
    limits: Limits
    calendar: WorkingDays
    stages: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Moment:
    """One event with the words in it and what it led to."""

    event: Event
    note: Mapping[str, Any]
    state: CaseState
    due: DueDates
    applicant: str
    stages: Mapping[str, tuple[str, str]]


def tell(events: Sequence[tuple[Event, Mapping[str, Any]]], telling: Telling) -> list[Entry]:
    """Return the timeline, oldest first."""
    state, entries = CaseState(), []
    for event, note in events:
        state = folding.apply(state, event, telling.calendar)
        entries.append(_entry(event, note, state, telling))
    return entries


def sentence(event: Event, note: Mapping[str, Any], state: CaseState, telling: Telling) -> str:
    """Return one event as the applicant is told it: what happened and what comes next."""
    entry = _entry(event, note, state, telling)
    return "".join(part for part in (entry.text, entry.next) if part)


def describe(clock: Clock) -> str:
    """Say where a clock stands."""
    what = "受理" if clock.kind is clocks.ClockKind.ACCEPT else "办结"
    if not clock.running:
        return f"{what}时限已停止计算，还剩{clock.days_left}个{clock.unit.value}"
    if clock.days_left < 0:
        return f"{what}时限已超过{-clock.days_left}个{clock.unit.value}"
    until = f"，最晚{day(clock.due_on)}" if clock.due_on else ""
    return f"{what}时限还剩{clock.days_left}个{clock.unit.value}{until}"


def day(value: date | None) -> str:
    """Write a date as people say it; a day nobody knows yet (no calendar) is 待定."""
    return f"{value.year}年{value.month}月{value.day}日" if value else "待定"


def _entry(event: Event, note: Mapping[str, Any], state: CaseState, telling: Telling) -> Entry:
    due = clocks.due_dates(state, telling.limits, telling.calendar)
    moment = _Moment(event, note, state, due, telling.applicant, telling.stages)
    sentences = _GRANTED if "granted" in event.details else _SENTENCES
    title, write = sentences[event.kind]
    text, after = write(moment)
    today = time.local(event.at).date()
    return Entry(
        event.seq,
        event.kind,
        event.at,
        _actor(event, telling),
        title,
        text,
        after,
        clocks.clock(state, telling.limits, telling.calendar, today),
    )


def _actor(event: Event, telling: Telling) -> str:
    match event.actor_kind:
        case "resident":
            return telling.applicant
        case "officer":
            _, department = telling.stages.get(event.details.get("stage", ""), ("", telling.department))
            return f"{department}工作人员"
        case _:
            return "系统"


def _reason(moment: _Moment) -> str:
    reason = moment.note.get("reason")
    return f"说明：{reason}。" if reason else ""


def _drafted(moment: _Moment) -> tuple[str, str]:
    return f"{moment.applicant}开始填写申请。", "填好后请核对并提交。"


def _submitted(moment: _Moment) -> tuple[str, str]:
    by = day(moment.due.accept_due_on)
    following = "、".join(moment.event.details.get("following", ()))
    later = f"容缺的材料：{following}，请在期限前补交。" if following else ""
    return (
        f"{moment.applicant}提交了申请，材料已收到。{later}",
        f"部门最晚{by}前受理，或一次性告知需要补正的全部内容；逾期不告知的，自收到之日起即为受理。",
    )


def _prepared(moment: _Moment) -> tuple[str, str]:
    title = moment.event.details["granted"]["title"]
    return f"系统按部门已掌握的信息，备好了“{title}”（免申即享）。", f"{moment.applicant}核对后确认。"


def _confirmed(moment: _Moment) -> tuple[str, str]:
    granted = moment.event.details["granted"]
    amount = f"，{granted['amount']}" if granted["amount"] else ""
    text, after = _submitted(moment)
    said = (
        f"{moment.applicant}确认领取“{granted['title']}”（免申即享，政策第{granted['version']}版{amount}）。"
    )
    return said + text, after


def _supplement_requested(moment: _Moment) -> tuple[str, str]:
    items = "；".join(f"{number}. {item}" for number, item in enumerate(moment.note.get("items", ()), 1))
    by = day(moment.state.supplement_due_on)
    return f"需要补正的全部内容：{items}。{_reason(moment)}", f"请在{by}前补正，等待期间办理时限停止计算。"


def _supplement_answered(moment: _Moment) -> tuple[str, str]:
    said = moment.note.get("note")
    words = f"说明：{said}。" if said else ""
    return f"{moment.applicant}提交了补正内容。{words}", "部门接着办理，办理时限继续计算。"


def _accepted(moment: _Moment) -> tuple[str, str]:
    return "申请已受理。", _limits(moment)


def _deemed_accepted(moment: _Moment) -> tuple[str, str]:
    since = time.local(moment.state.accepted_at).date() if moment.state.accepted_at else None
    return f"部门未在规定时间内告知，依法自{day(since)}起即为受理。", _limits(moment)


def _limits(moment: _Moment) -> str:
    due = moment.due
    if due.promised_due_on is None:
        return "部门在承诺时限内办结。"
    law = f"（法定时限{day(due.legal_due_on)}）" if due.legal_due_on else ""
    return f"部门承诺最晚{day(due.promised_due_on)}前办结{law}。"


def _refused(moment: _Moment) -> tuple[str, str]:
    return f"不予受理。{_reason(moment)}", REMEDIES


def _paused(moment: _Moment) -> tuple[str, str]:
    kind = PAUSE_LABELS[PauseKind(moment.event.details["pause"])]
    days = moment.event.details["days"]
    return f"进入特别程序：{kind}，预计需要{days}个工作日。{_reason(moment)}", "所需时间不计入办理时限。"


def _resumed(moment: _Moment) -> tuple[str, str]:
    return "特别程序结束，继续办理。", _limits(moment)


def _extended(moment: _Moment) -> tuple[str, str]:
    return f"经批准，办理期限延长{moment.event.details['days']}天。{_reason(moment)}", _limits(moment)


def _stage_ended(moment: _Moment) -> tuple[str, str]:
    name, department = _stage(moment, moment.event.details["stage"])
    passed = moment.event.details["outcome"] == "passed"
    what = "已办好" if passed else "未通过"
    after = "" if passed or moment.state.closed_at is None else REMEDIES
    return f"{department}：“{name}”{what}。{_reason(moment)}", after


def _stage(moment: _Moment, stage_id: str) -> tuple[str, str]:
    return moment.stages.get(stage_id, (stage_id, "部门"))


def _approved(moment: _Moment) -> tuple[str, str]:
    rate = "您可以查看结果，并对本次服务作出评价。"
    refused = [_stage(moment, name)[0] for name in moment.event.details.get("refused", ())]
    if refused:
        rest = "、".join(f"“{name}”" for name in refused)
        return f"申请已办结，其中{rest}未通过，其余已办好。{_reason(moment)}", REMEDIES + rate
    return f"申请已通过。{_reason(moment)}", rate


def _rejected(moment: _Moment) -> tuple[str, str]:
    return f"申请未通过。{_reason(moment)}", REMEDIES


def _withdrawn(moment: _Moment) -> tuple[str, str]:
    return f"{moment.applicant}撤回了申请。{_reason(moment)}", "如仍需办理，可以重新申请。"


def _revoked(moment: _Moment) -> tuple[str, str]:
    return f"原决定已撤销。{_reason(moment)}", REMEDIES


_SENTENCES: Mapping[EventKind, tuple[str, Callable[[_Moment], tuple[str, str]]]] = {
    EventKind.DRAFTED: ("开始填写", _drafted),
    EventKind.SUBMITTED: ("已提交", _submitted),
    EventKind.SUPPLEMENT_REQUESTED: ("一次性告知补正", _supplement_requested),
    EventKind.SUPPLEMENT_ANSWERED: ("已补正", _supplement_answered),
    EventKind.ACCEPTED: ("已受理", _accepted),
    EventKind.DEEMED_ACCEPTED: ("视为受理", _deemed_accepted),
    EventKind.ACCEPTANCE_REFUSED: ("不予受理", _refused),
    EventKind.PAUSED: ("进入特别程序", _paused),
    EventKind.RESUMED: ("继续办理", _resumed),
    EventKind.EXTENDED: ("延长期限", _extended),
    EventKind.STAGE_ENDED: ("环节办结", _stage_ended),
    EventKind.APPROVED: ("办结：通过", _approved),
    EventKind.REJECTED: ("办结：不予通过", _rejected),
    EventKind.WITHDRAWN: ("已撤回", _withdrawn),
    EventKind.REVOKED: ("决定已撤销", _revoked),
}
_GRANTED: Mapping[EventKind, tuple[str, Callable[[_Moment], tuple[str, str]]]] = {
    EventKind.DRAFTED: ("已备好，待确认", _prepared),
    EventKind.SUBMITTED: ("已确认并提交", _confirmed),
}
"""Of a case that began as a prepared grant (免申即享)."""
