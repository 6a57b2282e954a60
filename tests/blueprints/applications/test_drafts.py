"""Filling in: prefilled, saved, resumed, never tampered with."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.applications.models import Case
from app.foundation import database
from app.identity.types import Assurance
from app.residents.types import Purpose
from tests.blueprints.applications.errands import APPLICATIONS, STEPS, Errand, key, match

HUKOU = "hukou_region"


def test_only_a_verified_person_may_begin(sign_in) -> None:
    phone_only = Errand(sign_in.resident(Assurance.PHONE))
    reply = phone_only.client.post(APPLICATIONS, json=phone_only.body)
    assert (reply.status_code, reply.json["code"]) == (409, "application.real_name_required")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"service_id": "svc-nothing"}, 404),
        ({"region_code": "110101"}, 404),
        ({"region_code": "500199"}, 404),
        ({"region_code": "5001"}, 422),
        ({"subject_id": "01900000-0000-7000-8000-000000000000"}, 404),
        ({"status": "approved"}, 422),
    ],
)
def test_what_is_not_offered_there_or_not_yours_cannot_be_begun(elder, body, status) -> None:
    reply = elder.client.post(APPLICATIONS, json={**elder.body, **body})
    assert reply.status_code == status


def test_beginning_twice_finds_the_same_draft(elder) -> None:
    first = elder.client.post(APPLICATIONS, json=elder.body)
    second = elder.client.post(APPLICATIONS, json=elder.body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json["id"] == second.json["id"]
    assert (first.json["status"], first.json["next_step"]) == ("draft", 1)


def test_beginning_with_one_key_replays_the_answer(elder) -> None:
    once = key()
    first = elder.client.post(APPLICATIONS, json=elder.body, headers=once)
    again = elder.client.post(APPLICATIONS, json=elder.body, headers=once)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert first.json == again.json


def test_what_sources_say_is_there_with_source_and_date_and_locked(elder, demo) -> None:
    fields = elder.open().fields(1)
    name, number, hukou = fields["name"], fields["id_no"], fields[HUKOU]
    assert (name["value"], name["readonly"], name["prefilled"]["source"]) == ("陈渝珍", True, "实名认证")
    assert number["value"] == "500***********9023"
    assert (hukou["value"], hukou["readonly"]) == ("500103", True)
    assert hukou["prefilled"] == {
        "source": "居民户口簿",
        "as_of": hukou["prefilled"]["as_of"],
        "state": "read",
    }
    assert hukou["prefilled"]["as_of"] is not None
    assert fields["live_region"]["value"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [(HUKOU, "500105"), ("name", "张三"), ("id_no", "500103194306189055")],
)
def test_a_value_read_by_the_system_is_never_taken_from_the_client(elder, field, value) -> None:
    elder.open()
    reply = elder.put(1, {**STEPS[1], field: value})
    assert (reply.status_code, list(reply.json["errors"])) == (422, [f"answers.{field}"])
    assert elder.fields(1)["live_region"]["value"] is None, "nothing of a refused save is stored"


def test_masked_values_may_come_back_as_they_were_shown(elder) -> None:
    elder.open()
    shown = {key: field["value"] for key, field in elder.fields(1).items()}
    assert elder.put(1, {**shown, **STEPS[1]}).status_code == 200


def test_an_unknown_answer_is_refused_by_its_path(elder) -> None:
    reply = elder.open().put(1, {"status": "approved"})
    assert (reply.status_code, list(reply.json["errors"])) == (422, ["answers.status"])


def test_a_field_of_another_step_is_refused(elder) -> None:
    assert elder.open().put(1, {"account_type": "social_card"}).status_code == 422


@pytest.mark.parametrize("number", [0, 5, 99, 10**9])
def test_a_step_that_does_not_exist_is_not_found(elder, number) -> None:
    elder.open()
    assert elder.client.get(f"{elder.url}/steps/{number}").status_code == 404
    assert elder.put(number, {}).status_code == 404


def test_the_bank_card_shows_only_to_who_chooses_it_and_is_masked(elder) -> None:
    elder.open()
    assert [hidden["key"] for hidden in elder.step(2)["hidden"]] == ["bank_card", "bank_name"]
    assert "回答前面的问题后" in elder.step(2)["hidden"][0]["reason"]
    elder.save(2, {"account_type": "bank_card", "bank_card": "6217000000000000009"}, final=False)
    card = elder.fields(2)["bank_card"]
    assert (card["value"], card["sensitive"]) == ("**** 0009", True)
    elder.save(2, {"account_type": "social_card"})
    assert [hidden["key"] for hidden in elder.step(2)["hidden"]] == ["bank_card", "bank_name"]
    assert "不需要填写" in elder.step(2)["hidden"][0]["reason"]


def test_an_unfinished_step_is_saved_and_a_final_one_says_what_is_missing(elder) -> None:
    elder.open()
    assert elder.save(1, {"lives_alone": True}, final=False)["errors"] == {}
    final = elder.save(1, {})
    assert (final["errors"], final["next_step"]) == ({"live_region": final["errors"]["live_region"]}, 1)
    assert elder.fields(1)["lives_alone"]["value"] is True


def test_steps_lead_on_to_the_review(elder) -> None:
    elder.open()
    assert [elder.save(number, answers)["next_step"] for number, answers in STEPS.items()] == [2, 3, 4, None]
    case = elder.read()
    assert (case["next_step"], case["next_action"]) == (None, "review")
    assert {step["state"] for step in case["steps"]} == {"done"}


def test_a_draft_is_found_again_after_logging_in_again(elder, sign_in, client) -> None:
    elder.open().save(1, STEPS[1])
    again = Errand(elder.person)
    again.client = client.bearer(elder.person.token)
    again.open()
    assert again.id == elder.id
    assert again.fields(1)["live_region"]["value"] == "500103"
    assert again.read()["next_step"] == 2


def test_an_old_version_is_told_and_overwrites_nothing(elder) -> None:
    version = elder.open().read()["version"]
    assert elder.put(1, {"live_region": "500103"}, version=version).status_code == 200
    late = elder.put(1, {"live_region": "500105"}, version=version)
    assert (late.status_code, late.json["code"]) == (412, "stale_version")
    assert elder.fields(1)["live_region"]["value"] == "500103"


def test_a_save_without_the_version_it_saw_is_refused(elder) -> None:
    elder.open()
    assert elder.client.put(f"{elder.url}/steps/1", json={"answers": {}}).status_code == 400


def test_what_is_stored_cannot_be_read_in_the_database(elder, session) -> None:
    elder.open().save(3, {"is_proxy": False, "phone": "13812345678"})
    row = session.execute(select(Case.answers, Case.prefilled).where(Case.id == elder.id)).one()
    for sealed in row:
        assert b"13812345678" not in sealed
        assert "陈渝珍".encode() not in sealed
        assert b"500103194403019023" not in sealed


def test_somebody_elses_draft_does_not_exist(elder, verified) -> None:
    elder.open()
    stranger = Errand(verified("jiangbei_elder"))
    for path in ("", "/steps/1", "/review", "/timeline"):
        assert stranger.client.get(elder.url + path).status_code == 404
    for path in ("/submission", "/withdrawal", "/supplement"):
        assert stranger.client.post(elder.url + path, json={}, headers=key()).status_code == 404
    saved = stranger.client.put(f"{elder.url}/steps/1", json={"answers": {}}, headers=match(1))
    assert saved.status_code == 404


def test_without_consent_no_department_is_asked_and_the_field_is_open(verified, registries) -> None:
    shy = Errand(verified(allows=()))
    hukou = shy.open().fields(1)[HUKOU]
    assert (hukou["value"], hukou["readonly"], hukou["prefilled"]["state"]) == (None, False, "missing")
    assert registries.get("journal")["items"] == []


def test_a_consent_given_later_fills_the_draft(verified, registries) -> None:
    shy = Errand(verified(allows=()))
    shy.open()
    for purpose in (Purpose.CERTIFICATES, Purpose.PREFILL):
        given = shy.client.put(f"/api/v1/me/consents/{purpose}", json={}, headers=key())
        assert given.status_code == 200, given.json
    assert shy.fields(1)[HUKOU]["value"] == "500103"


def test_a_source_that_is_down_opens_the_field_marked_for_later(elder, registries) -> None:
    registries.post("faults", department="certificates", effect="down")
    hukou = elder.open().fields(1)[HUKOU]
    assert (hukou["readonly"], hukou["prefilled"]["state"], hukou["needs_verification"]) == (
        False,
        "down",
        True,
    )
    saved = elder.save(1, {**STEPS[1], HUKOU: "500103"})
    assert saved["errors"] == {}


def test_a_source_is_asked_again_after_an_hour_and_its_word_replaces_what_was_typed(
    elder, registries, clock
) -> None:
    registries.post("faults", department="certificates", effect="down")
    elder.open().save(1, {**STEPS[1], HUKOU: "500105"})
    registries.delete("faults")
    assert elder.fields(1)[HUKOU]["value"] == "500105"
    clock.advance(seconds=timedelta(hours=1, seconds=1).total_seconds())
    hukou = elder.fields(1)[HUKOU]
    assert (hukou["value"], hukou["readonly"]) == ("500103", True)


def test_a_source_that_goes_down_does_not_unsay_what_it_said(elder, registries, clock) -> None:
    elder.open()
    registries.post("faults", department="certificates", effect="down")
    clock.advance(hours=2)
    assert elder.fields(1)[HUKOU]["readonly"] is True


def test_no_transaction_is_open_while_a_department_is_asked(elder, registries, committed) -> None:
    registries.post("faults", department="certificates", effect="slow", seconds=1.5)
    seen, done = [], threading.Event()
    with database.engine().connect() as watcher:

        def watch():
            while not done.wait(0.05):
                idle = watcher.exec_driver_sql(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
                    " AND clock_timestamp() - state_change > interval '300 ms'"
                ).scalar()
                seen.append(idle)
                watcher.rollback()

        thread = threading.Thread(target=watch)
        thread.start()
        elder.open()
        done.set()
        thread.join()
    assert len(seen) > 10
    assert max(seen) == 0
