"""What each route of policies and matches asks of the database: little, and not more with more rows."""

import time

import pytest

from app.eligibility import loading, runs, trials
from app.foundation.transaction import atomic
from app.identity.types import Role
from app.residents import consents
from app.residents.types import Purpose
from tests.app.eligibility.knowing import learn

ELDER = {"birth_date": "1944-03-07", "hukou_region": "500103"}


@pytest.fixture
def elder(sign_in):
    """Somebody with matches, session and policies already known to the process."""
    with atomic():
        loading.load_policies()
    person = sign_in.resident()
    with atomic():
        consents.grant(person.id, Purpose.MATCHING)
        learn(person.id, **ELDER)
    assert person.client.get("/api/v1/me/matches").status_code == 200
    return person


@pytest.fixture
def commands(redis):
    """`commands()`: how often Redis was asked for what since the last call, by command."""
    before = {}

    def since():
        nonlocal before
        stats = redis.info("commandstats")
        now = {name.removeprefix("cmdstat_"): found["calls"] for name, found in stats.items()}
        changed = {name: calls - before.get(name, 0) for name, calls in now.items()}
        before = now
        return {name: calls for name, calls in changed.items() if calls and name != "info"}

    return since


def test_matches_held_nearby_ask_neither_redis_nor_postgresql(elder, query_budget, commands, redis):
    redis.delete(*redis.keys("matches:*"))  # what was forgotten just now is not remembered for some seconds
    commands()
    for _ in range(200):  # until the process has begun to listen
        with query_budget(3):
            elder.client.get("/api/v1/me/matches")
        if "get" not in commands():
            break
        time.sleep(0.01)
    with query_budget(0):
        reply = elder.client.get("/api/v1/me/matches")
    assert "get" not in commands()
    assert len(reply.json["items"]) >= 1


def test_matches_are_asked_for_anew_when_facts_change(elder, redis):
    before = elder.client.get("/api/v1/me/matches?outcome=eligible").json["items"]
    with atomic():
        learn(elder.id, **ELDER | {"hukou_region": "500112"})
    after = elder.client.get("/api/v1/me/matches?outcome=eligible").json["items"]
    assert {"cq-yuzhong-elder"} == {i["policy"]["id"] for i in before} - {i["policy"]["id"] for i in after}


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/policies", 1),
        ("/api/v1/policies?page_size=50", 1),
        ("/api/v1/policies?q=补贴&region=500103&audience=person", 1),
        ("/api/v1/policies/cq-yuzhong-elder", 1),
        ("/api/v1/me/matches/cq-yuzhong-elder", 6),
    ],
)
def test_what_residents_read_stays_within_its_statements(elder, query_budget, path, most):
    elder.client.get(path)
    with query_budget(most):
        assert elder.client.get(path).status_code == 200


def test_matches_made_anew_cost_two_statements_however_many_and_one_where_any_is_new(
    elder, query_budget, redis
):
    redis.delete(*redis.keys("matches:*"))
    with query_budget(3):
        assert len(elder.client.get("/api/v1/me/matches").json["items"]) > 3


def test_a_what_if_is_answered_from_memory(elder, query_budget):
    path, body = "/api/v1/policies/cq-yuzhong-elder/check", {"facts": ELDER}
    elder.client.post(path, json=body)
    with query_budget(1):
        assert elder.client.post(path, json=body).json["outcome"] == "eligible"


@pytest.mark.parametrize("people", [1, 8])
def test_what_officers_read_stays_within_ten_statements(elder, sign_in, query_budget, people):
    for _ in range(people):
        person = sign_in.resident()
        with atomic():
            consents.grant(person.id, Purpose.MATCHING)
            learn(person.id, **ELDER)
    officer = sign_in.officer(Role.POLICY_AUTHOR, Role.POLICY_APPROVER).client
    draft = officer.get("/api/v1/staff/policies/cq-yuzhong-elder").json
    body = {key: value for key, value in draft["body"].items() if key not in {"id", "exclusive_with"}}
    path = "/api/v1/staff/policies/cq-yuzhong-elder"
    with query_budget(10):
        saved = officer.put(path, json=body, headers={"If-Match": f'"{draft["revision"]}"'})
    assert saved.status_code == 200, saved.json
    with query_budget(10):
        assert officer.get(path).json["revision"] == 1
    with query_budget(10):
        preview_id = officer.post(f"{path}/preview").json["id"]
    trials.advance_due()
    with query_budget(3):
        counted = officer.get(f"/api/v1/staff/previews/{preview_id}").json
    assert counted["outcomes"]["eligible"] == people + 1
    first, second = (sign_in.officer(Role.POLICY_APPROVER).client for _ in range(2))
    for approver in (first, second):
        approver.get(path)
        with query_budget(10):
            reply = approver.post(f"{path}/publication", json={"reason": "试点", "confirm": True})
    run_id = reply.json["run_id"]
    runs.advance_due()
    with query_budget(4):
        assert approver.get(f"/api/v1/staff/match-runs/{run_id}").json["state"] == "finished"


def test_the_dearest_publication_stays_within_ten_statements(elder, sign_in, query_budget):
    """A new version of a policy with relations, approved with a key for the intent."""
    officer = sign_in.officer(Role.POLICY_AUTHOR).client
    path = "/api/v1/staff/policies/cq-yuzhong-elder"
    draft = officer.get(path).json
    body = {key: value for key, value in draft["body"].items() if key != "id"}
    body["excludes"] = ["cq-disability-living"]
    with query_budget(10):
        saved = officer.put(path, json=body, headers={"If-Match": f'"{draft["revision"]}"'})
    assert saved.status_code == 200, saved.json
    officer.post(f"{path}/preview")
    trials.advance_due()
    for number in range(2):
        approver = sign_in.officer(Role.POLICY_APPROVER).client
        said, key = {"reason": "试点", "confirm": True}, {"Idempotency-Key": f"approval-{number}"}
        with query_budget(10):
            reply = approver.post(f"{path}/publication", json=said, headers=key)
        assert reply.status_code == 202, reply.json
