"""Submitting: complete, once, receipted, numbered; and what an applicant may do afterwards."""

import pytest
from sqlalchemy import func, select
from stdnum import luhn

from app.applications import awaiting, numbers
from app.applications.drafts import read_answers
from app.applications.models import Case, CaseEvent
from app.audit import trail
from app.foundation import database
from app.gateways.registries import live, port
from tests.blueprints.applications.errands import APPLICATIONS, STEPS, Errand, key


def test_an_incomplete_form_is_refused_with_every_fault_by_its_path(elder) -> None:
    elder.open().save(1, STEPS[1])
    reply = elder.submission()
    assert (reply.status_code, reply.json["code"]) == (422, "form.incomplete")
    assert {"account_type", "promise", "sign"} <= set(reply.json["errors"])
    assert elder.read()["status"] == "draft"


def test_submitting_needs_a_key(elder) -> None:
    elder.open().fill()
    assert elder.client.post(f"{elder.url}/submission").status_code == 400


def test_the_receipt_names_region_day_number_and_check_digit(elder, clock) -> None:
    receipt = elder.open().fill().submit()
    number = receipt["receipt_no"]
    assert number[:14] == "50010320260615"
    assert len(number) == 21
    assert luhn.is_valid(number)
    assert luhn.is_valid(receipt["tracking_no"], alphabet=numbers.ALPHABET)
    assert receipt["deadline"] == "2026-06-23"  # 端午 19 to 21 June


def test_a_double_tap_gives_one_case_and_one_receipt(elder) -> None:
    elder.open().fill()
    once = key()
    first, replayed, other_key = elder.submission(**once), elder.submission(**once), elder.submission()
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert first.json == replayed.json == other_key.json
    assert len(elder.client.get(APPLICATIONS).json["items"]) == 1


def test_fifty_parallel_submissions_give_one_receipt(elder, together) -> None:
    elder.open().fill()

    def tap(_):
        return Errand.submission(elder.other_thumb())

    replies = together(tap, times=50)
    answered = [reply for reply in replies if reply.status_code == 201]
    assert {reply.status_code for reply in replies} <= {201, 503}
    assert len(answered) >= 40
    assert len({reply.json["receipt_no"] for reply in answered}) == 1
    with database.reading() as connection:
        submitted = select(func.count()).select_from(CaseEvent).where(CaseEvent.kind == "submitted")
        assert connection.scalar(submitted) == 1


def test_fifty_parallel_taps_with_one_key_give_one_receipt(elder, together) -> None:
    elder.open().fill()
    once = key()
    replies = together(lambda _: elder.other_thumb().submission(**once), times=50)
    assert {reply.status_code for reply in replies} <= {201, 409, 503}
    assert len({reply.json["receipt_no"] for reply in replies if reply.status_code == 201}) == 1


def test_twenty_parallel_beginnings_give_one_draft(elder, together) -> None:
    replies = together(lambda _: elder.other_thumb().client.post(APPLICATIONS, json=elder.body), times=20)
    assert {reply.status_code for reply in replies} <= {200, 201, 503}
    found = [reply for reply in replies if reply.status_code in {200, 201}]
    assert len(found) >= 15
    assert len({reply.json["id"] for reply in found}) == 1
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(Case)) == 1


def test_hidden_answers_are_kept_in_the_draft_and_never_submitted(elder, desk) -> None:
    elder.open().fill()
    elder.save(2, {"account_type": "bank_card", "bank_card": "6217000000000000009", "bank_name": "建行"})
    elder.save(2, {"account_type": "social_card"})
    elder.submit()
    keys = {answer["key"] for step in desk.read(elder.id)["answers"] for answer in step["answers"]}
    assert "account_type" in keys
    assert not {"bank_card", "bank_name", "proxy_id"} & keys
    with database.reading() as connection:
        row = connection.execute(select(Case.__table__).where(Case.id == elder.id)).one()
    assert not {"bank_card", "bank_name"} & set(read_answers(row))


def test_a_submitted_case_cannot_be_edited(elder) -> None:
    elder.submitted()
    reply = elder.put(1, {"live_region": "500105"})
    assert (reply.status_code, reply.json["code"]) == (409, "application.not_draft")
    assert elder.step(1)["editable"] is False


def test_the_same_matter_is_not_begun_again_while_an_office_has_it(elder) -> None:
    elder.submitted()
    reply = elder.client.post(APPLICATIONS, json=elder.body)
    assert (reply.status_code, reply.json["code"]) == (409, "application.already_open")


def test_after_withdrawal_it_may_be_begun_again(elder) -> None:
    elder.submitted()
    assert elder.withdraw().status_code == 200
    assert (elder.read()["status"], elder.read()["deadline"]) == ("withdrawn", None)
    assert elder.withdraw().status_code == 409
    first = elder.id
    assert elder.open().id != first


