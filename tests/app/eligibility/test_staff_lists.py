"""What officers find: policies by state and area, those due for review, how a past period would have been."""

from datetime import date

import pytest

from app.eligibility import trials
from app.eligibility.models import Match
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import Role
from tests.app.eligibility.conftest import ELDER, draft
from tests.app.eligibility.knowing import learn

PATH = "/api/v1/staff/policies"


def found(officer, query=""):
    reply = officer.get(f"{PATH}?{query}")
    assert reply.status_code == 200, reply.json
    return [(item["policy_id"], item["version"], item["state"]) for item in reply.json["items"]]


@pytest.fixture
def municipal(sign_in, catalogue):
    return sign_in.officer(Role.POLICY_AUTHOR, region_code="500000").client


def test_an_officer_sees_the_policies_of_their_own_region_only(municipal, sign_in):
    names = [policy_id for policy_id, _, _ in found(municipal, "page_size=100")]
    assert "cq-yuzhong-elder" in names
    assert {name[:2] for name in names} == {"cq"}
    district = sign_in.officer(Role.POLICY_AUTHOR, region_code="500103").client
    assert [policy_id for policy_id, _, _ in found(district)] == ["cq-yuzhong-elder"]
    assert found(district, "region=340000") == []


def test_policies_are_listed_by_state_area_and_department(municipal, author, body):
    draft(author, body)
    assert found(municipal, "state=draft") == [("cq-yuzhong-new", 1, "draft")]
    assert ("cq-yuzhong-new", 1, "draft") not in found(municipal, "state=published")
    assert {one for one, _, _ in found(municipal, "region=500103")} == {"cq-yuzhong-elder", "cq-yuzhong-new"}
    assert "cq-public-rental" not in [one for one, _, _ in found(municipal, "department=民政")]


def test_pages_follow_one_another_without_gap_or_repeat(municipal):
    every, cursor = [], ""
    while cursor is not None:
        reply = municipal.get(f"{PATH}?page_size=2{cursor and f'&cursor={cursor}'}").json
        every += [item["policy_id"] for item in reply["items"]]
        cursor = reply["next_cursor"]
    assert every == [one for one, _, _ in found(municipal, "page_size=100")]


def test_what_is_due_for_review_comes_to_its_owner_on_the_day(municipal, author, body, publish, clock):
    draft(author, body | {"review_by": clock.now.date().replace(day=28).isoformat()})
    publish()
    assert found(municipal, "review_due=true") == []
    clock.advance(days=31)
    assert found(municipal, "review_due=true") == [("cq-yuzhong-new", 1, "published")]
    assert "cq-yuzhong-new" not in [one for one, _, _ in found(municipal, "review_due=false")]


def test_a_rule_that_waits_for_a_second_approval_says_so(municipal, author, approver, body):
    draft(author, body)
    author.post(f"{PATH}/cq-yuzhong-new/preview")
    trials.advance_due()
    approver.post(f"{PATH}/cq-yuzhong-new/publication", json={"reason": "试点"})
    (item,) = municipal.get(f"{PATH}?state=draft").json["items"]
    assert item["awaiting_second"] is True


def test_the_list_is_for_officers_who_write_or_approve(sign_in):
    assert sign_in.officer().client.get(PATH).status_code == 403


def look_back(officer, period, policy="cq-yuzhong-new", **more):
    begun = officer.post(f"{PATH}/{policy}/retrospections", json=period | more)
    if begun.status_code != 202:
        return begun
    trials.advance_due()
    return officer.get(f"/api/v1/staff/retrospections/{begun.json['id']}").json


def test_a_past_period_counts_who_was_eligible_on_any_day_looked_at_and_tells_nobody(
    author, resident, body, publish, clock
):
    people = [
        resident(birth_date=born, hukou_region="500103", as_of_day=date(2025, 12, 1))
        for born in ("1940-01-01", "1946-03-15", "1990-01-01")
    ]
    draft(author, body)
    publish()
    database.session.query(Match).delete()
    counted = look_back(author, {"from": "2026-01-10", "to": "2026-04-10"})
    assert counted["days"] == ["2026-01-10", "2026-02-01", "2026-03-01", "2026-04-01", "2026-04-10"]
    assert counted["by_day"] == dict(zip(counted["days"], (1, 1, 1, 2, 2), strict=True))
    assert counted["outcomes"] == {"eligible": 2, "ineligible": 1, "undetermined": 0}
    assert database.session.query(Match).count() == 0
    assert [person.client.get("/api/v1/me/messages").json["items"] for person in people] == [[]] * 3


def test_each_day_is_looked_at_with_the_facts_of_that_day_and_what_nobody_knew_then_is_unknown(
    author, resident, body, publish, clock
):
    moved = resident(as_of_day=date(2025, 12, 1), **ELDER)
    resident(as_of_day=date(2026, 3, 15), **ELDER)
    with atomic():
        learn(moved.id, as_of_day=date(2026, 2, 10), **ELDER | {"hukou_region": "500105"})
    draft(author, body)
    publish()
    january = look_back(author, {"from": "2026-01-10", "to": "2026-01-20"})
    assert january["outcomes"] == {"eligible": 1, "ineligible": 0, "undetermined": 1}
    assert january["missing"] == {"hukou_region": 1}
    april = look_back(author, {"from": "2026-04-02", "to": "2026-04-10"})
    assert april["outcomes"] == {"eligible": 1, "ineligible": 1, "undetermined": 0}
    whole = look_back(author, {"from": "2026-01-10", "to": "2026-04-10"})
    assert whole["outcomes"]["eligible"] == 2


def test_a_period_before_the_policy_began_finds_nobody(author, resident, body, publish, clock):
    resident()
    draft(author, body)
    publish()
    assert look_back(author, {"from": "2025-06-01", "to": "2025-08-01"})["outcomes"]["eligible"] == 0


@pytest.mark.parametrize(
    ("period", "status"),
    [
        ({"from": "2026-04-10", "to": "2026-01-10"}, 422),
        ({"from": "2026-01-10", "to": "2031-01-10"}, 422),
        ({"from": "2020-01-10", "to": "2026-01-10"}, 422),
        ({"from": "2026-01-10", "to": "2026-02-10", "version": 9}, 404),
    ],
)
def test_a_period_that_is_none_is_refused(author, body, publish, clock, period, status):
    draft(author, body)
    publish()
    assert look_back(author, period).status_code == status


def test_a_draft_has_no_past(author, body):
    draft(author, body)
    assert look_back(author, {"from": "2026-01-10", "to": "2026-02-10"}).status_code == 404
