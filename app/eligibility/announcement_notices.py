"""What is told ahead of a day (预告): in the app only where it begins, urgently where it is about to end."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from app.eligibility import preparing
from app.eligibility.foresight import UpcomingKind
from app.eligibility.notices import DEADLINE, POLICY_MATCH, RENEWAL, rests_on_sensitive_facts
from app.eligibility.types import Policy
from app.eligibility.upcoming import Foreseen
from app.foundation import clock
from app.notifications.service import Notice
from app.notifications.types import Lane
from app.residents import fact_catalogue
from app.rules.wording import listed

_UNNAMED = "您的一项补贴"
_SHOWN_MATERIALS = 5


def event_key(kind: str, policy_id: str, day: date, subject_id: UUID) -> str:
    """Return what makes an announcement reach a subject once; never the key of the news that it holds."""
    return f"{kind}|{policy_id}|{day.isoformat()}|{subject_id}"


def about(key: str) -> tuple[str, str, date, UUID] | None:
    """Return kind, policy, day and subject that an event key names; None where it is not one of ours."""
    try:
        kind, policy_id, day, subject_id = key.split("|")
        return kind, policy_id, date.fromisoformat(day), UUID(subject_id)
    except ValueError:
        return None


def announcement_notice(one: Foreseen) -> Notice:
    """Return the notice about a day to come; where sensitive facts are behind it, its push names nothing."""
    if one.kind is UpcomingKind.BEGINS:
        return _beginning(one)
    return _renewal(one) if one.kind is UpcomingKind.RENEWAL else _end(one)


def _beginning(one: Foreseen) -> Notice:
    """Tell in the app only: it is pushed on the day on which it holds."""
    policy, needed = one.upcoming.policy, [m.name for m in preparing.materials(one) if m.required]
    benefit = one.assessment.amount.text if one.assessment.amount else "详见政策说明"
    prepare = f"\n请先准备：{'、'.join(needed[:_SHOWN_MATERIALS])}。" if needed else ""
    now = clock.local(clock.now())
    return Notice(
        template=POLICY_MATCH,
        event_key=_key(one),
        title=f"即将可享：{policy.title}",
        body=f"{_why(one)}{preparing.note(one)}\n可享待遇：{benefit}。{prepare}",
        values={
            "thing1": policy.title,
            "thing2": benefit,
            "thing3": one.why[0],
            "time4": f"{now.year}年{now.month}月{now.day}日 {now:%H:%M}",
        },
        page_params={"policy_id": policy.id},
        sensitive=_is_sensitive(policy),
        pushed=False,
    )


def _end(one: Foreseen) -> Notice:
    policy = one.upcoming.policy
    values = {
        "thing1": _UNNAMED if _is_sensitive(policy) else policy.title,
        "date2": listed(_last(one)),
        "thing3": f"还有{preparing.days_left(one, clock.today())}天，点开看怎么办",
    }
    return _urgent(one, DEADLINE, f"即将到期：{policy.title}", values, {"policy_id": policy.id})


def _renewal(one: Foreseen) -> Notice:
    policy = one.upcoming.policy
    if policy.renewal is None:
        raise ValueError("only a policy with a renewal is renewed")
    title = f"请在{listed(_last(one))}前续期：{policy.title}"
    values = {
        "thing1": f"{_UNNAMED if _is_sensitive(policy) else policy.title}续期",
        "date2": listed(_last(one)),
        "thing3": "逾期可能暂停发放，点开办理",
    }
    return _urgent(one, RENEWAL, title, values, {"service_id": policy.renewal.service_id})


def _urgent(
    one: Foreseen, template: str, title: str, values: dict[str, str], page_params: dict[str, str]
) -> Notice:
    """Tell of a deadline: never behind policies that are merely offered, and never in quiet hours either."""
    return Notice(
        template=template,
        event_key=_key(one),
        title=title,
        body=f"{_why(one)}{preparing.note(one)}",
        values=values,
        page_params=page_params,
        lane=Lane.URGENT,
        lifetime=_until_over(one),
        sensitive=_is_sensitive(one.upcoming.policy),
    )


def _is_sensitive(policy: Policy) -> bool:
    """Say whether a push about it rests on sensitive facts, the date of its renewal among them."""
    since = policy.renewal and fact_catalogue.vocabulary().fact(policy.audience.value, policy.renewal.since)
    return rests_on_sensitive_facts(policy) or bool(since and since.sensitive)


def _key(one: Foreseen) -> str:
    named = one.upcoming
    return event_key(one.kind, named.policy.id, named.day, one.candidate.subject_id)


def _why(one: Foreseen) -> str:
    return f"{'；'.join(one.why)}。\n" if one.why else ""


def _last(one: Foreseen) -> date:
    return one.upcoming.last_day or one.upcoming.day


def _until_over(one: Foreseen) -> timedelta:
    """Return how long the push says anything: to the end of the last day."""
    after = _last(one) + timedelta(days=1)
    return datetime.combine(after, time(), tzinfo=clock.SHANGHAI) - clock.now()
