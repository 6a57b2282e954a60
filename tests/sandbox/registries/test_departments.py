"""What an asker sees: dated facts, honest silence, strictness, faults, and a journal that names nobody."""

import http.client
import json
import time
from typing import Any

import pytest

from sandbox.registries.keys import index_of, person_key
from tests.sandbox.registries.conftest import Registries

ELDER = "500103194403019023"
LEVEL_UNKNOWN = "500103194306189055"
MOTHER = "500112199407079145"
NOBODY = "500103195001010012"
CATERING = "91500103MADEM5X159"
QUESTION = {"id_number": ELDER, "purpose": "policy_match", "request_id": "r-1"}


def test_a_department_answers_with_facts_and_the_date_of_each(registries: Registries) -> None:
    answer = registries.ask("disabled_federation", id_number=ELDER)
    assert answer["department"] == "disabled_federation"
    assert answer["found"] is True
    assert answer["facts"]["disability_level"] == {"value": 2, "as_of": "2026-10-31"}
    assert set(answer["facts"]) == {"disability_cert_valid", "disability_level", "disability_category"}
    assert answer["record_no"].startswith("disabled_federation-")


def test_what_a_department_does_not_know_it_does_not_mention(registries: Registries) -> None:
    answer = registries.ask("disabled_federation", id_number=LEVEL_UNKNOWN)
    assert answer["facts"]["disability_cert_valid"]["value"] is True
    assert "disability_level" not in answer["facts"]


def test_somebody_nobody_has_heard_of_is_not_found_and_nothing_is_said_about_them(
    registries: Registries,
) -> None:
    answer = registries.ask("civil_affairs", id_number=NOBODY)
    assert (answer["found"], answer["facts"], answer["lists"]) == (False, {}, {})


def test_a_list_comes_whole_and_an_empty_list_is_knowledge(registries: Registries) -> None:
    children = registries.ask("public_security", id_number=MOTHER)["lists"]["children"]
    assert [child["child_birth_date"] for child in children["items"]] == ["2025-09-10", "2022-09-12"]
    assert children["as_of"] == "2026-11-20"
    assert registries.ask("public_security", id_number=ELDER)["lists"]["children"]["items"] == []
    assert registries.ask("civil_affairs", id_number=ELDER)["lists"] == {}


def test_an_enterprise_is_asked_about_by_its_code(registries: Registries) -> None:
    answer = registries.ask("human_resources", uscc=CATERING)
    assert answer["facts"]["ent_employees"]["value"] == 26
    assert len(answer["lists"]["hires"]["items"]) == 3


def test_a_share_gives_the_fields_that_it_fills(registries: Registries) -> None:
    status, answer = registries.call(
        "POST", "/v1/health/shares/query", QUESTION | {"id_number": MOTHER, "share": "住院分娩"}
    )
    assert status == 200
    assert answer["fields"] == {
        "birth_org": "重庆市演示妇幼保健院",
        "birth_date": "2025-09-10",
        "child_gender": "2",
    }
    status, answer = registries.call("POST", "/v1/health/shares/query", QUESTION | {"share": "住院分娩"})
    assert (answer["found"], answer["fields"], answer["as_of"]) == (False, {}, None)


@pytest.mark.parametrize("kind", ["hukou_book", "居民户口簿"])
def test_a_certificate_is_found_by_its_type_or_its_name(registries: Registries, kind: str) -> None:
    status, answer = registries.call("POST", "/v1/certificates/query", QUESTION | {"type": kind})
    assert status == 200
    [paper] = answer["items"]
    assert paper["fields"]["户籍地"] == "500103"
    assert (paper["type"], paper["type_name"], paper["status"]) == ("hukou_book", "居民户口簿", "有效")
    assert set(paper) == {"type", "type_name", "number", "fields", "valid_to", "status"}


def test_a_certificate_that_is_not_held_is_not_found(registries: Registries) -> None:
    _, answer = registries.call("POST", "/v1/certificates/query", QUESTION | {"type": "marriage_cert"})
    assert (answer["found"], answer["items"]) == (False, [])


def test_the_directory_of_departments_names_one_slug_for_each_source(registries: Registries) -> None:
    status, answer = registries.call("GET", "/v1/departments")
    assert status == 200
    slugs = {source: row["slug"] for row in answer["departments"] for source in row["sources"]}
    assert slugs["残联"] == "disabled_federation"
    assert slugs["自然资源"] == "housing"
    assert len(answer["departments"]) == 12


