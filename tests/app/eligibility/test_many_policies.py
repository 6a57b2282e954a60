from dataclasses import replace
from datetime import date

from app.catalogue import regions
from app.eligibility import policies
from app.eligibility.assessment import region_params
from app.eligibility.loading import plain
from app.eligibility.types import Audience
from app.residents.fact_catalogue import region_of
from app.rules.syntax import Not
from config import files
from tests.app.eligibility.population import people as some
from tests.app.rules import plain_explanation

DAY = date(2026, 11, 25)


def test_many_policies_are_answered_and_explained_as_each_alone():
    bodies = [plain(raw) for raw in files.read_all("policies")]
    copies = [
        policies._read(name, 1, f"of {name}", {**body, "id": name})
        for number in range(3)
        for body in bodies
        for name in [f"copy-{number}-{body['id']}"]
    ]
    tried = [policy for policy in copies if policy.audience is Audience.PERSON]
    for known in some.people(20):
        context = {"as_of": DAY, "params": region_params(region_of(known))}
        found = policies.all_explained(tried, known, **context)
        for policy in tried:
            assert (policy.id in found) is (policies.answer(policy, known, **context) is not False)
            alone = policies.explained(policy, known, **context)
            assert found.get(policy.id, alone) == alone
            assert alone == plain_explanation.explain(
                policy.conditions, known, region_name=regions.name, **context
            )


def test_a_policy_that_is_not_kept_is_explained_as_it_reads_now():
    body = plain(next(iter(files.read_all("policies"))))
    kept = policies._read("the-only-one", 1, "of it", {**body, "id": "the-only-one"})
    draft = replace(kept, conditions=Not(kept.conditions))
    context = {"as_of": DAY, "params": region_params(None)}
    assert policies.explained(kept, {}, **context).reason != policies.explained(draft, {}, **context).reason
