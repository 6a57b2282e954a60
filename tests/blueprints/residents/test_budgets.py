"""What a change of one's own data costs where it costs most: session unknown to Redis, request with a key."""

import uuid

import pytest

from app.eligibility import loading, policies
from app.foundation.transaction import atomic

FACTS = "/api/v1/me/facts"
CONSENTS = "/api/v1/me/consents"


@pytest.fixture
def cold(redis, query_budget, monkeypatch):
    """`cold(phone, method, path, body)`: a keyed request to a process that has just begun."""

    def ask(phone, method, path, body=None):
        redis.flushdb()
        monkeypatch.setattr(policies, "_edition", [("", ())])
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        with query_budget(10) as statements:
            reply = phone.client.open(path, method=method, json=body, headers=headers)
        assert reply.status_code < 300, reply.json
        return len(statements)

    return ask


@pytest.mark.parametrize("who", ["yuzhong_elder", "hefei_owner"])
def test_whatever_a_resident_changes_stays_within_ten_statements(who, phone, cold):
    with atomic():
        loading.load_policies()
    person = phone(who).verify()
    for purpose in ("matching", "push", "certificates", "prefill", "matching"):
        assert cold(person, "PUT", f"{CONSENTS}/{purpose}", {}) > 4
    assert cold(person, "POST", f"{FACTS}/refresh", {}) > 4
    assert cold(person, "POST", f"{FACTS}/refresh", {}) > 4
    assert cold(person, "PUT", f"{FACTS}/disability_level", {"value": 1}) > 4
    assert cold(person, "PUT", f"{FACTS}/disability_level", {"value": None}) > 4
    for subject in person.client.get("/api/v1/me/subjects").json["items"][1:]:
        assert cold(person, "GET", f"{FACTS}?subject_id={subject['id']}") > 2
    assert cold(person, "GET", "/api/v1/me/export") > 4
    for purpose in ("matching", "prefill", "push"):
        assert cold(person, "DELETE", f"{CONSENTS}/{purpose}", {}) > 4
        assert cold(person, "PUT", f"{CONSENTS}/{purpose}", {}) > 4
    assert cold(person, "POST", f"{FACTS}/refresh", {}) > 4
    assert cold(person, "DELETE", "/api/v1/me") > 4
