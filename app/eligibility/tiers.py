"""Which way a person gets what a policy gives (办理方式分层), and which page of the mini-program opens it."""

from collections.abc import Mapping

from app.catalogue import queries as catalogue
from app.eligibility.types import Outcome, Policy, Tier
from app.forms.types import FieldType, FormDefinition
from app.rules.amounts import Amount

TAPS = (FieldType.DECLARATION, FieldType.SIGNATURE)


def tier_of(policy: Policy, outcome: Outcome, amount: Amount | None) -> Tier:
    """Return the tier one subject gets: never an easier one than the policy's own mode.

    免申即享 holds where somebody is eligible, it is certain how much they get, and nothing has to be typed; a
    policy of that mode is otherwise 快申快享 where there is a service to apply to, else applied for.
    """
    mode = Tier(policy.mode)
    if mode is Tier.GRANTED:
        certain = outcome is Outcome.ELIGIBLE and _certain(policy, amount) and _ready(policy)
        return Tier.GRANTED if certain else _prefilled(policy)
    return _prefilled(policy) if mode is Tier.PREFILLED else mode


def opening(policy: Policy, tier: Tier) -> tuple[str, Mapping[str, str]]:
    """Return which page of the notice a tap opens (a name of config/notifications.yaml) and its parameters.

    免申即享 goes to the prepared grant, 快申快享 straight to the service; everything else, and what a
    department gives without an application of ours, to the policy, its reasons and what to do.
    """
    if tier is Tier.GRANTED and policy.service_id is not None:
        return "granted", {"policy_id": policy.id}
    if tier is Tier.PREFILLED and policy.service_id is not None:
        return "prefilled", {"service_id": policy.service_id, "policy_id": policy.id}
    return "", {"policy_id": policy.id}


def needs_typing(form: FormDefinition) -> bool:
    """Say whether a form asks everybody for something that no source fills in, signing not counted."""
    return any(
        one.required and one.prefill is None and one.default is None and one.type not in TAPS
        for step in form.steps
        if step.show_if is None
        for one in step.fields
        if one.show_if is None
    )


def _ready(policy: Policy) -> bool:
    """Say whether the grant could be prepared: no service to apply to, or one whose form fills itself in."""
    if policy.service_id is None:
        return True
    item = catalogue.service(policy.service_id)
    return item is not None and not needs_typing(item.form)


def _prefilled(policy: Policy) -> Tier:
    return Tier.PREFILLED if policy.service_id is not None else Tier.APPLIED_FOR


def _certain(policy: Policy, amount: Amount | None) -> bool:
    """Say whether what is given is settled: in kind, or one amount that is no mere upper end."""
    if policy.benefit.in_kind:
        return True
    return amount is not None and amount.value is not None and not policy.benefit.ceiling
