"""What a resident is told about their case; no notice carries a person's data."""

from collections.abc import Mapping
from datetime import date, datetime

from app.applications.items import item_of
from app.applications.models import Case
from app.applications.types import Event, EventKind
from app.foundation import clock
from app.identity.types import ResidentId
from app.notifications import service as notifications
from app.notifications.service import Notice
from app.notifications.types import Lane

_PROGRESS: Mapping[EventKind, tuple[str, str]] = {
    EventKind.ACCEPTED: ("已受理", "点开可查看办理进度"),
    EventKind.DEEMED_ACCEPTED: ("视为受理", "部门逾期未告知，依法已受理"),
    EventKind.PAUSED: ("特别程序", "所需时间不计入办理时限"),
    EventKind.RESUMED: ("继续办理", "特别程序已结束"),
    EventKind.EXTENDED: ("延长期限", "点开可查看延长的原因"),
}
_LONGEST_THING = 20
_DECIDED: Mapping[EventKind, str] = {
    EventKind.APPROVED: "已通过",
    EventKind.REJECTED: "不予通过",
    EventKind.ACCEPTANCE_REFUSED: "不予受理",
    EventKind.REVOKED: "已撤销",
}


def tell(case: Case, event: Event, *, text: str) -> None:
    """Tell the applicant what happened, once per event; `text` is the plain sentence for the inbox."""
    notice = _notice(case, event, text)
    if notice is not None:
        notifications.notify(ResidentId(case.resident_id), notice)


def _notice(case: Case, event: Event, text: str) -> Notice | None:
    name = item_of(case.service_id, case.service_version).name
    if event.kind is EventKind.SUPPLEMENT_REQUESTED:
        values = {
            "thing1": name,
            "thing2": f"共{event.details['count']}项，点开查看",
            "date3": _day(date.fromisoformat(event.details["due_on"])),
            "thing4": "一次告知，补齐后接着办",
        }
        return _make(case, event, "supplement_request", f"请补正：{name}", text, values)
    if event.kind in _DECIDED:
        result = _DECIDED[event.kind]
        values = {
            "thing1": name,
            "phrase2": result,
            "time3": _moment(event.at),
            "thing4": "点开可查看结果和评价服务",
        }
        return _make(case, event, "case_decided", f"{name}：{result}", text, values)
    if event.kind is EventKind.STAGE_ENDED:
        return _item_ended(case, event, name, text)
    if event.kind in _PROGRESS:
        label, hint = _PROGRESS[event.kind]
        if event.kind is EventKind.ACCEPTED and case.promised_due_on is not None:
            hint = f"最晚{case.promised_due_on.month}月{case.promised_due_on.day}日前办结"
        values = {"thing1": name, "phrase2": label, "time3": _moment(event.at), "thing4": hint}
        return _make(case, event, "case_progress", f"{name}：{label}", text, values)
    return None


def _item_ended(case: Case, event: Event, name: str, text: str) -> Notice:
    """One item of a 一件事 is done, or refused: told at once, whatever becomes of the others."""
    stages = {stage.id: stage.name for stage in item_of(case.service_id, case.service_version).stages}
    item = stages.get(event.details["stage"], "")
    label = "已办好" if event.details["outcome"] == "passed" else "未通过"
    values = {"thing1": name, "phrase2": label, "time3": _moment(event.at), "thing4": item}
    return _make(case, event, "case_progress", f"{item}：{label}", text, values)


def _make(
    case: Case, event: Event, template: str, title: str, body: str, values: Mapping[str, str]
) -> Notice:
    return Notice(
        template=template,
        event_key=f"{case.id}:{event.seq}",
        title=title,
        body=body,
        values=values,
        page_params={"application_id": str(case.id)},
        lane=Lane.URGENT,
    )


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _moment(moment: datetime) -> str:
    local = clock.local(moment)
    return f"{_day(local.date())} {local:%H:%M}"


def tell_about_material(case: Case, *, key: str, what: str, text: str, due_on: date | None) -> None:
    """Tell the applicant what a material needs, once per `key`; `what` is cut to what WeChat takes."""
    name = item_of(case.service_id, case.service_version).name
    template = "supplement_request" if due_on is not None else "case_progress"
    values = {"thing1": name[:_LONGEST_THING], "thing4": "点开可查看要做什么"}
    if due_on is not None:
        values |= {"thing2": what[:_LONGEST_THING], "date3": _day(due_on)}
    else:
        values |= {"phrase2": "材料待补", "time3": _moment(clock.now())}
    notifications.notify(
        ResidentId(case.resident_id),
        Notice(
            template=template,
            event_key=f"{case.id}:{key}",
            title=what,
            body=text,
            values=values,
            page_params={"application_id": str(case.id)},
            lane=Lane.URGENT,
        ),
    )


def in_words(day: date | None) -> str:
    """Write a date as people say it; one that nobody knows yet is 规定期限."""
    return _day(day) if day is not None else "规定期限"
