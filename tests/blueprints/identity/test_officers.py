"""Two factors, one session, the same words for every failure."""

from dataclasses import replace
from uuid import UUID

import pytest
from argon2 import PasswordHasher

from app.audit.types import Actor, ActorKind
from app.foundation.transaction import atomic
from app.identity import officers, queries
from app.identity.types import OfficerId

LOGOUT = "/api/v1/staff/auth/logout"


def test_password_and_one_time_code_open_a_session_with_its_rights(desk):
    reply = desk.log_in()
    assert reply.status_code == 200
    officer = reply.json["officer"]
    assert (officer["name"], officer["roles"], officer["department"], officer["region_code"]) == (
        "周敏",
        ["case_officer"],
        "11",
        "500103",
    )
    assert desk.bearer(reply.json["token"]).post(LOGOUT).status_code == 204
    assert desk.bearer(reply.json["token"]).post(LOGOUT).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "nobody.here"},
        {"password": "wrong"},
        {"otp": "000000"},
        {"password": "wrong", "otp": "000000"},
    ],
    ids=["unknown name", "wrong password", "wrong code", "both wrong"],
)
def test_every_failure_says_the_same(desk, wrong):
    reply = desk.log_in(**wrong)
    body = {key: value for key, value in reply.json.items() if key != "request_id"}
    assert reply.status_code == 401
    assert body == {
        "code": "auth.officer.refused",
        "message": "用户名、密码或动态口令不正确；连续多次错误后账号将暂停登录15分钟",
    }


def test_an_unknown_name_costs_the_same_work_as_a_wrong_password(desk, monkeypatch):
    compared = []

    class Counted(PasswordHasher):
        def verify(self, hashed, password):
            compared.append(hashed.split("$")[1:4])  # the algorithm and what it costs
            return super().verify(hashed, password)

    usual = officers.HASHER
    counted = Counted(usual.time_cost, usual.memory_cost, usual.parallelism)
    monkeypatch.setattr(officers, "HASHER", counted)
    for wrong in ({"password": "wrong"}, {"username": "nobody.here"}):
        assert desk.log_in(**wrong).status_code == 401
    known, unknown = compared
    assert known == unknown


def test_a_one_time_code_counts_once(desk, clock):
    code = desk.code()
    assert desk.log_in(otp=code).status_code == 200
    assert desk.log_in(otp=code).status_code == 401
    clock.advance(seconds=31)
    assert desk.log_in(otp=code).status_code == 401, "an older step than the last one used"
    assert desk.log_in().status_code == 200


def test_five_failures_lock_the_account_for_a_quarter_of_an_hour_even_to_its_owner(desk, clock):
    for _ in range(5):
        desk.log_in(password="wrong")
    assert desk.log_in().json["code"] == "auth.officer.refused"
    clock.advance(minutes=15, seconds=1)
    assert desk.log_in().status_code == 200


def test_guessing_at_one_name_is_slowed_down_whether_it_exists_or_not(desk):
    for name in ("yuzhong.case", "nobody.here"):
        codes = [desk.log_in(username=name, password="wrong").status_code for _ in range(11)]
        assert codes == [401] * 10 + [429]


def test_a_new_login_ends_the_one_before(desk, clock):
    first = desk.bearer(desk.log_in().json["token"])
    clock.advance(seconds=31)
    second = desk.bearer(desk.log_in().json["token"])
    assert first.post(LOGOUT).status_code == 401
    assert second.post(LOGOUT).status_code == 204


def test_an_officer_at_rest_for_half_an_hour_logs_in_again(desk, clock):
    officer = desk.bearer(desk.log_in().json["token"])
    clock.advance(minutes=31)
    assert officer.post(LOGOUT).status_code == 401


def test_a_disabled_officer_is_out_at_once_with_a_warm_cache(desk):
    logged_in = desk.log_in().json
    token, officer_id = logged_in["token"], OfficerId(UUID(logged_in["officer"]["id"]))
    assert desk.bearer(token).get("/api/v1/me").status_code == 403, "alive, though no resident"
    with atomic():
        officers.disable(officer_id, by=Actor(ActorKind.SYSTEM, "test"))
    assert desk.bearer(token).get("/api/v1/me").status_code == 401
    assert desk.log_in().status_code == 401
    assert queries.officer(officer_id).disabled


def test_a_roster_that_takes_rights_away_ends_the_session(desk):
    token = desk.log_in().json["token"]
    assert desk.bearer(token).get("/api/v1/me").status_code == 403
    with atomic():
        assert officers.import_officers([replace(desk.record, region_code="500105")]) == 1
    assert desk.bearer(token).get("/api/v1/me").status_code == 401


def test_the_same_roster_again_changes_nothing(desk):
    with atomic():
        assert officers.import_officers([desk.record]) == 0


def test_neither_password_nor_secret_is_in_the_database(desk, dump):
    desk.log_in()
    everything = dump()
    assert desk.record.password not in everything
    assert desk.record.totp_secret not in everything


def test_a_resident_cannot_use_the_staff_door_nor_an_officer_the_residents(desk, sign_in):
    assert sign_in.resident().client.post(LOGOUT).status_code == 403
    assert desk.bearer(desk.log_in().json["token"]).get("/api/v1/auth/sessions").status_code == 403
