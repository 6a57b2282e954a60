"""Allowing is by purpose and version; withdrawing works at once."""

from uuid import UUID

from sqlalchemy import text

from app.residents import consents, events
from app.residents.types import Purpose

CONSENTS = "/api/v1/me/consents"


def test_nothing_is_allowed_until_it_is(sign_in):
    items = sign_in.resident().client.get(CONSENTS).json["items"]
    assert [item["purpose"] for item in items] == [
        "matching",
        "push",
        "prefill",
        "certificates",
        "sensitive_push",
    ]
    assert all(
        item["granted"] is False and item["version"] == 0 and len(item["notice"]) > 40 for item in items
    )


def test_every_decision_is_a_version_and_none_is_lost(sign_in, session):
    me = sign_in.resident()
    url = f"{CONSENTS}/push"
    assert me.client.put(url, json={"notice_version": 1}).json["version"] == 1
    assert me.client.put(url, json={}).json["version"] == 1, "the same again is nothing new"
    withdrawn = me.client.delete(url)
    assert (withdrawn.status_code, withdrawn.json["granted"], withdrawn.json["version"]) == (200, False, 2)
    assert me.client.put(url, json={}).json["version"] == 3
    decisions = session.scalars(text("SELECT granted FROM resident_consent ORDER BY version")).all()
    assert decisions == [True, False, True]


def test_withdrawing_counts_at_once(sign_in):
    me = sign_in.resident()
    me.client.put(f"{CONSENTS}/matching", json={})
    assert consents.granted(me.id, Purpose.MATCHING)
    assert consents.granting(Purpose.MATCHING) == [me.id]
    me.client.delete(f"{CONSENTS}/matching")
    assert not consents.granted(me.id, Purpose.MATCHING)
    assert consents.granting(Purpose.MATCHING) == []
    assert consents.granted_by([me.id], Purpose.MATCHING) == set()


def test_agreeing_to_a_text_that_is_not_in_force_is_refused(sign_in):
    reply = sign_in.resident().client.put(f"{CONSENTS}/push", json={"notice_version": 2})
    assert (reply.status_code, reply.json["code"]) == (409, "resident.notice_changed")


def test_a_purpose_nobody_knows_is_not_there(sign_in):
    me = sign_in.resident().client
    assert me.put(f"{CONSENTS}/marketing", json={}).status_code == 404
    assert me.get(f"{CONSENTS}/marketing").status_code == 404


def test_withdrawing_what_departments_were_asked_for_forgets_what_they_said(elder, fact):
    elder.client.put("/api/v1/me/facts/disability_level", json={"value": 1})
    elder.client.post("/api/v1/me/facts/refresh", json={})
    elder.client.put(f"{CONSENTS}/prefill", json={})
    elder.client.delete(f"{CONSENTS}/prefill")
    assert fact(elder, "dibao")["known"], "still allowed for matching"
    elder.client.put(f"{CONSENTS}/prefill", json={})
    elder.client.delete(f"{CONSENTS}/matching")
    assert not fact(elder, "dibao")["known"], "a form asks the departments anew"
    assert fact(elder, "disability_level")["kind"] == "statement", "one's own word stays"


def test_a_change_is_announced_in_its_transaction(sign_in):
    heard, me = [], sign_in.resident()
    events.consent_changed.subscribe(heard.append)
    me.client.put(f"{CONSENTS}/push", json={})
    me.client.put(f"{CONSENTS}/push", json={})
    me.client.delete(f"{CONSENTS}/push")
    events.consent_changed._subscribers.remove(heard.append)
    assert heard == [UUID(str(me.id))] * 2
