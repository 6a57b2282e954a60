from collections import Counter
from dataclasses import replace

from app.eligibility.assessment import region_params
from app.eligibility.population import preview
from app.eligibility.types import Outcome
from app.residents.fact_catalogue import region_of, vocabulary
from app.rules.evaluation import evaluate
from app.rules.syntax import parse
from tests.app.eligibility.population import people as some

PEOPLE = some.people(500)
ELDERS = next(policy for policy in some.policies() if policy.id == "cq-yuzhong-elder")


def elders_of(age):
    condition = {
        "all": [
            {"fact": "age", "op": "ge", "value": age},
            {"fact": "hukou_region", "op": "prefix", "value": "50"},
        ]
    }
    return some.book(chosen=[replace(ELDERS, conditions=parse(condition, vocabulary()))])


def one_by_one(book):
    conditions = book.policies[0].conditions
    return [
        evaluate(conditions, known, as_of=some.DAY, params=region_params(region_of(known)))
        for known in PEOPLE
    ]


def test_a_preview_counts_what_the_definition_says_one_by_one():
    book = elders_of(60)
    found = preview.counted(book, some.table(PEOPLE, book.needed))
    truths = one_by_one(book)
    assert found.outcomes == dict(Counter(map(Outcome.of, truths)))
    homes = Counter(region_of(known) or "" for known, truth in zip(PEOPLE, truths, strict=True) if truth)
    assert found.by_region == homes
    assert len(found.sample) == min(preview.SAMPLE, truths.count(True))
    assert all(truths[row] for row in found.sample)


def test_a_version_beside_another_says_who_gains_and_who_loses():
    old, new = elders_of(60), elders_of(70)
    table = some.table(PEOPLE, old.needed | new.needed)
    losing = [
        row
        for row, (then, now) in enumerate(zip(one_by_one(old), one_by_one(new), strict=True))
        if then and not now
    ]
    found = preview.compared(old, new, table)
    assert losing
    assert (found.gain.tolist(), found.lose.tolist()) == ([], losing)
    assert preview.compared(new, old, table).gain.tolist() == losing


def test_a_fact_leads_to_the_policies_that_it_may_change():
    found = some.book().by_fact()
    assert ("cq-yuzhong-elder", 1) in found["birth_date"] & found["hukou_region"]
    assert ("cn-childcare-allowance", 1) in found["children"]
    assert ("cq-yuzhong-elder", 1) not in found["children"]
