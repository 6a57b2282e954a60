"""Only the provider's word, asked for by the server, raises the assurance."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.foundation.transaction import atomic
from app.identity import events, verification

ME = "/api/v1/me"
GET_VERIFY_ID = "/cityservice/face/identify/getverifyid"


def test_whoever_shows_their_face_gets_their_real_name_in_the_same_session(elder):
    started = elder.start()
    assert started.status_code == 201
    elder.show_face(started.json["ticket"])
    confirmed = elder.confirm(started.json["verification_id"])
    assert (confirmed.status_code, confirmed.json["state"], confirmed.json["assurance"]) == (
        200,
        "passed",
        "real_name",
    )
    me = elder.client.get(ME).json
    assert (me["assurance"], me["name"], me["id_number"]) == ("real_name", "陈*珍", "500***********9023")


def test_asking_before_the_face_was_shown_changes_nothing(elder):
    started = elder.start().json
    asked = elder.confirm(started["verification_id"])
    assert (asked.json["state"], asked.json["assurance"]) == ("pending", "wechat")
    elder.show_face(started["ticket"])
    assert elder.confirm(started["verification_id"]).json["state"] == "passed"


@pytest.mark.parametrize("outcome", ["cancel", "other_person", "camera", "timeout"])
def test_a_face_check_that_did_not_pass_raises_nothing(elder, outcome):
    started = elder.start().json
    elder.show_face(started["ticket"], outcome)
    asked = elder.confirm(started["verification_id"]).json
    assert (asked["state"], asked["assurance"]) == ("failed", "wechat")
    over = elder.confirm(started["verification_id"])
    assert (over.status_code, over.json["code"]) == (409, "auth.identity.verification_over")


def test_somebody_elses_verification_is_not_there(elder, phone):
    verification_id = elder.start().json["verification_id"]
    other = phone("hefei_owner")
    other.log_in()
    assert other.confirm(verification_id).status_code == 404


def test_a_stranger_learns_nothing_about_a_number_that_is_taken(elder, phone, demo):
    elder.verify()
    thief = phone("hefei_owner")
    thief.log_in()
    person = demo["yuzhong_elder"]
    started = thief.start(name=person["name"], id_number=person["id_number"])
    assert started.status_code == 201, "the number must not be told apart from a free one"
    thief.show_face(started.json["ticket"])
    assert thief.confirm(started.json["verification_id"]).json["state"] == "failed"


def test_a_person_with_an_account_is_told_so_once_the_provider_vouched_for_them(elder, second_account):
    elder.verify()
    started = second_account.start()
    second_account.show_face(started.json["ticket"])
    refused = second_account.confirm(started.json["verification_id"])
    assert (refused.status_code, refused.json["code"]) == (409, "auth.identity.person_taken")
    assert second_account.client.get(ME).json["assurance"] == "wechat"


def test_two_accounts_of_one_person_confirmed_at_once_give_one_real_name(
    application, committed, elder, second_account, together
):
    started = [who.start().json for who in (elder, second_account)]
    for who, one in zip((elder, second_account), started, strict=True):
        who.show_face(one["ticket"])

    def confirm(number):
        who = (elder, second_account)[number]
        url = f"/api/v1/auth/identity/{started[number]['verification_id']}/confirm"
        headers = {"Authorization": f"Bearer {who.token}"}
        return FlaskClient(application, application.response_class).post(url, headers=headers).status_code

    assert sorted(together(confirm, times=2)) == [200, 409]


def test_a_number_with_a_wrong_check_digit_or_a_name_in_latin_is_refused_by_field(elder):
    reply = elder.start(name="Chen", id_number="500103194403019024")
    assert (reply.status_code, set(reply.json["errors"])) == (422, {"name", "id_number"})


def test_small_x_and_full_width_digits_are_the_same_number(elder, demo):
    number = demo["yuzhong_elder"]["id_number"]
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in number)
    assert elder.start(id_number=wide).status_code == 201


def test_the_sixth_attempt_in_an_hour_is_refused(elder):
    for _ in range(5):
        assert elder.start().status_code == 201
    reply = elder.start()
    assert reply.status_code == 429
    assert int(reply.headers["Retry-After"]) > 0


def test_nothing_of_a_person_is_kept_once_a_verification_is_over(elder, session, dump):
    started = elder.start().json
    elder.show_face(started["ticket"], "cancel")
    elder.confirm(started["verification_id"])
    row = session.execute(text("SELECT name, id_number, ticket FROM identity_verification")).one()
    assert tuple(row) == (None, None, None)


def test_name_and_number_are_nowhere_in_clear(elder, dump):
    elder.verify()
    everything = dump()
    assert elder.person["id_number"] not in everything
    assert elder.person["name"] not in everything


def test_what_was_never_finished_expires_and_forgets(elder, session, clock):
    elder.start()
    clock.advance(hours=2)
    with atomic():
        assert verification.expire() == 1
    assert session.scalar(text("SELECT name IS NULL FROM identity_verification"))


def test_being_verified_is_published_in_the_transaction(elder):
    heard = []
    events.verified.subscribe(heard.append)
    elder.verify()
    events.verified._subscribers.remove(heard.append)
    assert [str(resident_id) for resident_id in heard] == [elder.id]


def test_a_provider_that_is_down_is_told_apart_from_a_refusal(elder, wechat):
    wechat.post(
        "faults", match={"path": "/cityservice/face/identify/getverifyid"}, effect={"http_status": 502}
    )
    reply = elder.start()
    assert (reply.status_code, reply.json["code"]) == (503, "auth.identity.unavailable")
    assert "Retry-After" in reply.headers
