"""One policy, one subject, one date: the explained answer."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from app.eligibility import policies, provenance, tiers
from app.eligibility.types import Assessment, MissingFact, Outcome, Policy, ReasonView
from app.foundation.regions import covers
from app.residents import fact_catalogue
from app.residents.fact_catalogue import region_of as region_of
from app.residents.types import KnownFact
from app.rules.amounts import assess_amount
from app.rules.explanation import Explanation, Reason
from app.rules.types import FactType, ListKind, Params, Truth
from app.rules.vocabulary import resolve_params

_WORDS: dict[Truth, str] = {True: "met", False: "not_met", None: "unknown"}
HIDDEN = "已核验（内容不展示）"
_AREAS = ("residence_region", "hukou_region", "ent_region")


@lru_cache(maxsize=20_000)
def region_params(region_code: str | None, on: date | None = None) -> Params:
    """Return the regional parameters (地方标准) where the subject lives: of a day, else the last entered."""
    return resolve_params(fact_catalogue.vocabulary(), region_code, on=on)


def assess(
    policy: Policy,
    values: Mapping[str, object],
    known: Mapping[str, KnownFact],
    *,
    as_of: date,
    explained: Explanation | None = None,
) -> Assessment:
    """Answer with reasons, amount and what is missing; `known` says where each value came from.

    `explained` is the explanation, where many policies were explained at once.
    """
    if not policy.in_force(as_of):
        return _not_in_force(policy, as_of)
    params = region_params(region_of(values), as_of)
    if explained is None:
        explained = policies.explained(policy, values, as_of=as_of, params=params)
    outcome = Outcome.of(explained.truth)
    amount = (
        None
        if outcome is Outcome.INELIGIBLE
        else assess_amount(policy.benefit, values, as_of=as_of, params=params)
    )
    return Assessment(
        policy_id=policy.id,
        rule_version=policy.version,
        as_of=as_of,
        outcome=outcome,
        amount=amount,
        reasons=tuple(_view(reason, known) for reason in explained.reasons),
        missing=tuple(_missing(policy, name) for name in explained.missing),
        tier=tiers.tier_of(policy, outcome, amount),
        facts=provenance.used(policy, known),
        concerns=_concerns(policy, outcome, values),
        received=policy.received_fact is not None and values.get(policy.received_fact) is True,
    )


def _concerns(policy: Policy, outcome: Outcome, values: Mapping[str, object]) -> bool:
    """Say whether the policy is this subject's own: it fits, or it may fit and is of one of their areas."""
    if outcome is not Outcome.UNDETERMINED:
        return outcome is Outcome.ELIGIBLE
    areas = [values[name] for name in _AREAS if isinstance(values.get(name), str)]
    return any(covers(policy.region_code, str(area)) for area in areas)


def _not_in_force(policy: Policy, as_of: date) -> Assessment:
    begun = policy.valid_from <= as_of
    text = f"政策已于{policy.valid_to}结束" if begun else f"政策自{policy.valid_from}起实施，还没有开始"
    reason = ReasonView(text, "not_met", None, None, None, None)
    return Assessment(policy.id, policy.version, as_of, Outcome.INELIGIBLE, None, (reason,), ())


def _view(reason: Reason, known: Mapping[str, KnownFact]) -> ReasonView:
    source = known.get(reason.fact or "")
    return ReasonView(
        text=reason.text,
        outcome=_WORDS[reason.truth],
        fact=reason.fact,
        value=shown(reason.value, sensitive=reason.sensitive),
        source=source.source if source else None,
        fetched_at=source.fetched_at if source else None,
        children=tuple(_view(child, known) for child in reason.children),
        sensitive=reason.sensitive,
    )


def shown(value: object, *, sensitive: bool) -> str | None:
    """Return a value as text for a reason; a sensitive one says only that it was seen."""
    if value is None or sensitive:
        return None if value is None else HIDDEN
    match value:
        case bool():
            return "是" if value else "否"
        case date() | datetime():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case list() | tuple():
            return f"{len(value)}项"
        case _:
            return str(value)


def _missing(policy: Policy, name: str) -> MissingFact:
    found = fact_catalogue.vocabulary().find(policy.audience.value, name)
    if found is None:
        return MissingFact(name, name, "fetch", "")
    typed = isinstance(found, ListKind) or found.type is not FactType.OPAQUE
    return MissingFact(name, found.label, found.how.value if typed else "fetch", found.question)
