"""One act ends many: proposed with its cost, approved by another officer, together or not at all."""

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from app.audit import trail
from app.eligibility import endings, loading, runs
from app.eligibility.models import Match, MatchRun, PolicyVersion
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import Role
from tests.app.eligibility.conftest import draft

ACT = "财政部 税务总局公告2026年第10号"
SET = ["cq-disability-living", "cq-disability-nursing"]
PATH = "/api/v1/staff/policy-endings"


@pytest.fixture
def proposer(sign_in, catalogue):
    return sign_in.officer(Role.POLICY_AUTHOR, region_code="500000").client


@pytest.fixture
def approver(sign_in, catalogue):
    return sign_in.officer(Role.POLICY_APPROVER, region_code="500000").client


def propose(officer, policies=SET):
    reply = officer.post(PATH, json={"policy_ids": list(policies), "act": ACT})
    return reply.json if reply.status_code == 201 else reply


def approve(officer, ending):
    return officer.post(f"{PATH}/{ending['id']}/approval")


def listed(person, redis):
    redis.flushdb()
    return {item["policy"]["id"] for item in person.client.get("/api/v1/me/matches").json["items"]}


def test_what_would_be_lost_is_told_before_anything_ends(proposer, person, elder_facts, redis):
    someone = person(**elder_facts)
    person(**{name: value for name, value in elder_facts.items() if name != "disability_level"})
    ending = propose(proposer)
    assert ending["state"] == "proposed"
    assert ending["preview"] == {
        "matches": {
            "cq-disability-living": {"eligible": 2, "undetermined": 0},
            "cq-disability-nursing": {"eligible": 1, "undetermined": 1},
        },
        "people": 2,
        "dependants": {},
    }
    assert set(SET) <= listed(someone, redis)


def test_a_set_ends_together_and_its_matches_are_lost(proposer, approver, person, elder_facts, redis):
    someone = person(**elder_facts)
    person(**{name: value for name, value in elder_facts.items() if name != "disability_level"})
    ending = propose(proposer)
    assert approve(approver, ending).status_code == 202
    assert not set(SET) & listed(someone, redis)  # at once, before any worker has looked
    assert endings.advance_due() == 1
    settled = proposer.get(f"{PATH}/{ending['id']}").json
    assert (settled["state"], settled["lost"]) == (
        "settled",
        {"cq-disability-living": 2, "cq-disability-nursing": 1},
    )
    left = select(Match.outcome, func.count()).where(Match.policy_id.in_(SET)).group_by(Match.outcome)
    assert database.session.execute(left).all() == [("ineligible", 3)]
    assert [entry.action for entry in trail.of_subject("policy_ending", ending["id"])] == [
        "policy_ending.proposed",
        "policy_ending.approved",
        "policy_ending.settled",
    ]
    assert trail.of_subject("policy", SET[0])[-1].action == "policy.ended"


def test_who_was_eligible_is_told_that_it_ended_when_and_by_which_act(
    proposer, approver, person, elder_facts, clock
):
    someone, other = person(**elder_facts), person(birth_date="1990-01-01", hukou_region="340100")
    approve(approver, propose(proposer))
    endings.advance_due()
    told = someone.client.get(f"/api/v1/me/matches/{SET[0]}").json
    assert told["outcome"] == "ineligible"
    day = clock.now.date().isoformat()
    assert told["reasons"][0]["text"] == f"这项政策已于{day}结束（依据：{ACT}）"
    assert told["matched"]["outcome"] == "ineligible"
    assert other.client.get(f"/api/v1/me/matches/{SET[0]}").status_code == 404
    assert someone.client.get(f"/api/v1/policies/{SET[0]}").json["valid_to"] == day
    assert someone.client.get("/api/v1/policies/no-such-policy").status_code == 404


def test_who_proposed_may_not_approve(sign_in, catalogue, approver):
    both = sign_in.officer(Role.POLICY_AUTHOR, Role.POLICY_APPROVER, region_code="500000").client
    ending = propose(both)
    assert approve(both, ending).json["code"] == "policy.same_hands"
    assert approve(approver, ending).status_code == 202
    assert approve(approver, ending).json["code"] == "policy_ending.decided"


