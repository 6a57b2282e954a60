"""On which facts an answer rests (匹配依据): names, sources and dates, for the right to an explanation.

PIPL 24 and 48; values are not kept, sensitive or not: who asks later is shown what is known then.
"""

from collections.abc import Iterable, Iterator, Mapping

from app.eligibility.types import Policy, UsedFact
from app.residents import fact_catalogue
from app.residents.types import KnownFact
from app.rules.explanation import asked_for
from app.rules.expressions import names_of
from app.rules.syntax import Node, names_in

_names: dict[tuple[str, int, str], tuple[str, ...]] = {}
"""Per policy version, worked out once per process."""


def used(policy: Policy, known: Mapping[str, KnownFact]) -> tuple[UsedFact, ...]:
    """Return the facts that the policy looks at and that are known, with who says so and since when."""
    return tuple(
        UsedFact(name, known[name].source, known[name].as_of) for name in facts_of(policy) if name in known
    )


def labelled(policy: Policy, facts: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return facts as a match keeps them, each with what it is called."""
    vocabulary = fact_catalogue.vocabulary()
    found = [(used, vocabulary.find(policy.audience.value, used["fact"])) for used in facts]
    return [{**used, "label": known.label if known else ""} for used, known in found]


def facts_of(policy: Policy) -> tuple[str, ...]:
    """Return the facts and lists that conditions, amount and `received_fact` look at, as they are stored."""
    key = (policy.id, policy.version, policy.checksum)
    if key not in _names:
        _names[key] = tuple(sorted(set(_stored(policy.audience.value, _looked_at(policy)))))
    return _names[key]


def _looked_at(policy: Policy) -> Iterator[str]:
    benefit = policy.benefit
    yield from names_in(policy.conditions)
    for tier in benefit.tiers:
        yield from names_in(tier.when)
    if benefit.per is not None:
        yield from names_in(benefit.per)
    if benefit.expr is not None:
        yield from names_of(benefit.expr)
    if policy.received_fact is not None:
        yield policy.received_fact


def _stored(scope: str, names: Iterable[str]) -> Iterator[str]:
    """Yield under which name each is stored: lists as a whole, ages as the date they come from."""
    vocabulary = fact_catalogue.vocabulary()
    for name in names:
        outer = name.partition(".")[0]
        fact = vocabulary.fact(scope, outer)
        if fact is not None:
            yield asked_for(fact)
            yield from _applying(scope, fact.applicable_if)
        elif outer in vocabulary.lists:
            yield outer


def _applying(scope: str, condition: Node | None) -> Iterator[str]:
    if condition is not None:
        yield from _stored(scope, names_in(condition))
