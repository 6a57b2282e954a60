"""One meaning, also far away: what Spark's executors answer is what the definition says, about every pair.

`PAIRS=1000000 make test-spark` (`make soak`) asks for as many as one likes.
"""

import datetime as dt
import os
from collections import Counter
from dataclasses import replace
from random import Random
from uuid import UUID

import pytest

from app.eligibility.assessment import region_params
from app.eligibility.population import running
from app.eligibility.population.rulebook import Rulebook
from app.eligibility.types import Audience
from app.residents import fact_catalogue
from app.residents.columnar import Row
from app.rules.compilation import compile_condition
from app.rules.evaluation import evaluate
from app.rules.planes.answers import truths
from app.rules.syntax import parse
from tests.app.eligibility.population import people as some
from tests.app.eligibility.population.snapshots import contents, snapshot
from tests.app.rules import by_chance

PAIRS = int(os.environ.get("PAIRS", "36000"))
PEOPLE, RULES = 200, 60
BATCHES = -(-PAIRS // (PEOPLE * RULES))


def policies(nodes, audience):
    one = next(policy for policy in some.policies() if policy.audience is audience)
    return [
        replace(
            one,
            id=f"drawn-{place:03}",
            checksum=str(place),
            conditions=node,
            valid_from=dt.date(2000, 1, 1),
            valid_to=None,
        )
        for place, node in enumerate(nodes)
    ]


@pytest.mark.parametrize("seed", range(BATCHES))
def test_executors_answer_what_the_definition_the_closures_and_the_planes_answer_here(
    seed, tmp_path, cluster
):
    chance = Random(seed)  # noqa: S311 (a test wants the same rules again, not a secret)
    scope = "enterprise" if seed % 3 == 2 else "person"
    as_of, vocabulary, audience = (
        by_chance.DAYS[seed % len(by_chance.DAYS)],
        fact_catalogue.vocabulary(),
        Audience(scope),
    )
    rules = [by_chance.rule(vocabulary, scope, chance) for _ in range(RULES)]
    nodes = [parse(rule, vocabulary, scope) for rule in rules]
    subjects = [by_chance.subject(vocabulary, scope, chance, as_of) for _ in range(PEOPLE)]
    rows = [
        Row(UUID(int=place + 1), fact_catalogue.region_of(known), as_of, known)
        for place, known in enumerate(subjects)
    ]
    book, made = (
        Rulebook.of(policies(nodes, audience), audience, as_of),
        snapshot(tmp_path, rows, as_of, scope),
    )
    assert len(made.parts) > 3
    far = running.run(made, book, tmp_path / "far", placement=cluster)
    here = running.run(made, book, tmp_path / "here")
    assert contents(far.folder) == contents(here.folder)
    seen = Counter()
    for part in far.parts:
        found = far.answers(part)
        known = [subjects[UUID(bytes=bytes(one).ljust(16, b"\0")).int - 1] for one in found.ids]
        for number, (rule, node) in enumerate(zip(rules, nodes, strict=True)):
            for subject, answer in zip(known, truths(found.planes, number), strict=True):
                params = region_params(fact_catalogue.region_of(subject))
                defined = evaluate(node, subject, as_of=as_of, params=params)
                assert answer is defined, (rule, subject)
                assert compile_condition(node, as_of=as_of, params=params)(subject) is defined, (
                    rule,
                    subject,
                )
                seen[defined] += 1
    assert sum(seen.values()) == PEOPLE * RULES
    assert min(seen[True], seen[False], seen[None]) > PEOPLE, "every answer is among them"
