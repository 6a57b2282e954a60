"""Who knows what, since when; a department's word counts before one's own, and unknown is not no."""

import threading
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.residents import events, facts, holdings, refresh
from app.residents.types import Purpose

FACTS, REFRESH = "/api/v1/me/facts", "/api/v1/me/facts/refresh"


def test_a_refresh_brings_facts_with_source_and_date(elder, fact):
    reply = elder.client.post(REFRESH, json={"purposes": ["matching"]})
    assert (reply.status_code, reply.json["failed"]) == (200, [])
    assert {"公安", "民政", "残联"} <= set(reply.json["answered"])
    birth = fact(elder, "birth_date")
    assert (birth["value"], birth["known"], birth["kind"], birth["source"]) == (
        "1944-03-01",
        True,
        "registry",
        "公安",
    )
    assert birth["as_of"] == "2026-11-20"
    assert birth["consent"] is True
    assert fact(elder, "disability_level")["value"] == 2
    assert fact(elder, "children")["value"] == []


def test_facts_are_typed_for_the_rules(elder):
    elder.client.post(REFRESH, json={})
    values = facts.values(UUID(elder.id))
    assert values["birth_date"] == date(1944, 3, 1)
    assert values["dibao"] is True
    known = facts.fact_set(UUID(elder.id))["dibao"]
    assert (known.source, known.kind, known.as_of) == ("民政", "registry", date(2026, 11, 15))
    many = facts.fact_sets([UUID(elder.id)])[UUID(elder.id)]
    assert {name: found.value for name, found in many.items()} == values


def test_without_consent_or_without_a_real_name_no_department_is_asked(phone, registries):
    stranger = phone("yuzhong_elder")
    stranger.log_in()
    first = stranger.client.post(REFRESH, json={})
    assert (first.status_code, first.json["code"]) == (409, "resident.real_name_required")
    stranger.verify()
    second = stranger.client.post(REFRESH, json={})
    assert (second.status_code, second.json["code"]) == (409, "resident.consent_required")
    assert registries.get("journal")["items"] == []


def test_a_department_that_is_down_is_named_and_what_it_said_before_stays(elder, fact, registries):
    elder.client.post(REFRESH, json={})
    registries.post("faults", department="civil_affairs", effect="down")
    reply = elder.client.post(REFRESH, json={})
    assert reply.json["failed"] == ["民政"]
    assert "民政" not in reply.json["answered"]
    assert reply.json["changed"] == []
    assert fact(elder, "dibao")["value"] is True


def test_a_statement_stands_beside_a_departments_word_and_never_over_it(elder, fact):
    stated = elder.client.put(f"{FACTS}/dibao", json={"value": False})
    assert (stated.status_code, stated.json["value"], stated.json["kind"]) == (200, False, "statement")
    elder.client.post(REFRESH, json={})
    shown = fact(elder, "dibao")
    assert (shown["value"], shown["kind"], shown["source"]) == (True, "registry", "民政")
    assert shown["statement"]["value"] is False
    assert facts.values(UUID(elder.id))["dibao"] is True


def test_what_nobody_said_is_unknown_and_not_no(sign_in):
    items = sign_in.resident().client.get(FACTS).json["items"]
    assert len(items) > 60
    assert {(item["known"], item["value"], item["kind"]) for item in items} == {(False, None, None)}
    assert "age" not in {item["name"] for item in items}, "computed on the day, never stored"


def test_a_statement_can_be_taken_back(sign_in, fact):
    me = sign_in.resident()
    me.client.put(f"{FACTS}/disability_level", json={"value": 1})
    taken = me.client.put(f"{FACTS}/disability_level", json={"value": None})
    assert (taken.status_code, taken.json["known"], taken.json["statement"]) == (200, False, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("disability_level", 5),
        ("disability_level", 2.5),
        ("disability_level", True),
        ("disability_level", "1e400"),
        ("birth_date", "2026-02-30"),
        ("birth_date", 19440301),
        ("gender", "9"),
        ("dibao", "true"),
        ("dibao", 1),
        ("hukou_region", "50010"),
        ("household_income_pc", -1),
        ("household_income_pc", 10**15),
        ("household_income_pc", "NaN"),
        ("children", {"child_birth_date": "2024-01-01"}),
        ("children", [{"child_birth_date": "yesterday"}]),
        ("children", [{"age_months": 3}]),
        ("children", [{"dibao": True}]),
        ("children", [{}] * 51),
    ],
)
def test_a_statement_of_the_wrong_type_is_refused(sign_in, name, value):
    reply = sign_in.resident().client.put(f"{FACTS}/{name}", json={"value": value})
    assert reply.status_code == 422
    assert any(path.startswith("value") for path in reply.json["errors"])


