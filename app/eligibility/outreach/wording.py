"""Why somebody is visited, as the grid worker (网格员) reads it: the policy's open conditions, no secret."""

from collections.abc import Iterator

from app.catalogue import regions
from app.eligibility.assessment import region_params
from app.eligibility.types import Policy
from app.residents import fact_catalogue
from app.rules.syntax import All, Leaf, Node
from app.rules.wording import Wording

HIDDEN = "其余条件已由主管部门的数据核对，这里不展示，请勿追问"


def reasons(policy: Policy, region_code: str) -> list[str]:
    """Return the conditions that everybody must fit and that tell no secret, then that there are others.

    They are the policy's own words: what is known of the person is not kept, so it cannot be shown.
    """
    wording = Wording(region_params(region_code), regions.name)
    nodes = list(_together(policy.conditions))
    harmless = [node for node in nodes if isinstance(node, Leaf) and _is_harmless(policy, node)]
    said = [wording.sentence(node) for node in harmless]
    return said if len(harmless) == len(nodes) else [*said, HIDDEN]


def _together(node: Node) -> Iterator[Node]:
    if isinstance(node, All):
        for member in node.members:
            yield from _together(member)
    else:
        yield node


def _is_harmless(policy: Policy, leaf: Leaf) -> bool:
    """Say whether neither the fact nor the one it is derived from is sensitive."""
    vocabulary, scope = fact_catalogue.vocabulary(), policy.audience.value
    named = {leaf.fact.name, leaf.fact.derived_from or leaf.fact.name}
    facts = [vocabulary.fact(scope, name) for name in named]
    return all(fact is not None and not fact.sensitive for fact in facts)
