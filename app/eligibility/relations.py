"""Policies form a graph (政策关系): who stands in for whom, replaces whom, bars whom, builds on whom.

The validity of one rests on others (财政部 税务总局公告2026年第10号 ended many), so what a draft names
exists and does not lead back to itself.
"""

from collections.abc import Collection, Iterator, Mapping

from app.eligibility.definition import RELATIONS
from app.eligibility.types import Policy
from app.foundation.regions import covers

DIRECTED = ("implements", "supersedes", "requires")


def faults(policy: Policy, others: Mapping[str, Policy], known: Collection[str]) -> dict[str, list[str]]:
    """Return what is wrong with a policy's relations, by path: to nobody, to itself, in a circle, at odds.

    `others` are the published policies by id, `known` every id that was ever published.
    """
    found: dict[str, list[str]] = {}
    graph = {**others, policy.id: policy}
    for path, name in _named(policy):
        if name == policy.id:
            found[path] = ["不能指向自己"]
        elif name not in known:
            found[path] = [f"没有编号为“{name}”的政策"]
        elif not path.startswith("excludes") and (way := _way(graph, name, policy.id)):
            found[path] = [f"政策之间绕成了圈：{' → '.join((policy.id, *way))}"]
        elif name in policy.excludes and not path.startswith("excludes"):
            found[path] = [f"“{name}”已写为不能同时享受，不能再写在这里"]
    wider = others.get(policy.implements or "")
    if wider is not None and "implements" not in found and not _may_implement(policy, wider):
        found["implements"] = [f"“{wider.id}”的地区要包含本政策的地区，适用对象要相同"]
    return found


def _named(policy: Policy) -> Iterator[tuple[str, str]]:
    """Yield every relation: its path in the policy, and the id it names."""
    if policy.implements is not None:
        yield "implements", policy.implements
    for key in RELATIONS:
        for number, name in enumerate(getattr(policy, key)):
            yield f"{key}[{number}]", name


def _may_implement(policy: Policy, wider: Policy) -> bool:
    return covers(wider.region_code, policy.region_code) and wider.audience is policy.audience


def _way(graph: Mapping[str, Policy], start: str, goal: str) -> tuple[str, ...]:
    """Return the way along directed relations from one policy to another, both included; empty if none."""
    waiting: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    while waiting:
        way = waiting.pop(0)
        if way[-1] == goal:
            return way
        for name in _directed(graph.get(way[-1])):
            if name not in seen:
                seen.add(name)
                waiting.append((*way, name))
    return ()


def _directed(policy: Policy | None) -> Iterator[str]:
    if policy is not None:
        yield from (name for path, name in _named(policy) if path.partition("[")[0] in DIRECTED)