def test_a_withdrawn_draft_cannot_be_submitted(elder) -> None:
    elder.open().fill()
    elder.withdraw()
    assert elder.submission().status_code == 409


def test_nobody_answers_a_question_that_was_not_asked(elder) -> None:
    elder.submitted()
    assert elder.supplement(note="主动补充").status_code == 409


def test_what_a_department_could_not_confirm_is_marked_for_the_officer(elder, registries, desk) -> None:
    registries.post("faults", department="certificates", effect="down")
    elder.open()
    elder.save(1, {**STEPS[1], "hukou_region": "500103"})
    elder.fill().submit()
    answers = {a["key"]: a for step in desk.read(elder.id)["answers"] for a in step["answers"]}
    assert answers["hukou_region"]["needs_verification"] is True
    assert answers["name"]["needs_verification"] is False


def test_the_review_names_every_material_and_where_it_stands(elder) -> None:
    review = elder.open().client.get(f"{elder.url}/review").json
    materials = {one["name"]: one["state"] for one in review["materials"]}
    assert materials["居民身份证"] == "from_certificate"
    assert materials["居民户口簿"] == "from_certificate"
    assert materials["生存认证结果"] == "have"
    assert (review["complete"], review["first_incomplete"]) == (False, 1)
    elder.fill()
    done = elder.client.get(f"{elder.url}/review").json
    assert (done["complete"], done["first_incomplete"]) == (True, None)


def test_certificates_that_cannot_be_asked_for_now_are_fetched_later_and_stop_nobody(
    elder, registries, desk, settings
) -> None:
    registries.post("faults", department="certificates", effect="down")
    materials = elder.open().client.get(f"{elder.url}/review").json["materials"]
    states = {one["name"]: one["state"] for one in materials}
    assert (states["居民户口簿"], states["居民身份证"]) == ("awaited", "awaited")
    elder.save(1, {**STEPS[1], "hukou_region": "500103"})
    elder.fill().submit()
    assert {one["name"]: one["state"] for one in desk.read(elder.id)["materials"]}["居民身份证"] == "awaited"
    assert awaiting.fetch_due() == 0
    registries.delete("faults")
    port.use(live.build(settings))  # as if the breaker had closed again
    assert awaiting.fetch_due() == 3
    states = {one["name"]: one["state"] for one in desk.read(elder.id)["materials"]}
    assert {states["居民身份证"], states["居民户口簿"], states["领款账户"]} == {"from_certificate"}


def test_every_effect_is_in_the_audit_trail(elder, desk) -> None:
    elder.submitted()
    desk.decide(elder.id, "accept")
    elder.withdraw()
    actions = [entry.action for entry in trail.of_subject("application", elder.id)]
    assert [a for a in actions if a != "application.step_saved"] == [
        "application.drafted",
        "application.submitted",
        "application.accepted",
        "application.withdrawn",
    ]


def test_my_cases_come_newest_first_in_pages(elder, verified, registries) -> None:
    elder.open()
    other = Errand(elder.person, service="svc-care-coupon")
    other.open()
    first = elder.client.get(APPLICATIONS, query_string={"page_size": 1}).json
    second = elder.client.get(
        APPLICATIONS, query_string={"page_size": 1, "cursor": first["next_cursor"]}
    ).json
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [other.id, elder.id]
    assert second["next_cursor"] is None
    assert elder.client.get(APPLICATIONS, query_string={"cursor": "x"}).status_code == 422


@pytest.mark.parametrize("path", ["", "/steps/1", "/review", "/timeline"])
def test_reading_a_case_takes_few_queries(elder, query_budget, path) -> None:
    elder.submitted()
    elder.client.get(elder.url + path)
    with query_budget(4):
        assert elder.client.get(elder.url + path).status_code == 200


def test_the_list_takes_as_many_queries_for_many_as_for_one(elder, query_budget) -> None:
    elder.open()
    for service in ("svc-care-coupon", "svc-medical-remote", "svc-dibao"):
        Errand(elder.person, service=service, region="340000" if service == "svc-dibao" else "500103").open()
    elder.client.get(APPLICATIONS)
    with query_budget(3):
        assert len(elder.client.get(APPLICATIONS).json["items"]) == 4


def test_writing_takes_at_most_ten_queries(elder, desk, query_budget) -> None:
    elder.open().fill()
    version = elder.read()["version"]
    with query_budget(10):
        assert elder.put(4, STEPS[4], version=version).status_code == 200
    with query_budget(10):
        assert elder.submission().status_code == 201
    version = desk.read(elder.id)["version"]
    with query_budget(10):
        assert desk.post(elder.id, "accept", version=version).status_code == 200