@pytest.mark.parametrize("key", [None, "another", "键".encode().decode("latin-1")])
@pytest.mark.parametrize(
    "path", ["/v1/civil_affairs/query", "/v1/health/shares/query", "/v1/certificates/query"]
)
def test_nobody_asks_without_the_agreed_key(registries: Registries, path: str, key: str | None) -> None:
    status, answer = registries.call("POST", path, QUESTION, key=key)
    assert (status, answer["code"]) == (401, "bad_key")
    assert registries.call("GET", "/__emu__/journal")[1]["items"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id_number": ELDER[:-1] + "4"}, "bad_id_number"),
        ({"id_number": 1}, "bad_question"),
        ({"purpose": ""}, "bad_question"),
        ({"purpose": None}, "bad_question"),
        ({"request_id": "x" * 200}, "bad_question"),
        ({"anything": "else"}, "bad_question"),
        ({"uscc": CATERING}, "two_subjects"),
    ],
)
def test_a_question_that_is_not_quite_right_is_refused(
    registries: Registries, change: dict[str, Any], code: str
) -> None:
    status, answer = registries.call("POST", "/v1/civil_affairs/query", QUESTION | change)
    assert (status, answer["code"]) == (400, code)
    assert ELDER not in json.dumps(answer)


def test_a_question_about_nobody_is_refused(registries: Registries) -> None:
    status, answer = registries.call("POST", "/v1/civil_affairs/query", {"purpose": "p", "request_id": "r"})
    assert (status, answer["code"]) == (400, "no_subject")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 50_000, b'"x"', b"\xff"], ids=range(6))
def test_a_body_that_is_no_json_object_is_refused(registries: Registries, body: bytes) -> None:
    assert registries.raw("POST", "/v1/civil_affairs/query", body)[0] == 400


def test_a_department_that_does_not_exist_is_not_found(registries: Registries) -> None:
    assert registries.call("POST", "/v1/astrology/query", QUESTION)[0] == 404


def inject(registries: Registries, **fault: Any) -> None:
    status, answer = registries.call("POST", "/__emu__/faults", fault)
    assert status == 201, answer


def test_a_fault_happens_as_often_as_it_says_and_only_to_its_department(registries: Registries) -> None:
    inject(registries, department="civil_affairs", effect="down", times=2)
    statuses = [registries.call("POST", "/v1/civil_affairs/query", QUESTION)[0] for _ in range(3)]
    assert statuses == [503, 503, 200]
    inject(registries, department="civil_affairs", effect="down")
    assert registries.call("POST", "/v1/taxation/query", QUESTION)[0] == 200


def test_a_slow_department_answers_rightly_but_late(registries: Registries) -> None:
    inject(registries, department="civil_affairs", effect="slow", seconds=0.4, times=1)
    start = time.monotonic()
    assert registries.ask("civil_affairs", id_number=ELDER)["facts"]["dibao"]["value"] is True
    assert time.monotonic() - start >= 0.4


def test_a_wrong_answer_has_the_shape_but_no_value_of_the_right_type(registries: Registries) -> None:
    right = registries.ask("civil_affairs", id_number=ELDER)
    inject(registries, department="*", effect="wrong", times=1)
    wrong = registries.ask("civil_affairs", id_number=ELDER)
    assert wrong["facts"].keys() == right["facts"].keys()
    assert {type(fact["as_of"]) for fact in wrong["facts"].values()} == {int}
    assert all(
        type(wrong["facts"][name]["value"]) is not type(fact["value"])
        for name, fact in right["facts"].items()
    )


def test_a_web_page_an_empty_answer_and_a_cut_line_are_what_they_say(registries: Registries) -> None:
    body = json.dumps(QUESTION).encode()
    for effect in ("html", "empty", "reset"):
        inject(registries, department="civil_affairs", effect=effect, times=1)
    assert registries.raw("POST", "/v1/civil_affairs/query", body)[:2] == (200, "text/html")
    assert registries.raw("POST", "/v1/civil_affairs/query", body)[2] == b""
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        registries.raw("POST", "/v1/civil_affairs/query", body)
    assert registries.raw("POST", "/v1/civil_affairs/query", body)[0] == 200


def test_faults_can_be_taken_back(registries: Registries) -> None:
    inject(registries, department="civil_affairs", effect="down")
    inject(registries, department="certificates", effect="down")
    assert registries.call("POST", "/v1/certificates/query", QUESTION | {"type": "id_card"})[0] == 503
    assert registries.call("DELETE", "/__emu__/faults?department=civil_affairs")[0] == 204
    assert [fault["department"] for fault in registries.call("GET", "/__emu__/faults")[1]["items"]] == [
        "certificates"
    ]
    assert registries.call("DELETE", "/__emu__/faults")[0] == 204
    assert registries.call("GET", "/__emu__/faults")[1]["items"] == []


@pytest.mark.parametrize(
    "fault",
    [
        {"department": "nowhere", "effect": "down"},
        {"department": "health", "effect": "explode"},
        {"department": "health", "effect": "slow", "seconds": "3"},
        {"department": "health", "effect": "down", "times": True},
    ],
    ids=["department", "effect", "seconds", "times"],
)
def test_a_fault_that_could_never_happen_is_refused(registries: Registries, fault: dict[str, Any]) -> None:
    assert registries.call("POST", "/__emu__/faults", fault)[0] == 400


