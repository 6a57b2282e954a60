"""People who never registered: found in a delivery, visited, and not visited again against their will."""

from datetime import date
from decimal import Decimal

import pytest

from app.eligibility import loading
from app.eligibility import policies as published_policies
from app.eligibility.outreach import closing, wording
from app.eligibility.types import Audience
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import Role
from app.residents import consents
from app.residents.types import Purpose
from tests.app.eligibility.outreach.conftest import ELDER, NEXT, NOBODY, close, elder, listed, rows

THIRD = date(2026, 6, 16)
ONE, TWO, THREE, FOUR = "500103194003075106", "500103194003075114", "500103194003075122", "500103194003075130"


def test_somebody_who_never_registered_is_visited_in_their_community_and_told(
    platform, grid_worker, registries, asked
):
    registries.post("people", id_number=ONE, name="刘桂芳", address="第2街道第3社区5号楼402室")
    platform.deliver({ONE: elder(), TWO: NOBODY})
    assert platform.take() == [("applied", None)]
    worker = grid_worker()
    (visit,) = listed(worker)
    assert (visit["policy_id"], visit["registered"], visit["name"]) == (
        "cq-yuzhong-elder",
        False,
        "未注册人员",
    )
    assert (visit["region_code"], visit["why"]) == ("500103002003", "没有注册过，无法在手机上告知")
    assert visit["region_name"] == "重庆市渝中区（街道社区代码500103002003）"
    card = worker.get(f"/api/v1/staff/visits/{visit['id']}").json
    assert (card["name"], card["address"], card["phone"]) == ("刘桂芳", "第2街道第3社区5号楼402室", None)
    assert card["reasons"] == ["年满80周岁", "户籍在重庆市渝中区"]
    assert asked() == [("outreach_visit", "found")]
    assert close(worker, visit, "told_will_apply").status_code == 204
    assert listed(worker) == []
    actions = [action for (action,) in rows("SELECT action FROM audit_entry ORDER BY id")]
    assert actions[-5:] == [
        "visit.listed",
        "visit.read",
        "visit.person_looked_up",
        "visit.closed",
        "visit.listed",
    ]


def test_whoever_is_registered_is_left_to_their_own_consents(platform, grid_worker, verified):
    willing, withdrew = verified(ONE), verified(TWO)
    with atomic():
        for purpose in (Purpose.MATCHING, Purpose.PUSH):
            consents.grant(willing.id, purpose)
            consents.grant(withdrew.id, purpose)
        consents.withdraw(withdrew.id, Purpose.MATCHING)
    platform.deliver({ONE: elder(), TWO: elder(), THREE: elder()})
    platform.take()
    assert len(listed(grid_worker())) == 1
    assert rows("SELECT begins, kept FROM eligibility_delivery_region") == [(3, {"registered": 2})]


def test_a_visit_is_off_once_the_person_registers(platform, grid_worker, verified):
    platform.deliver({ONE: elder(), TWO: elder()})
    platform.take()
    verified(ONE)
    assert (closing.close_needless(), closing.close_needless()) == (1, 0)
    assert len(listed(grid_worker())) == 1
    (closed,) = listed(grid_worker(), closed=True)
    assert (closed["result"], closed["version"]) == ("registered", 2)


def test_nobody_is_sent_on_the_way_to_somebody_who_has_just_registered(
    platform, grid_worker, verified, registries, asked
):
    platform.deliver({ONE: elder()})
    platform.take()
    (visit,) = listed(grid_worker())
    verified(ONE)
    assert grid_worker().get(f"/api/v1/staff/visits/{visit['id']}").json["code"] == "visit.closed"
    assert [one["result"] for one in listed(grid_worker(), closed=True)] == ["registered"]
    assert asked() == []


