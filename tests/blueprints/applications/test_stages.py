"""Stages over HTTP: whose they are, who ends them, what the clock does meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.applications import automatic
from app.applications.models import CaseStage
from app.foundation import clock
from app.foundation.database import session as database_session
from app.foundation.transaction import atomic
from tests.blueprints.applications.errands import STAGES, in_a_thread, key, match
from tests.blueprints.applications.filling import Filling

POLICE, HEALTH, HUMAN_RESOURCES, MEDICAL = "09", "23", "14", "36"


@pytest.fixture
def newborn(verified, registries):
    """新生儿出生一件事, submitted."""
    errand = Filling(verified("chongqing_mother"), "svc-newborn", "500103")
    errand.submitted()
    return errand


@pytest.fixture
def born(newborn, desk_of):
    """The same, accepted."""
    desk_of(department=HEALTH).decide(newborn.id, "accept")
    return newborn


def states(errand):
    return {stage["id"]: stage["state"] for stage in errand.read()["stages"]}


def stage_of(desk, errand, stage_id):
    return next(one for one in desk.stages(errand.id) if one["stage_id"] == stage_id)


def test_a_case_has_no_stages_before_it_is_accepted(newborn) -> None:
    assert newborn.read()["stages"] == []


def test_each_department_finds_its_own_stage_when_its_turn_has_come(born, desk_of) -> None:
    police, health = desk_of(department=POLICE), desk_of(department=HEALTH)
    assert police.stages(born.id) == []
    assert [stage["stage_id"] for stage in health.stages(born.id)] == ["birth"]
    health.end(stage_of(health, born, "birth"))
    assert [stage["name"] for stage in police.stages(born.id)] == ["出生登记落户"]
    assert states(born) | {"birth": "passed", "hukou": "open", "medical": "waiting"} == states(born)


def test_a_stage_of_another_department_or_district_is_not_there(born, desk_of) -> None:
    health = desk_of(department=HEALTH)
    stage = stage_of(health, born, "birth")
    for stranger in (desk_of(department=POLICE), desk_of(department=HEALTH, region_code="340000")):
        assert stranger.stages(born.id) == []
        assert stranger.client.get(f"{STAGES}/{stage['id']}").status_code == 404
        assert stranger.end(stage).status_code == 404
        assert stranger.client.post(f"{STAGES}/{stage['id']}/claim").status_code == 404
    assert states(born)["birth"] == "open"


def test_whoever_has_a_stage_reads_the_case_and_decides_nothing_else(born, desk_of) -> None:
    police = desk_of(department=POLICE)
    assert police.read(born.id)["allowed_actions"] == []
    assert police.post(born.id, "pause", version=1, kind="hearing", days=5, reason="听证").status_code == 404
    assert desk_of(department="40").get(born.id).status_code == 404


def test_a_refused_item_needs_its_reason_and_the_applicant_reads_it(born, desk_of) -> None:
    health = desk_of(department=HEALTH)
    stage = stage_of(health, born, "birth")
    assert health.end(stage, "refused").json["code"] == "task.decision_incomplete"
    assert health.end(stage, "refused", reason="出生信息与医院登记不一致").status_code == 200
    entry = next(one for one in born.timeline() if one["kind"] == "stage_ended")
    assert "出生信息与医院登记不一致" in entry["text"]
    assert entry["actor"] == "卫健部门工作人员"
    titles = [m["title"] for m in born.client.get("/api/v1/me/messages").json["items"]]
    assert "出生医学证明：未通过" in titles


def test_a_stage_ends_once_however_often_it_is_said(born, desk_of) -> None:
    health = desk_of(department=HEALTH)
    stage = stage_of(health, born, "birth")
    assert health.end(stage).status_code == 200
    assert health.end(stage).status_code == 412
    assert health.end(stage, version=stage["version"] + 1).json["code"] == "stage.not_open"


def test_two_officers_end_one_stage_at_once_and_one_wins(committed, together, newborn, desk_of) -> None:
    desk_of(department=HEALTH).decide(newborn.id, "accept")
    desks = [desk_of(department=HEALTH) for _ in range(4)]
    stage = stage_of(desks[0], newborn, "birth")

    def end(number):
        client = in_a_thread(desks[number].client, desks[number].officer.token)
        body = {"outcome": "passed", "reason": ""}
        headers = match(stage["version"]) | key()
        return client.post(f"{STAGES}/{stage['id']}/result", json=body, headers=headers).status_code

    codes = together(end, times=4)
    assert codes.count(200) == 1
    assert set(codes) <= {200, 409, 412}
    assert [entry["kind"] for entry in newborn.timeline()].count("stage_ended") == 1


def test_two_departments_end_their_stages_at_once_and_both_count(
    committed, together, newborn, desk_of
) -> None:
    health, police = desk_of(department=HEALTH), desk_of(department=POLICE)
    health.decide(newborn.id, "accept")
    health.end(stage_of(health, newborn, "birth"))
    work = [(health, stage_of(health, newborn, "vaccine")), (police, stage_of(police, newborn, "hukou"))]

    def end(number):
        desk, stage = work[number]
        client = in_a_thread(desk.client, desk.officer.token)
        body, headers = {"outcome": "passed", "reason": ""}, match(stage["version"]) | key()
        return client.post(f"{STAGES}/{stage['id']}/result", json=body, headers=headers).status_code

    assert together(end, times=2) == [200, 200]
    automatic.advance_due()
    assert newborn.read()["status"] == "approved"
    assert states(newborn)["medical"] == "open", "what was chosen goes on after the whole has ended"


def test_a_claim_of_a_stage_keeps_a_colleague_away_for_half_an_hour(born, desk_of) -> None:
    first, second = desk_of(department=HEALTH), desk_of(department=HEALTH)
    url = f"{STAGES}/{stage_of(first, born, 'birth')['id']}/claim"
    assert first.client.post(url).status_code == 200
    assert second.client.post(url).json["code"] == "task.claimed_by_other"
    assert stage_of(second, born, "birth")["claimed_by"] == str(first.officer.id)


def test_nobody_decides_over_the_heads_of_the_departments(born, desk_of, elder, desk) -> None:
    lead = desk_of(department=HEALTH)
    assert lead.post(born.id, "approve").json["code"] == "application.decided_item_by_item"
    elder.submitted()
    desk.decide(elder.id, "accept")
    assert "approve" not in desk.read(elder.id)["allowed_actions"]
    assert desk.post(elder.id, "approve").json["code"] == "application.stages_not_ended"


def test_the_database_approves_nothing_while_a_stage_is_open(elder, desk) -> None:
    elder.submitted()
    desk.decide(elder.id, "accept")
    told = (
        "INSERT INTO application_event (id, case_id, seq, kind, status_after, actor_kind, actor_id, at,"
        " details) VALUES (gen_random_uuid(), :case, 4, 'approved', 'approved', 'system', 'x', now(), '{}')"
    )
    with pytest.raises(IntegrityError, match="have not ended"), database_session.begin_nested():
        database_session.execute(text(told), {"case": elder.id})
    with pytest.raises(IntegrityError, match="does not go back"), database_session.begin_nested():
        database_session.execute(
            text("UPDATE application_stage SET state = 'waiting', opened_at = NULL WHERE state = 'open'")
        )


def test_the_machine_hands_over_what_it_cannot_confirm(newborn, verified, desk_of, registries) -> None:
    unknown = Filling(verified("hefei_owner"), "svc-afterlife", "340100", dead_id="11010519491231002X")
    unknown.submitted()
    automatic.advance_due()
    health = desk_of(department=HEALTH, region_code="000000")
    stage = stage_of(health, unknown, "death")
    assert "没有查到" in stage["note"]
    assert health.end(stage).status_code == 200
    assert states(unknown)["hukou"] == "open"


def test_a_department_that_is_down_is_asked_again_and_then_left_to_people(
    elder, desk, desk_of, registries
) -> None:
    elder.submitted()
    desk.decide(elder.id, "accept")
    registries.post("faults", department="public_security", effect="down")
    automatic.advance_due()
    police = desk_of(department=POLICE)
    assert police.stages(elder.id) == []
    with atomic():
        row = database_session.query(CaseStage).filter_by(case_id=elder.id, stage_id="check").one()
        assert row.not_before > clock.now()
        row.not_before, row.due_on = clock.now() - timedelta(seconds=1), clock.today()
    automatic.advance_due()
    assert "一直没有回应" in stage_of(police, elder, "check")["note"]


def test_the_clock_stands_still_while_only_what_does_not_count_goes_on(
    verified, desk, desk_of, registries
) -> None:
    coupon = Filling(verified("yuzhong_elder"), "svc-care-coupon", "500103", has_assessment=False)
    coupon.submitted()
    desk.decide(coupon.id, "accept")
    assert states(coupon) == {"accept": "passed", "assess": "open", "decide": "waiting", "coupon": "waiting"}
    assert coupon.read()["deadline"]["running"] is False
    desk.end(stage_of(desk, coupon, "assess"))
    assert coupon.read()["deadline"]["running"] is True
    assert desk.decide(coupon.id, "approve") == "approved"
    assert states(coupon)["coupon"] == "open"
    finance = desk_of(department="13")
    assert finance.end(stage_of(finance, coupon, "coupon")).status_code == 200
    assert coupon.timeline()[-1]["kind"] == "stage_ended"


def test_a_withdrawn_case_waits_for_nobody(born, desk_of) -> None:
    assert born.withdraw().status_code == 200
    assert set(states(born).values()) <= {"passed", "cancelled"}
    assert desk_of(department=HEALTH).stages(born.id) == []


def test_the_service_that_follows_is_begun_as_a_draft(born, desk_of) -> None:
    health, police = desk_of(department=HEALTH), desk_of(department=POLICE)
    health.end(stage_of(health, born, "birth"))
    police.end(stage_of(police, born, "hukou"))
    automatic.advance_due()
    items = born.client.get("/api/v1/applications").json["items"]
    draft = next(one for one in items if one["service_id"] == "svc-childcare")
    assert draft["status"] == "draft"
    fields = born.client.get(f"/api/v1/applications/{draft['id']}/steps/1").json["fields"]
    assert next(f for f in fields if f["key"] == "child_name")["value"] is not None
    assert states(born)["childcare"] == "passed"


def test_the_queue_of_stages_comes_by_deadline_in_pages(born, desk_of, verified, registries) -> None:
    health = desk_of(department=HEALTH)
    other = Filling(verified("chongqing_father"), "svc-newborn", "500103")
    other.submitted()
    health.decide(other.id, "accept")
    first = health.client.get(STAGES, query_string={"page_size": 1}).json
    second = health.client.get(STAGES, query_string={"page_size": 1, "cursor": first["next_cursor"]}).json
    found = [item["case_id"] for page in (first, second) for item in page["items"]]
    assert sorted(found) == sorted([born.id, other.id])