def test_the_journal_says_what_was_asked_and_why_and_names_nobody(registries: Registries) -> None:
    answer = registries.ask("civil_affairs", id_number=ELDER, request_id="r-77")
    registries.ask("civil_affairs", id_number=NOBODY)
    inject(registries, department="civil_affairs", effect="html", times=1)
    registries.raw("POST", "/v1/civil_affairs/query", json.dumps(QUESTION).encode())
    status, journal = registries.call("GET", "/__emu__/journal?department=civil_affairs")
    assert status == 200
    assert [entry["outcome"] for entry in journal["items"]] == ["found", "not_found", "html"]
    first = journal["items"][0]
    assert (first["purpose"], first["request_id"], first["record_no"]) == (
        "policy_match",
        "r-77",
        answer["record_no"],
    )
    assert first["subject"] == "500*************23"
    assert ELDER not in json.dumps(journal)


def test_a_fact_can_be_changed_dated_and_forgotten(registries: Registries) -> None:
    change = {"as_of": "2026-11-22", "facts": {"disability_level": 2, "disability_category": None}}
    body = {"id_number": LEVEL_UNKNOWN, "departments": {"disabled_federation": change}}
    assert registries.call("POST", "/__emu__/people", body)[0] == 200
    facts = registries.ask("disabled_federation", id_number=LEVEL_UNKNOWN)["facts"]
    assert facts["disability_level"] == {"value": 2, "as_of": "2026-11-22"}
    assert facts["disability_cert_valid"]["as_of"] == "2026-10-31"
    assert "disability_category" not in facts
    registries.call("POST", "/__emu__/reset")
    assert "disability_level" not in registries.ask("disabled_federation", id_number=LEVEL_UNKNOWN)["facts"]


def test_somebody_new_can_be_put_on_record(registries: Registries) -> None:
    paper = {
        "type": "id_card",
        "number": NOBODY,
        "fields": {"姓名": "演示新"},
        "valid_to": None,
        "status": "有效",
    }
    body = {
        "id_number": NOBODY,
        "name": "演示新",
        "departments": {
            "public_security": {
                "as_of": "2026-11-23",
                "facts": {"birth_date": "1950-01-01"},
                "lists": {"children": []},
            }
        },
        "certificates": [paper],
    }
    assert registries.call("POST", "/__emu__/people", body)[0] == 200
    answer = registries.ask("public_security", id_number=NOBODY)
    assert answer["facts"] == {"birth_date": {"value": "1950-01-01", "as_of": "2026-11-23"}}
    assert registries.ask("civil_affairs", id_number=NOBODY)["found"] is False
    people = registries.call("GET", "/__emu__/people")[1]["items"]
    assert people[-1]["name"] == "演示新"
    assert len(people) == 17


@pytest.mark.parametrize(
    "body",
    [
        {"id_number": "1"},
        {"name": "没有证件号"},
        {"id_number": NOBODY, "departments": {"astrology": {"as_of": "2026-11-23"}}},
        {"id_number": NOBODY, "departments": {"health": {"facts": {}}}},
        {"id_number": NOBODY, "departments": {"health": {"as_of": "2026-11-23", "facts": []}}},
        {"id_number": NOBODY, "departments": []},
        {"id_number": NOBODY, "certificates": [{"type": "id_card"}]},
    ],
    ids=range(7),
)
def test_a_record_that_is_not_one_changes_nothing(registries: Registries, body: dict[str, Any]) -> None:
    assert registries.call("POST", "/__emu__/people", body)[0] == 400
    assert registries.ask("public_security", id_number=NOBODY)["found"] is False
    assert registries.call("GET", "/__emu__/health")[1] == {"ok": True, "subjects": 16}


INDEX = index_of(ELDER, person_key()).hex()
WHEREABOUTS = {"person_index": INDEX, "purpose": "outreach_visit", "request_id": "r-1"}
PATH = "/v1/public_security/whereabouts/query"


def test_whereabouts_are_asked_by_index_and_told_with_a_record_number(registries: Registries) -> None:
    status, answer = registries.call("POST", PATH, WHEREABOUTS)
    assert (status, answer["found"], answer["name"], answer["address"]) == (200, True, "陈渝珍", None)
    assert answer["record_no"].startswith("public_security-")
    assert registries.call("POST", PATH, WHEREABOUTS | {"person_index": "0" * 32})[1]["found"] is False


@pytest.mark.parametrize(
    "question",
    [
        {"id_number": ELDER, "purpose": "outreach_visit", "request_id": "r-1"},
        WHEREABOUTS | {"person_index": INDEX.upper()},
        WHEREABOUTS | {"person_index": INDEX[:-1]},
        WHEREABOUTS | {"id_number": ELDER},
        WHEREABOUTS | {"purpose": 7},
    ],
)
def test_whereabouts_are_not_told_to_another_question(registries: Registries, question: Any) -> None:
    assert registries.call("POST", PATH, question)[0] == 400
    assert registries.call("POST", PATH, WHEREABOUTS, key="another")[0] == 401
