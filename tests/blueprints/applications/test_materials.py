"""What the materials of a case stand on: certificates, uploads, promises, and what may follow."""

from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.applications import missing
from app.applications.material_types import MATERIAL_TRANSITIONS, SETTLED
from app.foundation.transaction import atomic
from app.materials import scanning
from app.residents.types import Purpose
from tests.blueprints.applications.papers import HUKOU, ID_CARD, Papers
from tests.support.uploads import EICAR, UPLOADS, Phone, document, noise, picture, saying

MESSAGES = "/api/v1/me/messages"


@pytest.fixture
def unconsented(verified, registries, clamd):
    """She lets nobody fetch her certificates: everything has to be handed in."""
    return Papers(verified(allows=(Purpose.MATCHING,)))


@pytest.fixture
def papers(unconsented):
    """The same, with everything that is asked handed in but the household register."""
    return unconsented.but_the_register()


def test_a_picture_goes_from_the_phone_to_the_officer(unconsented, desk, papers) -> None:
    pages = [papers.phone().upload(noise((800, 600 + n)), f"户口簿{n}.jpg") for n in range(2)]
    assert papers.attach(HUKOU, *pages).status_code == 200
    assert scanning.scan_due() == 2
    papers.submit()
    shown = {one["position"]: one for one in desk.read(papers.id)["materials"]}
    files = shown[HUKOU]["files"]
    assert (shown[HUKOU]["state"], len(files)) == ("uploaded", 2)
    assert {file["watermark"] for file in files} == {"仅用于办理高龄津贴申领"}
    assert [file["name"] for file in files] == ["户口簿0.jpg", "户口簿1.jpg"]
    link = desk.client.post(f"/api/v1/staff/files/{files[0]['id']}/link").json
    reply = desk.client.get(link["url"])
    assert (reply.status_code, reply.mimetype) == (200, "image/jpeg")
    own = papers.client.post(f"/api/v1/me/files/{files[0]['id']}/link").json
    assert papers.client.get(own["url"]).data == reply.data, "both sides see the same copy"


def test_an_officer_elsewhere_another_resident_and_a_link_of_somebody_else_get_nothing(
    papers, desk, desk_of, sign_in
) -> None:
    papers.defer(HUKOU)
    papers.submit()
    file_id = desk.read(papers.id)["materials"][0]["files"][0]["id"]
    for stranger in (desk_of(region_code="500105"), desk_of(department="14")):
        assert stranger.client.post(f"/api/v1/staff/files/{file_id}/link").status_code == 404
    assert sign_in.resident().client.post(f"/api/v1/me/files/{file_id}/link").status_code == 404
    url = desk.client.post(f"/api/v1/staff/files/{file_id}/link").json["url"]
    assert desk_of().client.get(url).status_code == 404, "a colleague asks for a link of their own"
    assert desk.client.get(url).status_code == 200


def test_a_draft_is_not_submitted_while_a_required_material_stands_on_nothing(unconsented) -> None:
    unconsented.open()
    unconsented.save(1, {"live_region": "500103", "lives_alone": True, "hukou_region": "500103"})
    unconsented.fill()
    reply = unconsented.submission()
    assert (reply.status_code, reply.json["code"]) == (422, "application.materials_missing")
    assert set(reply.json["errors"]) == {"materials.0", "materials.1", "materials.3"}
    assert reply.json["errors"]["materials.1"] == ["“居民户口簿”还没有：请上传，或选择容缺后补"]
    assert unconsented.read()["status"] == "draft"


def test_what_follows_later_has_a_day_a_reminder_and_holds_the_decision(papers, desk, clock) -> None:
    assert papers.materials()[HUKOU]["ways"] == ["upload", "defer"]
    assert papers.defer(HUKOU).status_code == 200
    papers.submit()
    assert "容缺的材料：居民户口簿" in papers.timeline()[1]["text"]
    shown = {one["position"]: one for one in papers.read()["materials"]}[HUKOU]
    assert (shown["state"], shown["due_on"]) == ("deferred", "2026-06-30")  # ten working days, 端午 between
    desk.decide(papers.id, "accept")
    desk.handle(papers.id)
    task = desk.read(papers.id)
    assert not {"approve", "reject"} & set(task["allowed_actions"])
    early = desk.post(papers.id, "approve")
    assert (early.status_code, early.json["code"]) == (409, "application.decision_waits")
    assert desk.post(papers.id, "reject", reason="材料不齐").status_code == 409
    clock.advance(days=12)
    assert (_tick(missing.remind_due), _tick(missing.remind_due)) == (1, 0)
    assert papers.client.get(MESSAGES).json["items"][0]["title"] == "请补交：居民户口簿"
    upload = papers.phone().upload(picture(), "户口簿.jpg")
    assert papers.attach(HUKOU, upload).status_code == 200
    assert desk.decide(papers.id, "approve") == "approved"