@pytest.mark.parametrize("effect", ["down", "wrong", "reset", "html"])
def test_a_registry_that_does_not_answer_leaves_the_rest_of_the_card(
    platform, grid_worker, registries, asked, effect
):
    platform.deliver({ONE: elder()})
    platform.take()
    worker = grid_worker()
    (visit,) = listed(worker)
    registries.post("faults", department="public_security", effect=effect, times=1)
    card = worker.get(f"/api/v1/staff/visits/{visit['id']}").json
    assert (card["name"], card["address"], card["whereabouts"]) == (None, None, "unavailable")
    assert "稍后重新打开" in card["note"]
    assert card["summary"].startswith("渝中区户籍老人")
    again = worker.get(f"/api/v1/staff/visits/{visit['id']}").json
    assert (again["whereabouts"], again["name"]) == ("not_found", None)
    outcomes = rows("SELECT details ->> 'outcome' FROM audit_entry WHERE action = 'visit.person_looked_up'")
    assert sorted(outcomes) == [("not_found",), ("unavailable",)]


def test_no_name_and_no_address_is_kept_anywhere(platform, grid_worker, registries):
    registries.post("people", id_number=ONE, name="刘桂芳", address="第2街道第3社区5号楼402室")
    platform.deliver({ONE: elder()})
    platform.take()
    (visit,) = listed(grid_worker())
    assert grid_worker().get(f"/api/v1/staff/visits/{visit['id']}").json["name"] == "刘桂芳"
    everything = str(rows("SELECT * FROM eligibility_visit") + rows("SELECT * FROM audit_entry"))
    assert "刘桂芳" not in everything
    assert "402室" not in everything
    assert ONE not in everything


LAST_WORDS = ["told_not_wanted", "already_receives", "died", "moved", "told_applied", "told_will_apply"]


@pytest.mark.parametrize(("result", "again"), [*((word, 0) for word in LAST_WORDS), ("not_found", 1)])
def test_what_somebody_did_not_want_is_not_brought_again_by_a_later_delivery(
    platform, grid_worker, clock, result, again
):
    platform.deliver({ONE: elder()})
    platform.take()
    worker = grid_worker()
    (visit,) = listed(worker)
    assert close(worker, visit, result).status_code == 204
    for day, facts in ((NEXT, NOBODY), (THIRD, elder())):
        clock.advance(days=1)
        platform.deliver({ONE: facts}, day)
        platform.take()
    assert len(listed(grid_worker())) == again
    (told,) = rows("SELECT kept FROM eligibility_delivery_region ORDER BY id DESC LIMIT 1")
    assert told == ({} if again else {"told_before": 1},)


def test_who_does_not_fit_any_more_is_not_visited_any_more(platform, grid_worker, clock):
    platform.deliver({ONE: elder(), TWO: elder(), THREE: elder()})
    platform.take()
    clock.advance(days=1)
    platform.deliver({ONE: elder(), TWO: NOBODY}, NEXT)  # THREE is not in it at all
    assert platform.take() == [("applied", None), ("applied", None)]
    assert len(listed(grid_worker())) == 1
    assert [one["result"] for one in listed(grid_worker(), closed=True)] == ["not_entitled"] * 2
    assert rows("SELECT counts ->> 'closed' FROM eligibility_delivery ORDER BY id")[-1] == ("2",)


def test_a_policy_that_has_ended_sends_nobody_any_more(platform, grid_worker, clock):
    platform.deliver({ONE: elder()})
    platform.take()
    with atomic():
        database.session.execute(loading.replacing("cq-yuzhong-elder"))
    assert closing.close_needless() == 1
    assert [one["result"] for one in listed(grid_worker(), closed=True)] == ["policy_ended"]
    clock.advance(days=1)
    platform.deliver({ONE: elder(), TWO: elder()}, NEXT)
    platform.take()
    assert listed(grid_worker()) == []


def test_the_same_people_delivered_again_bring_nothing(platform, grid_worker, clock):
    people = {ONE: elder(), TWO: elder()}
    platform.deliver(people)
    platform.take()
    platform.take()
    clock.advance(days=1)
    platform.deliver(people, NEXT)
    platform.take()
    assert len(listed(grid_worker())) == 2
    assert rows("SELECT counts FROM eligibility_delivery ORDER BY id")[-1] == ({},)


