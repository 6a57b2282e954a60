from datetime import date

from app.eligibility import policies
from app.eligibility.assessment import region_params
from app.eligibility.loading import plain
from app.eligibility.types import Audience
from app.residents.fact_catalogue import region_of
from config import files
from tests.app.eligibility.population import people as some

DAY = date(2026, 11, 25)


def test_with_many_policies_only_the_possible_are_asked_and_none_is_lost():
    bodies = [plain(raw) for raw in files.read_all("policies")]
    copies = [
        policies._read(name, 1, f"of {name}", {**body, "id": name})
        for number in range(5)
        for body in bodies
        for name in [f"copy-{number}-{body['id']}"]
    ]
    tried = [policy for policy in copies if policy.audience is Audience.PERSON]
    assert len(tried) >= policies.INDEXED_FROM
    asked = 0
    for known in some.people(60):
        params = region_params(region_of(known))
        found = policies.possible(tried, known, as_of=DAY, params=params)
        asked += len(found)
        not_false = {
            policy.id
            for policy in tried
            if policies.answer(policy, known, as_of=DAY, params=params) is not False
        }
        assert not_false <= set(found)
    assert asked < 0.8 * 60 * len(tried)


def test_few_policies_are_all_asked():
    body = plain(next(iter(files.read_all("policies"))))
    policy = policies._read("the-only-one", 1, "of it", {**body, "id": "the-only-one"})
    assert policies.possible([policy], {}, as_of=DAY, params={}) == [policy.id]
