"""People whom the phone did not reach: a visit in their community, and the one question a week later."""

import pytest
from sqlalchemy import text

from app import wiring
from app.eligibility import dismissals, follow_ups, visits
from app.eligibility.types import Dismissal
from app.foundation import crypto, database
from app.foundation.transaction import atomic
from app.identity import queries as identity
from app.identity.models import Account
from app.identity.types import ResidentId, Role
from app.residents import consents
from app.residents.types import Purpose
from tests.app.eligibility.campaigning import ABOUT_DIBAO, ELDER
from tests.app.eligibility.knowing import learn

ALL = (Purpose.MATCHING, Purpose.PUSH, Purpose.SENSITIVE_PUSH)


@pytest.fixture
def grid_worker(sign_in):
    """`grid_worker()`: a grid worker of a region, just logged in."""

    def make(region_code="500103"):
        return sign_in.officer(Role.GRID_WORKER, region_code=region_code).client

    return make


def listed(client, **query):
    return client.get("/api/v1/staff/visits", query_string=query).json["items"]


def a_day_later(town):
    town.clock.advance(days=1, hours=1)
    return visits.raise_due()


def test_who_could_not_be_pushed_is_visited_a_day_later_in_their_own_community(town, grid_worker):
    reached, unreached, elsewhere = town.person(), town.person(accepts=0), town.person(accepts=0)
    with atomic():
        learn(elsewhere.id, **ELDER, residence_region="500105")
    run = town.publish()
    town.push()
    assert visits.raise_due() == 0
    assert a_day_later(town) == 2
    assert visits.raise_due() == 0
    (visit,) = listed(grid_worker())
    assert (visit["region_code"], visit["why"]) == ("500103", "您没有剩余的订阅次数")
    assert [one["region_code"] for one in listed(grid_worker("500105"))] == ["500105"]
    assert len(listed(grid_worker("500000"))) == 2
    assert listed(grid_worker("340000")) == []
    report = town.approver.get(f"/api/v1/staff/match-runs/{run}/visits").json
    assert [(one["region_code"], one["open"], one["closed"]) for one in report["regions"]] == [
        ("500103", 1, 0),
        ("500105", 1, 0),
    ]
    assert report["undecided"] == 1  # pushed, and whether they open it shows within the week
    assert unreached.id != reached.id


def test_who_was_pushed_and_never_opened_it_is_visited_after_a_week(town, grid_worker):
    opened, _ = town.person(), town.person()
    town.publish()
    town.push()
    opened.client.get("/api/v1/me/matches/cq-winter")
    assert a_day_later(town) == 0
    town.clock.advance(days=6)
    assert visits.raise_due() == 1
    assert [visit["why"] for visit in listed(grid_worker())] == ["推送后一周没有打开"]


def test_a_visit_is_closed_once_with_a_result_and_every_look_is_audited(town, grid_worker):
    town.person(accepts=0)
    run = town.publish()
    town.push()
    a_day_later(town)
    officer = grid_worker()
    (visit,) = listed(officer)
    path = f"/api/v1/staff/visits/{visit['id']}"
    assert grid_worker("340000").get(path).status_code == 404
    shown = officer.get(path).json
    assert (shown["name"], shown["summary"] != "") == ("未实名", True)
    seen = {"If-Match": f'"{visit["version"]}"'}
    for refused, headers, status in (
        ("reached_online", seen, 422),
        ("told_will_apply", {}, 400),
        ("told_will_apply", {"If-Match": '"9"'}, 412),
    ):
        reply = officer.post(f"{path}/result", json={"result": refused}, headers=headers)
        assert reply.status_code == status
    assert officer.post(f"{path}/result", json={"result": "told_will_apply"}, headers=seen).status_code == 204
    again = officer.post(f"{path}/result", json={"result": "not_found"}, headers=seen)
    assert again.json["code"] == "visit.closed"
    assert officer.get(path).status_code == 409
    assert [one["result"] for one in listed(officer, closed=True)] == ["told_will_apply"]
    actions = database.session.scalars(
        text("SELECT action FROM audit_entry WHERE action LIKE 'visit.%' ORDER BY id")
    ).all()
    assert actions == ["visit.listed", "visit.read", "visit.closed", "visit.listed"]
    report = town.approver.get(f"/api/v1/staff/match-runs/{run}/visits").json
    assert [(one["open"], one["closed"]) for one in report["regions"]] == [(0, 1)]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.GRID_WORKER])
