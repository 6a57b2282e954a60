"""What a person is told about a match: which policy, how much, why them; one event per policy version."""

from app.eligibility.assessment import HIDDEN
from app.eligibility.types import Assessment, Policy, ReasonView
from app.foundation import clock
from app.notifications.service import Notice
from app.notifications.types import Lane

_REASONS_SHOWN = 2


def match_notice(policy: Policy, assessment: Assessment) -> Notice:
    """Return the notice of a newly eligible person; it carries no sensitive value."""
    benefit = assessment.amount.text if assessment.amount else "详见政策说明"
    why = "、".join(_met(assessment.reasons)[:_REASONS_SHOWN]) or "您符合政策条件"
    now = clock.local(clock.now())
    return Notice(
        template="policy_match",
        event_key=f"{policy.id}@{policy.version}",
        title=f"您可以享受：{policy.title}",
        body=f"{policy.summary}\n可享待遇：{benefit}。\n为什么是您：{why}。",
        values={
            "thing1": policy.title,
            "thing2": benefit,
            "thing3": why,
            "time4": f"{now.year}年{now.month}月{now.day}日 {now:%H:%M}",
        },
        page_params={"policy_id": policy.id},
        lane=Lane.BULK,
    )


def _met(reasons: tuple[ReasonView, ...]) -> list[str]:
    """Return reasons that may stand on a lock screen: none about a sensitive fact."""
    return [reason.text for reason in reasons if reason.outcome == "met" and reason.value != HIDDEN]