def test_a_community_has_its_own_list_page_by_page(platform, grid_worker):
    here, next_door = "500103002003", "500103002014"
    platform.deliver(
        {ONE: elder(here), TWO: elder(here), THREE: elder(next_door), FOUR: elder("500103011001")}
    )
    platform.take()
    worker = grid_worker()
    assert {visit["region_code"] for visit in listed(worker, region_code=here)} == {here}
    assert len(listed(worker, region_code="500103002000")) == 3  # the street
    assert len(listed(worker, region_code="500103")) == 4
    assert listed(worker, region_code="500105") == []
    assert listed(worker, registered=True) == []
    seen, cursor = [], None
    while True:
        query = {"region_code": "500103002000", "page_size": 2, **({"cursor": cursor} if cursor else {})}
        page = worker.get("/api/v1/staff/visits", query_string=query).json
        seen += [visit["id"] for visit in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert len(seen) == len(set(seen)) == 3


def test_the_grid_worker_of_a_community_or_street_sees_theirs_alone(platform, grid_worker):
    here, next_door, elsewhere = "500103002003", "500103002014", "500103020001"
    platform.deliver({ONE: elder(here), TWO: elder(next_door), THREE: elder(elsewhere)})
    platform.take()
    assert [visit["region_code"] for visit in listed(grid_worker(here))] == [here]
    assert len(listed(grid_worker("500103002000"))) == 2
    assert [visit["region_code"] for visit in listed(grid_worker("500103020000"))] == [elsewhere]
    assert listed(grid_worker(here), region_code="500103002014") == []


def test_a_visit_is_for_the_grid_worker_of_its_own_region_and_seen_as_it_stands(
    platform, grid_worker, sign_in
):
    platform.deliver({ONE: elder()})
    platform.take()
    worker = grid_worker()
    (visit,) = listed(worker)
    assert grid_worker("500105").get(f"/api/v1/staff/visits/{visit['id']}").status_code == 404
    assert close(grid_worker("340000"), visit, "told_applied").status_code == 404
    assert close(worker, visit, "told_applied", version=7).status_code == 412
    assert close(worker, visit, "registered").status_code == 422
    assert close(worker, visit, "told_applied").status_code == 204
    assert close(worker, visit, "told_applied", version=2).json["code"] == "visit.closed"
    assert sign_in.officer(Role.CASE_OFFICER).client.get("/api/v1/staff/visits").status_code == 403


POOR = {
    "household_income_pc": Decimal(300),
    "household_size": 2,
    "household_property_ok": True,
    **NOBODY,
}


def test_what_rests_on_sensitive_facts_is_brought_without_saying_them(platform, grid_worker):
    impaired = {
        "disability_cert_valid": True,
        "disability_level": 1,
        "work_injury_nursing": False,
        "tekun": False,
    }
    platform.deliver({ONE: {**NOBODY, **impaired}})
    platform.take()
    worker = grid_worker()
    (visit,) = listed(worker)
    assert visit["policy_id"] == "cq-disability-nursing"
    card = worker.get(f"/api/v1/staff/visits/{visit['id']}").json
    assert card["reasons"] == ["户籍在重庆市", wording.HIDDEN]
    assert rows("SELECT sensitive FROM eligibility_visit") == [(True,)]


def test_who_already_receives_it_is_not_visited(platform, grid_worker):
    nowhere = {"hukou_region": None, "residence_region": None}
    platform.deliver(
        {ONE: {**POOR, "dibao": True}, TWO: {**POOR, "dibao": False}, THREE: {**ELDER, **nowhere}}
    )
    platform.take()
    assert [visit["policy_id"] for visit in listed(grid_worker())] == ["cn-dibao"]
    assert rows("SELECT region_code, begins, kept FROM eligibility_delivery_region") == [
        ("500103", 2, {"received": 1})
    ]


def test_no_policy_sends_anybody_whose_law_does_not_say_so(platform, grid_worker):
    frail = {**ELDER, "hukou_region": "500105", "residence_region": "500105", "care_level": 3}
    platform.deliver({ONE: frail})
    platform.take()
    book = published_policies.in_force(Audience.PERSON)
    assert "cn-care-coupon" in {policy.id for policy in book}
    assert listed(grid_worker("500000")) == []
    silent = [policy for policy in book if policy.outreach is None]
    assert len(silent) > len(book) / 2
    assert {policy.department for policy in book if policy.outreach} == {"民政"}