def test_nobody_but_a_grid_worker_sees_the_visits(sign_in, role):
    assert sign_in.officer(role).client.get("/api/v1/staff/visits").status_code == 403


def test_names_are_masked_in_the_list_and_whole_at_the_door(town, grid_worker, verified):
    person = town.person(accepts=0)
    verified(person)
    town.publish()
    town.push()
    a_day_later(town)
    (visit,) = listed(grid_worker())
    assert visit["name"] == "陈*珍"
    assert grid_worker().get(f"/api/v1/staff/visits/{visit['id']}").json["name"] == "陈渝珍"


@pytest.fixture
def verified(session):
    """`verified(person)`: the person's real name is known."""

    def make(person):
        with atomic():
            row, cipher = database.session.get(Account, person.id), crypto.cipher()
            row.name = cipher.encrypt("陈渝珍", place=identity.place("name", person.id))
            row.id_number = cipher.encrypt("1", place=identity.place("id_number", person.id))
            row.id_number_index = cipher.index("1", column="identity_account.id_number")

    return make


def test_nobody_is_visited_who_closed_the_channel_waved_it_away_or_whose_secret_it_would_tell(town):
    town.person(allowed=(Purpose.MATCHING,))
    weary = town.person(accepts=0)
    town.person(accepts=0, dibao=True)
    visited = town.person(accepts=0, dibao=True, allowed=ALL)
    town.publish("cq-dibao", conditions=ABOUT_DIBAO)
    town.publish()
    town.push()
    with atomic():
        dismissals.dismiss(ResidentId(weary.id), "cq-winter", reason=Dismissal.NOT_INTERESTED)
    a_day_later(town)
    raised = database.session.execute(text("SELECT resident_id, policy_id FROM eligibility_visit")).all()
    assert {tuple(row) for row in raised if row.policy_id == "cq-dibao"} == {(visited.id, "cq-dibao")}
    assert {row.resident_id for row in raised if row.policy_id == "cq-winter"} == {
        visited.id,
        *(row.resident_id for row in raised if row.resident_id != weary.id),
    }
    assert len([row for row in raised if row.policy_id == "cq-winter"]) == 2


@pytest.mark.parametrize("withdrawn", [Purpose.MATCHING, Purpose.PUSH])
def test_a_visit_is_off_at_once_when_a_consent_is_withdrawn(town, grid_worker, withdrawn):
    person = town.person(accepts=0)
    town.publish()
    town.push()
    a_day_later(town)
    assert len(listed(grid_worker())) == 1
    with atomic():
        consents.withdraw(ResidentId(person.id), withdrawn)
    assert listed(grid_worker()) == []
    assert [one["result"] for one in listed(grid_worker(), closed=True)] == ["withdrawn"]


def test_only_visits_about_sensitive_facts_end_with_the_consent_that_names_them(town, grid_worker):
    person = town.person(accepts=0, dibao=True, allowed=ALL)
    town.publish("cq-dibao", conditions=ABOUT_DIBAO)
    town.publish()
    town.push()
    a_day_later(town)
    with atomic():
        consents.withdraw(ResidentId(person.id), Purpose.SENSITIVE_PUSH)
    assert [visit["policy_id"] for visit in listed(grid_worker())] == ["cq-winter"]


