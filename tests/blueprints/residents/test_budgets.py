"""What a change of one's own data costs where it costs most (fixture `cold`)."""

from uuid import UUID

import pytest

from app.eligibility import loading, policies, runs, telling
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from config import files
from tests.app.eligibility.conftest import learn

FACTS = "/api/v1/me/facts"
CONSENTS = "/api/v1/me/consents"
FITTING = ("cq-yuzhong-elder", "cq-disability-living", "cq-disability-nursing", "cn-care-coupon")
"""Policies that 渝中区82岁的老人 fits."""


@pytest.mark.parametrize("who", ["yuzhong_elder", "hefei_owner"])
def test_whatever_a_resident_changes_stays_within_ten_statements(who, phone, cold):
    with atomic():
        loading.load_policies()
    person = phone(who).verify()
    for purpose in ("matching", "push", "certificates", "prefill", "matching"):
        assert cold(person.client, "PUT", f"{CONSENTS}/{purpose}", {}) > 3
    assert cold(person.client, "POST", f"{FACTS}/refresh", {}) > 3
    assert cold(person.client, "POST", f"{FACTS}/refresh", {}) > 3
    assert cold(person.client, "PUT", f"{FACTS}/disability_level", {"value": 1}) > 3
    assert cold(person.client, "PUT", f"{FACTS}/disability_level", {"value": None}) > 3
    for subject in person.client.get("/api/v1/me/subjects").json["items"][1:]:
        assert cold(person.client, "GET", f"{FACTS}?subject_id={subject['id']}") > 2
    assert cold(person.client, "GET", "/api/v1/me/export") > 3
    for purpose in ("matching", "prefill", "push"):
        assert cold(person.client, "DELETE", f"{CONSENTS}/{purpose}", {}) > 3
        assert cold(person.client, "PUT", f"{CONSENTS}/{purpose}", {}) > 3
    assert cold(person.client, "POST", f"{FACTS}/refresh", {}) > 3
    assert cold(person.client, "DELETE", "/api/v1/me") > 3


@pytest.fixture
def everyone_is_matched_against():
    """`everyone_is_matched_against(policy_ids)`: their runs have begun and reached nobody yet."""

    def begin(policy_ids):
        with atomic():
            for policy_id in policy_ids:
                runs.start(policies.published(policy_id))

    return begin


@pytest.fixture
def granny(phone):
    """渝中区82岁的老人, verified; the policies are published."""
    with atomic():
        loading.load_policies()
    return phone("yuzhong_elder").verify()


@pytest.fixture(params=[0, 1, 4], ids=lambda number: f"{number} running")
def fitting(request):
    """Some of the policies that she fits."""
    return FITTING[: request.param]


def test_news_of_policies_whose_runs_are_under_way_cost_no_more_for_many_when_facts_arrive(
    granny, fitting, everyone_is_matched_against, cold
):
    cold(granny.client, "PUT", f"{CONSENTS}/matching", {})
    everyone_is_matched_against(fitting)
    cold(granny.client, "POST", f"{FACTS}/refresh", {})
    assert _told(granny) == sorted(fitting)


def test_news_of_policies_whose_runs_are_under_way_cost_no_more_for_many_when_matching_is_allowed(
    granny, fitting, everyone_is_matched_against, cold
):
    for purpose in ("matching", "prefill"):
        cold(granny.client, "PUT", f"{CONSENTS}/{purpose}", {})
    cold(granny.client, "DELETE", f"{CONSENTS}/matching", {})
    with atomic():
        learn(ResidentId(UUID(granny.id)), **_known(), hukou_region="500103")
    everyone_is_matched_against(fitting)
    cold(granny.client, "PUT", f"{CONSENTS}/matching", {})
    assert _told(granny) == sorted(fitting)


def test_news_of_policies_whose_runs_are_under_way_cost_no_more_for_many_when_a_fact_is_stated(
    granny, fitting, everyone_is_matched_against, cold
):
    cold(granny.client, "PUT", f"{CONSENTS}/matching", {})
    with atomic():
        learn(ResidentId(UUID(granny.id)), **_known())
    everyone_is_matched_against(fitting)
    cold(granny.client, "PUT", f"{FACTS}/hukou_region", {"value": "500103"})
    assert _told(granny) == sorted({*fitting} - {"cn-care-coupon"}), "that one she fitted wherever she lives"


def _known():
    """What is known of her but where she is from."""
    facts = files.read("worked_cases")["cases"][0]["facts"]
    plain = {name: str(value) if name == "birth_date" else value for name, value in facts.items()}
    del plain["hukou_region"]
    return plain


def _told(person):
    telling.tell_due()  # the request leaves it to a worker
    found = person.client.get("/api/v1/me/messages").json["items"]
    return sorted(item["link"].split("policy_id=")[1] for item in found)
