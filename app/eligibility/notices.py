"""What a person is told about a match: which policy, how much, why them; one event per policy version."""

from collections.abc import Iterable, Iterator
from itertools import islice

from app.eligibility import tiers
from app.eligibility.types import Assessment, Policy, ReasonView
from app.foundation import clock
from app.notifications.service import Notice
from app.notifications.types import Lane
from app.residents import fact_catalogue

POLICY_MATCH = "policy_match"
_REASONS_SHOWN = 2


def event_key(policy_id: str, version: int) -> str:
    """Return what makes the news of one policy version reach a person once."""
    return f"{policy_id}@{version}"


def match_notice(policy: Policy, assessment: Assessment) -> Notice:
    """Return the notice of a newly eligible person: their tier's page, and no sensitive value."""
    benefit = assessment.amount.text if assessment.amount else "详见政策说明"
    why = "、".join(islice(_met(policy, assessment.reasons), _REASONS_SHOWN)) or "您符合政策条件"
    now = clock.local(clock.now())
    variant, params = tiers.opening(policy, assessment.tier)
    return Notice(
        template=POLICY_MATCH,
        event_key=event_key(policy.id, policy.version),
        title=f"您可以享受：{policy.title}",
        body=f"{policy.summary}\n可享待遇：{benefit}。\n为什么是您：{why}。",
        values={
            "thing1": policy.title,
            "thing2": benefit,
            "thing3": why,
            "time4": f"{now.year}年{now.month}月{now.day}日 {now:%H:%M}",
        },
        page_params=params,
        variant=variant,
        lane=Lane.BULK,
    )


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