def test_what_was_not_supplied_is_an_officers_to_decide_and_no_machines(papers, desk, clock) -> None:
    papers.defer(HUKOU)
    papers.submit()
    desk.decide(papers.id, "accept")
    desk.handle(papers.id)
    clock.advance(days=16)
    assert (_tick(missing.lapse_due), _tick(missing.lapse_due)) == (1, 0)
    case = papers.read()
    assert case["status"] == "accepted"
    assert {one["position"]: one["state"] for one in case["materials"]}[HUKOU] == "lapsed"
    assert papers.client.get(MESSAGES).json["items"][0]["title"] == "逾期未补：居民户口簿"
    assert desk.post(papers.id, "approve").json["code"] == "application.decision_waits"
    assert desk.decide(papers.id, "reject", reason="容缺材料逾期未补") == "rejected"


def test_a_choice_is_taken_back_and_made_on_the_version_that_was_seen(papers) -> None:
    seen = papers.read()["version"]
    assert papers.defer(HUKOU).status_code == 200
    assert papers.do("DELETE", HUKOU, version=seen).status_code == 412
    assert papers.do("DELETE", HUKOU).status_code == 200
    assert papers.materials()[HUKOU]["state"] == "may_follow"
    assert papers.do("PUT", ID_CARD, "/deferral").json["code"] == "application.material_way_not_offered"
    assert papers.do("PUT", 9, "/deferral").json["code"] == "application.material_not_found"


def test_somebody_elses_upload_stands_for_nothing(papers, sign_in) -> None:
    stranger = Phone(sign_in.resident().client)
    foreign = stranger.upload(picture())
    assert papers.attach(HUKOU, foreign).json["code"] == "materials.upload_not_found"


def test_a_virus_found_after_all_takes_the_file_out_and_tells_the_applicant(papers, desk) -> None:
    upload = papers.phone().upload(document(change=saying(EICAR)), "户口簿.pdf")
    assert papers.attach(HUKOU, upload).status_code == 200
    papers.submit()
    scanning.scan_due()
    shown = {one["position"]: one for one in papers.read()["materials"]}[HUKOU]
    assert (shown["state"], shown["files"]) == ("may_follow", [])
    assert papers.client.get(MESSAGES).json["items"][0]["title"] == "请重新上传：居民户口簿"
    again = papers.phone().upload(picture(), "户口簿.jpg")
    assert papers.attach(HUKOU, again).status_code == 200, "with an office as well"


def test_a_file_that_a_case_needs_is_not_erased(papers) -> None:
    upload = papers.phone().upload(picture())
    papers.attach(HUKOU, upload)
    reply = papers.client.delete(f"{UPLOADS}/{upload}")
    assert (reply.status_code, reply.json["code"]) == (409, "materials.still_needed")
    papers.do("DELETE", HUKOU)
    assert papers.client.delete(f"{UPLOADS}/{upload}").status_code == 204


def test_the_database_refuses_every_change_of_a_material_that_the_table_does_not_have(
    papers, session
) -> None:
    papers.defer(HUKOU)
    connection = session.connection()
    stored = connection.exec_driver_sql("SELECT before, after FROM application_material_transition")
    assert {(row.before, row.after) for row in stored} == MATERIAL_TRANSITIONS
    allowed = set()
    put, change = (
        text("UPDATE application_material SET words = 'x', state = :s"),
        text("UPDATE application_material SET state = :s"),
    )
    for before in sorted(SETTLED):
        for after in sorted(SETTLED - {before}):
            with connection.begin_nested() as attempt:
                connection.exec_driver_sql("ALTER TABLE application_material DISABLE TRIGGER USER")
                connection.execute(put, {"s": before})
                connection.exec_driver_sql("ALTER TABLE application_material ENABLE TRIGGER USER")
                with suppress(IntegrityError), connection.begin_nested():
                    connection.execute(change, {"s": after})
                    allowed.add((before, after))
                attempt.rollback()
    assert allowed == MATERIAL_TRANSITIONS


def test_reading_materials_takes_few_queries(papers, desk, query_budget) -> None:
    papers.defer(HUKOU)
    papers.submit()
    for ask in (papers.read, papers.materials, lambda: desk.read(papers.id)):
        ask()
        with query_budget(5):
            ask()


def _tick(work):
    with atomic():
        return work()
