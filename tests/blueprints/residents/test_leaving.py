"""A copy of everything, and leaving: both after a fresh login, the second with time to think again."""

from uuid import UUID

from sqlalchemy import text

from app.foundation.errors import RuleViolation
from app.residents import closing, events

ME, EXPORT, CLOSING = "/api/v1/me", "/api/v1/me/export", "/api/v1/me/closing"


def test_the_copy_has_everything_in_clear(elder):
    elder.bind_phone()
    elder.client.post("/api/v1/me/facts/refresh", json={})
    reply = elder.client.get(EXPORT)
    assert reply.status_code == 200
    assert "attachment" in reply.headers["Content-Disposition"]
    copy, person = reply.json, elder.person
    account = copy["account"]
    assert (account["name"], account["id_number"], account["phone"], account["openid"]) == (
        person["name"],
        person["id_number"],
        person["phone"],
        person["openid"],
    )
    own = copy["subjects"][0]["facts"]
    birth = next(found for found in own if found["name"] == "birth_date")
    assert (birth["counts"]["value"], birth["counts"]["source"]) == ("1944-03-01", "公安")
    assert [(one["purpose"], one["granted"]) for one in copy["consents"]] == [("matching", True)]


def test_copy_and_leaving_need_a_fresh_login(sign_in, clock):
    me = sign_in.resident()
    clock.advance(minutes=6)
    for reply in (me.client.get(EXPORT), me.client.delete(ME)):
        assert (reply.status_code, reply.json["code"]) == (401, "auth.step_up_required")
    assert me.client.get(ME).status_code == 200


def test_leaving_stops_everything_at_once_and_can_be_taken_back(elder):
    reply = elder.client.delete(ME)
    assert (reply.status_code, reply.json["state"]) == (202, "closing")
    assert elder.client.get(ME).status_code == 401, "every session has ended"
    again = elder.log_in()
    assert again["resident"]["closing_at"] == reply.json["closing_at"]
    assert not any(item["granted"] for item in elder.client.get("/api/v1/me/consents").json["items"])
    assert elder.client.delete(CLOSING).status_code == 204
    me = elder.client.get(ME).json
    assert (me["state"], me["closing_at"]) == ("active", None)
    assert elder.client.delete(CLOSING).status_code == 409


def test_after_fifteen_days_nothing_says_who_it_was(elder, clock, session, wechat):
    elder.log_in()
    elder.client.put("/api/v1/me/consents/matching", json={})
    elder.client.post("/api/v1/me/facts/refresh", json={})
    elder.bind_phone()
    resident_id = elder.id
    elder.client.delete(ME)
    clock.advance(days=14, hours=23)
    assert closing.erase_due() == 0
    clock.advance(hours=2)
    heard = []
    events.erased.subscribe(heard.append)
    assert closing.erase_due() == 1
    events.erased._subscribers.remove(heard.append)
    assert heard == [UUID(resident_id)]
    for table in ("resident_fact", "resident_profile", "resident_enterprise", "identity_verification"):
        assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0  # noqa: S608 our own table
    row = session.scalars(
        text("SELECT a::text FROM identity_account AS a WHERE id = :id"), {"id": resident_id}
    ).one()
    assert elder.person["openid"] not in row
    login = elder.log_in()
    assert login["is_new"]
    assert login["resident"]["id"] != resident_id


def test_the_erased_person_can_be_verified_anew(elder, clock):
    elder.log_in()
    elder.client.delete(ME)
    clock.advance(days=15, seconds=1)
    closing.erase_due()
    elder.log_in()
    assert elder.verify()


def test_who_owes_a_decision_can_refuse_the_leaving(elder):
    class StillOpen(RuleViolation):
        code = "test.still_open"
        message = "您有办理中的事项"

    def refuse(_):
        raise StillOpen

    events.closing_requested.subscribe(refuse)
    try:
        reply = elder.client.delete(ME)
    finally:
        events.closing_requested._subscribers.remove(refuse)
    assert (reply.status_code, reply.json["code"]) == (409, "test.still_open")
    assert elder.client.get(ME).json["state"] == "active"
