"""What a person is told about a match: which policy, how much, why them; once per subject and policy."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from itertools import islice
from uuid import UUID

from app.eligibility import tiers
from app.eligibility.types import Assessment, Policy, ReasonView, Tier
from app.foundation import clock
from app.notifications.service import Notice
from app.notifications.types import Lane
from app.residents import fact_catalogue
from app.rules.syntax import names_in

POLICY_MATCH, DEADLINE, RENEWAL = "policy_match", "deadline_reminder", "renewal_reminder"
_REASONS_SHOWN = 2
_STAYS_NEWS = timedelta(days=7)


def event_key(policy_id: str, subject_id: UUID) -> str:
    """Return what makes the news of a policy reach a subject once, whatever version finds them."""
    return f"{policy_id}|{subject_id}"


def about(key: str) -> tuple[str, UUID] | None:
    """Return the policy and subject that an event key names; None where it is not one of ours."""
    policy_id, _, subject_id = key.rpartition("|")
    try:
        return policy_id, UUID(subject_id)
    except ValueError:
        return None


def rests_on_sensitive_facts(policy: Policy) -> bool:
    """Say whether a policy's condition looks at any sensitive fact (or one derived from such)."""
    vocabulary, scope = fact_catalogue.vocabulary(), policy.audience.value
    for name in {name.partition(".")[0] for name in names_in(policy.conditions)}:
        found = vocabulary.find(scope, name)
        if found is None or found.sensitive:
            return True
        origin = vocabulary.fact(scope, getattr(found, "derived_from", None) or name)
        if origin is not None and origin.sensitive:
            return True
    return False


def match_notice(policy: Policy, assessment: Assessment, subject_id: UUID, campaign_id: UUID) -> Notice:
    """Return the notice of a newly eligible person: their tier's page, and in the push no sensitive value.

    Where the policy rests on sensitive facts, its very name would tell them: the push names nothing then.
    """
    benefit = assessment.amount.text if assessment.amount else "详见政策说明"
    why = "、".join(islice(_met(policy, assessment.reasons), _REASONS_SHOWN)) or "您符合政策条件"
    sensitive = rests_on_sensitive_facts(policy)
    now = clock.local(clock.now())
    variant, params = tiers.opening(policy, assessment.tier)
    shown = (
        ("您可能符合一项补贴", "点开查看", "点开可看具体理由") if sensitive else (policy.title, benefit, why)
    )
    return Notice(
        template=POLICY_MATCH,
        event_key=event_key(policy.id, subject_id),
        title=f"您可以享受：{policy.title}",
        body=f"{policy.summary}\n可享待遇：{benefit}。\n为什么是您：{why}。",
        values={
            **dict(zip(("thing1", "thing2", "thing3"), shown, strict=True)),
            "time4": f"{now.year}年{now.month}月{now.day}日 {now:%H:%M}",
        },
        page_params=params,
        variant=variant,
        lane=Lane.BULK,
        lifetime=min(_STAYS_NEWS, _left(policy, now)),
        campaign_id=campaign_id,
        sensitive=sensitive,
    )


def last_days_notice(policy: Policy, subject_id: UUID) -> Notice:
    """Return the notice that a grant nobody has confirmed yet ends with its policy; once per subject."""
    ends = policy.valid_to or clock.today()
    day, sensitive = f"{ends.year}年{ends.month}月{ends.day}日", rests_on_sensitive_facts(policy)
    variant, params = tiers.opening(policy, Tier.GRANTED)
    return Notice(
        template=DEADLINE,
        event_key=event_key(policy.id, subject_id),
        title=f"{policy.title}：{day}截止",
        body=f"已经替您备好，点开核对后确认就能领取；{day}以后这项政策结束，就不能再确认了。",
        values={
            "thing1": "一项为您备好的待遇" if sensitive else policy.title,
            "date2": day,
            "thing3": "已替您备好，点开确认",
        },
        page_params=params,
        variant=variant,
        lane=Lane.URGENT,
        lifetime=_left(policy, clock.local(clock.now())),
        sensitive=sensitive,
    )


def follow_up_notice(policy: Policy, news_id: UUID) -> Notice:
    """Return the one question of the follow-up (回访), for the inbox only."""
    now = clock.local(clock.now())
    return Notice(
        template=POLICY_MATCH,
        event_key=f"follow-up|{news_id}",
        title=f"{policy.title}：您申请了吗？",
        body="七天前告诉过您可以享受这项政策。点开回答一个问题：已经申请、打算申请、没看懂，还是不适合我。",
        values={
            "thing1": "政策回访",
            "thing2": "一个问题",
            "thing3": "点开回答",
            "time4": f"{now.year}年{now.month}月{now.day}日 {now:%H:%M}",
        },
        page_params={"policy_id": policy.id},
        variant="follow_up",
        pushed=False,
    )


def _left(policy: Policy, now: datetime) -> timedelta:
    """Return how long the policy is still in force."""
    if policy.valid_to is None:
        return _STAYS_NEWS
    return datetime.combine(policy.valid_to, time(), tzinfo=now.tzinfo) + timedelta(days=1) - now


def _met(policy: Policy, reasons: Iterable[ReasonView]) -> Iterator[str]:
    """Yield reasons that may stand on a lock screen: each about one fact that is known to be harmless.

    Texts about lists (子女) and groups can name a sensitive fact without bearing its mark, so they never go.
    """
    for reason in reasons:
        if reason.outcome != "met":
            continue
        if reason.fact is None:
            yield from _met(policy, reason.children)
        elif not reason.sensitive and fact_catalogue.vocabulary().fact(policy.audience.value, reason.fact):
            yield reason.text
