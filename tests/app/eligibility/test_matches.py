import pytest
from sqlalchemy import select

from app.eligibility.models import Match
from app.foundation.transaction import atomic
from app.residents import consents
from app.residents.types import Purpose
from tests.app.eligibility.knowing import learn

FOUR = {
    "cq-yuzhong-elder": "600元/年",
    "cq-disability-living": "100元/月",
    "cq-disability-nursing": "100元/月",
    "cn-care-coupon": "800元/月",
}


def matches(person, outcome="eligible"):
    reply = person.client.get(f"/api/v1/me/matches?outcome={outcome}")
    assert reply.status_code == 200
    return {item["policy"]["id"]: item for item in reply.json["items"]}


def test_the_elder_of_yuzhong_gets_exactly_her_four_policies_with_their_amounts(person, elder_facts):
    found = matches(person(**elder_facts))
    assert set(found) == set(FOUR)
    for policy, text in FOUR.items():
        assert text in found[policy]["amount"]["text"]
        assert found[policy]["new"] is True
        assert found[policy]["reasons_count"] > 0


def test_a_match_says_why_and_who_said_so(person, elder_facts):
    someone = person(**elder_facts)
    told = someone.client.get("/api/v1/me/matches/cq-yuzhong-elder").json
    assert [reason["text"] for reason in told["reasons"]] == ["年满80周岁", "户籍在重庆市渝中区"]
    assert {reason["outcome"] for reason in told["reasons"]} == {"met"}
    assert told["reasons"][1]["source"] == "测试部门"
    assert told["missing"] == []


def test_an_unknown_level_is_undetermined_with_what_to_supply_and_never_ineligible(person, elder_facts):
    del elder_facts["disability_level"]
    someone = person(**elder_facts)
    item = matches(someone, "undetermined")["cq-disability-nursing"]
    assert [missing["fact"] for missing in item["missing"]] == ["disability_level"]
    told = someone.client.get("/api/v1/me/matches/cq-disability-nursing").json
    assert told["outcome"] == "undetermined"
    assert told["missing"][0]["label"] == "残疾等级"


def test_supplying_what_is_missing_changes_the_answer_at_once(person, elder_facts):
    del elder_facts["disability_level"]
    someone = person(**elder_facts)
    assert "cq-disability-nursing" in matches(someone, "undetermined")
    with atomic():
        learn(someone.id, **elder_facts, disability_level=2)
    assert "cq-disability-nursing" in matches(someone)


def test_a_sensitive_value_is_not_shown_even_to_its_owner(person, elder_facts):
    told = person(**elder_facts).client.get("/api/v1/me/matches/cq-disability-living").json
    hidden = [reason for reason in told["reasons"] if reason["fact"] == "dibao"]
    assert hidden[0]["value"] == "已核验（内容不展示）"


def test_without_consent_nobody_is_matched(person, elder_facts):
    someone = person(consent=False, **elder_facts)
    assert matches(someone, "eligible,undetermined") == {}
    assert someone.client.get("/api/v1/me/matches/cq-yuzhong-elder").status_code == 404


def test_withdrawing_consent_forgets_every_match_at_once(person, elder_facts):
    someone = person(**elder_facts)
    assert matches(someone)
    with atomic():
        consents.withdraw(someone.id, Purpose.MATCHING)
    assert matches(someone, "eligible,undetermined") == {}


def test_matching_the_same_facts_again_changes_nothing(person, elder_facts, session):
    from app.eligibility import matching

    someone = person(**elder_facts)
    with atomic():
        assert matching.match_resident(someone.id) == []


def test_a_match_that_was_looked_at_is_not_new_any_more(person, elder_facts):
    someone = person(**elder_facts)
    someone.client.get("/api/v1/me/matches/cq-yuzhong-elder")
    assert matches(someone)["cq-yuzhong-elder"]["new"] is False


def test_a_dismissed_match_is_shown_no_more(person, elder_facts):
    someone = person(**elder_facts)
    reply = someone.client.post(
        "/api/v1/me/matches/cn-care-coupon/dismissal", json={"reason": "already_received"}
    )
    assert reply.status_code == 204
    assert "cn-care-coupon" not in matches(someone)


def test_one_persons_match_is_nothing_to_another(person, elder_facts):
    person(**elder_facts)
    other = person(birth_date="1990-01-01")
    assert "cq-yuzhong-elder" not in matches(other, "eligible,undetermined")


def test_a_national_policy_steps_back_where_its_regional_version_is_shown(person):
    child = {
        "child_birth_date": "2026-01-10",
        "child_lawful": True,
        "child_nationality": "CHN",
        "child_hukou_region": "500112",
    }
    found = matches(person(is_guardian=True, children=[child]))
    assert "cq-childcare-allowance" in found
    assert "cn-childcare-allowance" not in found


@pytest.mark.parametrize("outcome", ["ineligible", "all", ""])
def test_only_known_outcomes_can_be_asked_for(person, outcome):
    assert person().client.get(f"/api/v1/me/matches?outcome={outcome}").status_code == 422


def test_twenty_matches_cost_no_more_queries_than_one(person, elder_facts, query_budget, redis):
    someone = person(**elder_facts)
    matches(someone)
    redis.flushdb()
    with query_budget(10):
        matches(someone, "eligible,undetermined")


def test_what_was_never_more_than_undetermined_and_does_not_fit_is_forgotten(person, elder_facts, session):
    someone = person()
    assert "cq-yuzhong-elder" in matches(someone, "undetermined")
    with atomic():
        learn(someone.id, birth_date="1990-01-01", hukou_region="500103")
    kept = session.scalars(select(Match.policy_id).where(Match.resident_id == someone.id)).all()
    assert "cq-yuzhong-elder" not in kept


def test_what_was_eligible_and_is_lost_is_kept_as_lost(person, elder_facts, session):
    someone = person(**elder_facts)
    with atomic():
        learn(someone.id, **{**elder_facts, "dibao": False})
    lost = session.scalars(
        select(Match.outcome).where(
            Match.resident_id == someone.id, Match.policy_id == "cq-disability-living"
        )
    ).all()
    assert lost == ["ineligible"]
    assert "cq-disability-living" not in matches(someone, "eligible,undetermined")
