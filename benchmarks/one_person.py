"""Part (vi) of `benchmarks.matching`: one person against 1,000 policies, with every reason."""

import statistics
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from app.catalogue import regions
from app.eligibility.population.rulebook import Rulebook, region_at, subject_at
from app.residents import fact_catalogue
from app.rules.explanation import explain
from app.rules.panel import Panel
from app.rules.planes.columns import Table
from app.rules.syntax import Node
from app.rules.types import Params, Subject
from app.rules.vocabulary import resolve_params
from benchmarks import rivals
from benchmarks.population import DAY
from benchmarks.timing import MEGA, MILLI, Timed, say, timed

PEOPLE = 500


def one_person(book: Rulebook, table: Table) -> None:
    """(vi): one person against 1,000 policies, with the reasons and gaps of whatever is not a no."""
    nodes = [policy.conditions for policy in book.policies]
    chance = np.random.default_rng(9)
    rows = chance.choice(table.size, PEOPLE, replace=False)
    people = [(subject_at(table, int(row)), region_at(table, int(row))) for row in rows]
    panels: dict[Any, Panel] = {}
    asked = []
    for subject, region in people:
        params = resolve_params(fact_catalogue.vocabulary(), region)
        key = tuple(sorted(params.items()))
        if key not in panels:
            panels[key] = Panel(nodes, as_of=DAY, params=params, region_name=regions.name)
        asked.append((panels[key], subject, params))
    for one in asked[:20]:
        _told_alike(nodes, *one)
    answers, reasons = (_each_timed(work, asked) for work in (Panel.not_false, Panel.explained))
    means = [statistics.mean(one.cpu for one in each) for each in (answers, reasons)]
    say("(vi) one person × 1,000 policies, answers only, mean", f"{means[0] * MEGA:.0f} µs cpu")
    kept = statistics.mean(len(one.made) for one in reasons)
    say(f"    with reasons of the {kept:.0f} that are not no, mean", f"{means[1] * MEGA:.0f} µs cpu")
    wall, cpu = (
        sorted(each)[int(PEOPLE * 0.99)] * MILLI
        for each in ([one.wall for one in reasons], [one.cpu for one in reasons])
    )
    say("    with reasons, p99", f"{wall:.2f} ms, cpu {cpu:.2f} ms", "< 1 ms", reached=wall < 1)
    beside_zen(nodes, [subject for _, subject, _ in asked[:50]], *means)


def _told_alike(nodes: Sequence[Node], panel: Panel, subject: Subject, params: Params) -> None:
    """See that together they are explained as each alone would be."""
    alone = (explain(node, subject, as_of=DAY, params=params, region_name=regions.name) for node in nodes)
    if panel.explained(subject) != {place: one for place, one in enumerate(alone) if one.truth is not False}:
        raise SystemExit("together they are explained otherwise than alone")


def _each_timed(
    work: Callable[[Panel, Subject], Any], asked: Sequence[tuple[Panel, Subject, Params]]
) -> list[Timed]:
    """Return for each person the best of three rounds, a round over everybody."""
    rounds = [[timed(partial(work, panel, subject), 1) for panel, subject, _ in asked] for _ in range(3)]
    return [
        Timed(min(one.wall for one in each), min(one.cpu for one in each), each[0].made)
        for each in zip(*rounds, strict=True)
    ]


def beside_zen(nodes: Sequence[Node], people: Sequence[Subject], answers: float, reasons: float) -> None:
    """(vi): the rules that zen-engine can express, scaled to all of them."""
    if not rivals.has("zen"):
        say("    zen-engine", "not installed")
        return
    own_facts = [node for node in nodes if rivals.plain(node)]
    theirs = statistics.mean(rivals.zen(own_facts, people)) * len(nodes) / len(own_facts)
    say(
        f"    zen-engine, the {len(own_facts)} without lists scaled to 1,000, no reasons",
        f"{theirs * MILLI:.2f} ms cpu",
        "≥ 10 ×",
        reached=theirs >= 10 * reasons,
    )
    ratios = f"{theirs / reasons:.0f} ×, {theirs / answers:.0f} ×"
    say("    ratio to ours with reasons, to answers only", ratios)
