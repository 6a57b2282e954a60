"""A relative acts for another only after both said so, and only until one of them says no."""

import pytest

MANDATES = "/api/v1/me/mandates"


@pytest.fixture
def son(phone):
    return phone("hefei_owner").verify()


@pytest.fixture
def mother(phone):
    return phone("yuzhong_elder").verify()


def test_a_mandate_needs_an_invitation_an_acceptance_and_a_confirmation(mother, son):
    invited = mother.client.post(MANDATES, json={"relation": "子女"}).json
    accepted = son.client.post(f"{MANDATES}/acceptance", json={"code": invited["code"]})
    assert (accepted.status_code, accepted.json["state"], accepted.json["other_name"]) == (
        200,
        "accepted",
        "陈*珍",
    )
    assert _relatives(son) == []
    confirmed = mother.client.post(f"{MANDATES}/{invited['id']}/confirmation")
    assert (confirmed.status_code, confirmed.json["state"]) == (200, "active")
    assert _relatives(son) == [mother.id]
    assert _relatives(mother) == [], "one way only"


def test_either_side_ends_it_at_once(mother, son):
    mandate_id = _mandated(mother, son)
    assert son.client.delete(f"{MANDATES}/{mandate_id}").status_code == 204
    assert _relatives(son) == []
    mandate_id = _mandated(mother, son)
    assert mother.client.delete(f"{MANDATES}/{mandate_id}").status_code == 204
    assert _relatives(son) == []


def test_a_code_counts_once_for_one_person_for_a_day(mother, son, phone, clock):
    mother.log_in(), son.log_in()
    code = mother.client.post(MANDATES, json={"relation": "子女"}).json["code"]
    own = mother.client.post(f"{MANDATES}/acceptance", json={"code": code})
    assert own.json["code"] == "mandate.own_invitation"
    clock.advance(hours=23, minutes=50)
    mother.log_in(), son.log_in()
    assert son.client.post(f"{MANDATES}/acceptance", json={"code": code}).status_code == 200
    assert son.client.post(f"{MANDATES}/acceptance", json={"code": code}).status_code == 404
    late = mother.client.post(MANDATES, json={"relation": "子女"}).json["code"]
    clock.advance(hours=24, seconds=1)
    son.log_in()
    assert (
        son.client.post(f"{MANDATES}/acceptance", json={"code": late}).json["code"]
        == "mandate.invitation_invalid"
    )


def test_the_code_is_not_in_the_database(mother, session):
    code = mother.client.post(MANDATES, json={"relation": "子女"}).json["code"]
    rows = session.connection().exec_driver_sql("SELECT m::text FROM resident_mandate AS m").scalars().all()
    assert len(rows) == 1
    assert code not in rows[0]
    assert mother.client.get(MANDATES).json["items"][0]["code"] is None


def test_who_did_not_accept_cannot_confirm_and_strangers_see_nothing(mother, son, phone, sign_in):
    mandate_id = mother.client.post(MANDATES, json={"relation": "子女"}).json["id"]
    assert mother.client.post(f"{MANDATES}/{mandate_id}/confirmation").json["code"] == "mandate.not_possible"
    stranger = sign_in.resident().client
    assert stranger.post(f"{MANDATES}/{mandate_id}/confirmation").status_code == 404
    assert stranger.delete(f"{MANDATES}/{mandate_id}").status_code == 404
    assert stranger.post(MANDATES, json={"relation": "子女"}).json["code"] == "resident.real_name_required"


def test_the_one_who_acts_reads_facts_but_states_none(mother, son):
    _mandated(mother, son)
    assert son.client.get(f"/api/v1/me/facts?subject_id={mother.id}").status_code == 200
    stated = son.client.put(f"/api/v1/me/facts/dibao?subject_id={mother.id}", json={"value": True})
    assert stated.status_code == 404


def _mandated(mother, son):
    invited = mother.client.post(MANDATES, json={"relation": "子女"}).json
    son.client.post(f"{MANDATES}/acceptance", json={"code": invited["code"]})
    assert mother.client.post(f"{MANDATES}/{invited['id']}/confirmation").status_code == 200
    return invited["id"]


def _relatives(who):
    items = who.client.get("/api/v1/me/subjects").json["items"]
    return [item["id"] for item in items if item["relation"] == "family"]