def test_a_visit_is_needless_once_the_person_has_read_it_or_is_not_eligible(town, grid_worker):
    reader, loser = town.person(accepts=0), town.person(accepts=0)
    town.publish()
    town.push()
    a_day_later(town)
    reader = town.again(reader)
    message = town.inbox(reader)[0]["id"]
    assert reader.client.post(f"/api/v1/me/messages/{message}/read").status_code == 204
    with atomic():
        learn(loser.id, **{**ELDER, "birth_date": "2000-01-01"})
    assert visits.close_needless() == 2
    results = {one["result"] for one in listed(grid_worker(), closed=True)}
    assert results == {"reached_online", "not_entitled"}


def test_an_erased_account_leaves_counts_and_nobody(town):
    person = town.person(accepts=0)
    run = town.publish()
    town.push()
    a_day_later(town)
    with atomic():
        wiring.residents.erased.send(ResidentId(person.id))
    left = database.session.execute(text("SELECT resident_id, result FROM eligibility_visit")).all()
    assert [tuple(row) for row in left] == [(None, "withdrawn")]
    assert town.account(run)["erased"] == 1


def ask(person, answer=None, policy="cq-winter"):
    if answer is None:
        return [one["policy_id"] for one in person.client.get("/api/v1/me/follow-ups").json["items"]]
    return person.client.post(f"/api/v1/me/matches/{policy}/follow-up", json={"answer": answer})


def test_a_week_later_one_question_is_asked_in_the_app_and_answered_once(town):
    person, silent = town.person(), town.person()
    town.publish()
    town.push()
    assert follow_ups.ask_due() == 0
    assert ask(person, "applied").json["code"] == "follow_up.nothing_asked"
    town.clock.advance(hours=1)
    before = len(town.phone(person))
    _a_week_later(town)
    assert (follow_ups.ask_due(), follow_ups.ask_due()) == (2, 0)
    town.push()
    person, silent = town.again(person), town.again(silent)
    assert len(town.phone(person)) == before
    assert town.note(person) == ("suppressed", "这类消息只在站内")
    assert ask(person) == ["cq-winter"]
    assert ask(person, "will_apply").status_code == 204
    assert ask(person, "applied").status_code == 409
    assert (ask(person), ask(silent)) == ([], ["cq-winter"])
    shown = town.approver.get("/api/v1/staff/policies/cq-winter/statistics").json
    assert (shown["told"], shown["asked"]) == (2, 2)
    assert shown["answers"] == {"applied": 0, "will_apply": 1, "did_not_understand": 0, "not_for_me": 0}


def test_not_for_me_is_a_dismissal_too(town):
    person = town.person()
    town.publish()
    _a_week_later(town)
    follow_ups.ask_due()
    person = town.again(person)
    assert ask(person, "not_for_me").status_code == 204
    assert "cq-winter" not in str(person.client.get("/api/v1/me/matches").json)
    shown = town.approver.get("/api/v1/staff/policies/cq-winter/statistics").json
    assert shown["dismissals"]["not_interested"] == 1


def test_who_lost_it_waved_it_away_or_withdrew_is_spared_the_question(town):
    loser, weary, private = (town.person() for _ in range(3))
    town.publish()
    with atomic():
        learn(loser.id, **{**ELDER, "birth_date": "2000-01-01"})
        dismissals.dismiss(ResidentId(weary.id), "cq-winter", reason=Dismissal.ALREADY_RECEIVED)
        consents.withdraw(ResidentId(private.id), Purpose.MATCHING)
    _a_week_later(town)
    assert follow_ups.ask_due() == 0


def test_the_statistics_of_a_policy_are_for_officers_of_its_region(town, sign_in):
    town.publish()
    path = "/api/v1/staff/policies/cq-winter/statistics"
    assert sign_in.officer(Role.POLICY_AUTHOR, region_code="340000").client.get(path).status_code == 403
    assert sign_in.officer(Role.CASE_OFFICER).client.get(path).status_code == 403
    assert town.approver.get("/api/v1/staff/policies/no-such/statistics").status_code == 404


def _a_week_later(town):
    town.clock.advance(days=7, hours=1)
