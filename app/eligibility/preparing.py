"""What is said about a day to come, and what to prepare: materials, facts, the page where it goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.catalogue import queries as catalogue
from app.eligibility import queries
from app.eligibility.foresight import UpcomingKind
from app.eligibility.notices import RENEWAL
from app.eligibility.upcoming import Foreseen
from app.notifications import templates
from app.rules.wording import listed


@dataclass(frozen=True, slots=True)
class Preparation:
    """One thing that an application needs, as the service (事项) or the policy lists it."""

    name: str
    required: bool
    source: str


@dataclass(frozen=True, slots=True)
class Service:
    """Where it is applied for or renewed."""

    id: str
    name: str


def note(one: Foreseen) -> str:
    """Say in one sentence what the day means and what to do; "若…" where it is not certain."""
    day, last = listed(one.upcoming.day), listed(one.upcoming.last_day or one.upcoming.day)
    unknown = "、".join(missing.label for missing in one.assessment.missing) or "其他条件"
    match one.kind:
        case UpcomingKind.BEGINS:
            return f"从{day}起可以享受，可以先准备材料。"
        case UpcomingKind.MAY_BEGIN:
            return f"若{unknown}符合条件，从{day}起可以享受；请先补充信息。"
        case UpcomingKind.RENEWAL:
            service = service_of(one)
            done = f"办理“{service.name}”" if service else "办理续期"
            return f"{last}到期，请在这天之前{done}，逾期可能暂停发放。"
        case UpcomingKind.MAY_END:
            return f"若{unknown}符合条件，只能享受到{last}；请在这天之前补充信息并申请。"
        case UpcomingKind.ENDS:
            return _end(one, last)


def _end(one: Foreseen, last: str) -> str:
    over = f"享受到{last}为止" if one.receives else f"{last}是最后一天，还没有申请的请在这天之前申请"
    unknown = "、".join(missing.label for missing in one.assessment.missing)
    later = f"；之后是否还符合，要看{unknown}" if one.upcoming.after is None and unknown else ""
    return f"{over}{later}。"


def days_left(one: Foreseen, today: date) -> int:
    """Return the days from today to the day it begins, or to the last one before it is over."""
    return ((one.upcoming.last_day or one.upcoming.day) - today).days


def service_of(one: Foreseen) -> Service | None:
    """Return the service to apply to, or to renew by; None where the catalogue has none."""
    policy = one.upcoming.policy
    service_id = policy.renewal.service_id if one.upcoming.renewal and policy.renewal else policy.service_id
    item = None if service_id is None else catalogue.service(service_id)
    return None if item is None else Service(item.content.id, item.content.name)


def materials(one: Foreseen) -> Sequence[Preparation]:
    """Return what an application needs: the service's materials, else what the policy itself names.

    Nothing where there is nothing to apply for: to renew is no new application.
    """
    if one.upcoming.renewal or one.receives:
        return []
    service = service_of(one)
    item = None if service is None else catalogue.service(service.id)
    if item is None:
        named = one.upcoming.policy.raw.get("materials") or ()
        return [Preparation(str(name), required=True, source="") for name in named]
    return [Preparation(m.name, m.required, str(m.source)) for m in item.content.materials]


def link(one: Foreseen) -> str:
    """Return the page where it goes on: the service that renews, else the policy."""
    service = service_of(one) if one.upcoming.renewal else None
    if service is not None:
        return templates.link(RENEWAL, {"service_id": service.id})
    return queries.link(one.upcoming.policy, one.assessment.tier)