@pytest.mark.parametrize(
    ("name", "value", "typed"),
    [
        ("birth_date", "1944-03-01", date(1944, 3, 1)),
        ("household_income_pc", "812.5", Decimal("812.5")),
        ("household_income_pc", 800, 800),
        ("disability_level", "2", 2),
        ("children", [{"child_birth_date": "2024-01-01"}], [{"child_birth_date": date(2024, 1, 1)}]),
    ],
)
def test_a_statement_is_read_as_the_catalogue_has_it(sign_in, name, value, typed):
    me = sign_in.resident()
    reply = me.client.put(f"{FACTS}/{name}", json={"value": value})
    assert reply.status_code == 200
    assert facts.values(me.id)[name] == typed


def test_a_fact_nobody_knows_of_or_that_is_computed_is_not_there(sign_in):
    me = sign_in.resident().client
    for name in ("no_such_fact", "age", "ent_employees", "child_birth_date"):
        assert me.put(f"{FACTS}/{name}", json={"value": 1}).status_code == 404


def test_sensitive_values_are_sealed_and_the_others_are_not(sign_in, session):
    me = sign_in.resident()
    me.client.put(f"{FACTS}/disability_level", json={"value": 1})
    me.client.put(f"{FACTS}/hukou_region", json={"value": "500103"})
    rows = session.connection().exec_driver_sql("SELECT name, value, sealed FROM resident_fact ORDER BY name")
    assert [(row.name, row.value, row.sealed is None) for row in rows] == [
        ("disability_level", None, False),
        ("hukou_region", "500103", True),
    ]


def test_only_a_change_is_announced(elder):
    heard = []
    events.facts_changed.subscribe(heard.append)
    elder.client.post(REFRESH, json={})
    assert len(heard) == 1
    assert elder.client.post(REFRESH, json={}).json["changed"] == []
    assert len(heard) == 1
    events.facts_changed._subscribers.remove(heard.append)


def test_an_objection_is_kept_once_and_shown(elder, fact, sign_in):
    elder.client.post(REFRESH, json={})
    first = elder.client.post(f"{FACTS}/disability_level/disputes", json={"reason": "等级写错了，应是一级"})
    assert first.status_code == 201
    assert fact(elder, "disability_level")["disputed"] is True
    again = elder.client.post(f"{FACTS}/disability_level/disputes", json={"reason": "等级写错了"})
    assert (again.status_code, again.json["code"]) == (409, "resident.already_disputed")
    own = sign_in.resident().client.post(f"{FACTS}/degree/disputes", json={"reason": "没有这回事"})
    assert (own.status_code, own.json["code"]) == (409, "resident.nothing_to_dispute")


def test_an_owner_sees_the_facts_of_their_enterprises_and_nobody_else_does(phone, elder, fact):
    owner = phone("hefei_owner").verify()
    owner.client.put("/api/v1/me/consents/matching", json={})
    assert owner.client.post(REFRESH, json={}).json["failed"] == []
    subjects = owner.client.get("/api/v1/me/subjects").json["items"]
    shop = next(one for one in subjects if one["name"] == "合肥演示商贸有限公司")
    assert (shop["kind"], shop["relation"]) == ("enterprise", "representative")
    assert [one["relation"] for one in subjects] == ["self", "representative", "representative"]
    about = fact(owner, "ent_sales_month", f"?subject_id={shop['id']}")
    assert (about["value"], about["source"]) == ("90000", "税务")
    assert elder.client.get(f"{FACTS}?subject_id={shop['id']}").status_code == 404
    assert elder.client.get(f"{FACTS}?subject_id={owner.id}").status_code == 404


def test_the_list_costs_few_queries_however_many_facts_there_are(elder, query_budget):
    elder.client.post(REFRESH, json={})
    with query_budget(6):
        elder.client.get(FACTS)


def test_a_refresh_waits_for_whoever_writes_the_same_facts(together, until_somebody_waits, elder):
    resident, writing, done = ResidentId(UUID(elder.id)), threading.Event(), []

    def work(number):
        if number == 0:
            with atomic():
                holdings.locked(resident)
                writing.set()
                until_somebody_waits()
                done.append("written")
        else:
            assert writing.wait(5)
            refresh.refresh(resident, [Purpose.MATCHING])
            done.append("refreshed")

    assert together(work, times=2) == [None, None]
    assert done == ["written", "refreshed"]


@pytest.mark.parametrize(
    ("said", "shown"), [(1200, "1200"), (1200.5, "1200.5"), (100000, "100000"), (0, "0")]
)
def test_money_is_text_whether_it_is_whole_or_not(sign_in, said, shown):
    me = sign_in.resident()
    kept = me.client.put("/api/v1/me/facts/personal_pension_paid_year", json={"value": said}).json
    assert (kept["value"], kept["statement"]["value"]) == (shown, shown)
    again = me.client.put("/api/v1/me/facts/personal_pension_paid_year", json={"value": kept["value"]})
    assert again.json["value"] == shown, "what was read may be sent back"