def test_the_database_itself_refuses_one_pair_of_hands_and_an_end_without_an_act(proposer):
    propose(proposer)
    by_one = "UPDATE eligibility_ending SET state = 'ended', ended_at = now(), approver_id = proposer_id"
    with pytest.raises(IntegrityError, match="four_eyes"), atomic():
        database.session.execute(text(by_one))
    alone = "UPDATE eligibility_policy_version SET state = 'ended'"
    with pytest.raises(IntegrityError, match="ended_by_an_act"), atomic():
        database.session.execute(text(alone))


def test_a_set_of_which_one_has_changed_meanwhile_does_not_end(
    proposer, approver, person, elder_facts, monkeypatch
):
    ending = propose(proposer)
    with atomic():
        database.session.execute(
            update(PolicyVersion)
            .where(PolicyVersion.policy_id == "cq-disability-living")
            .values(state="replaced")
        )
    assert approve(approver, ending).json["code"] == "policy_ending.outdated"
    states = select(PolicyVersion.state).where(PolicyVersion.policy_id == "cq-disability-nursing")
    assert database.session.scalars(states).all() == ["published"]


def test_nobody_ends_a_policy_of_another_region_or_one_that_is_not_there(proposer, sign_in):
    assert propose(proposer, ["cn-dibao"]).status_code == 403
    assert propose(proposer, ["no-such-policy"]).status_code == 404
    ending = propose(proposer)
    elsewhere = sign_in.officer(Role.POLICY_APPROVER, region_code="340000").client
    assert approve(elsewhere, ending).status_code == 404
    assert elsewhere.get(f"{PATH}/{ending['id']}").status_code == 404


def test_a_run_under_way_stops_when_its_policy_ends_and_tells_nobody_more(
    proposer, approver, author, resident, body, publish
):
    resident()
    draft(author, body)
    publish()
    approve(approver, propose(proposer, ["cq-yuzhong-new"]))
    assert runs.advance_due() == 0
    run = database.session.scalars(select(MatchRun).where(MatchRun.policy_id == "cq-yuzhong-new")).one()
    assert (run.state, run.counts) == ("finished", {"stopped": 1})


def test_the_release_does_not_bring_back_what_officers_ended(proposer, approver):
    approve(approver, propose(proposer))
    with atomic():
        assert loading.load_policies() == 0


def test_what_rests_on_an_ended_policy_is_named(proposer, sign_in, catalogue):
    national = sign_in.officer(Role.POLICY_AUTHOR, region_code="000000").client
    ending = propose(national, ["cn-childcare-allowance"])
    assert ending["preview"]["dependants"] == {"cq-childcare-allowance": ["cn-childcare-allowance"]}


def test_matches_of_a_newer_version_published_meanwhile_are_not_lost(
    proposer, approver, person, elder_facts, session
):
    someone = person(**elder_facts)
    approve(approver, propose(proposer))
    with atomic():
        session.execute(
            text("UPDATE eligibility_match SET rule_version = 2 WHERE policy_id = 'cq-disability-living'")
        )
    endings.advance_due()
    rows = select(Match.outcome).where(
        Match.resident_id == someone.id, Match.policy_id == "cq-disability-living"
    )
    assert session.scalars(rows).all() == ["eligible"]


def test_two_approvers_at_the_same_moment_end_a_set_once(committed, sign_in, together):
    with atomic():
        loading.load_policies()
    ending = propose(sign_in.officer(Role.POLICY_AUTHOR, region_code="500000").client)
    both = [sign_in.officer(Role.POLICY_APPROVER, region_code="500000").client for _ in range(2)]
    replies = together(lambda number: approve(both[number], ending), times=2)
    assert sorted(reply.status_code for reply in replies) == [202, 409]
    assert len(trail.of_subject("policy", SET[0])) == 1
