"""Face verification: asked for by the server, performed on the phone, asked about by the server."""

import pytest

from sandbox.wechat.control import phone
from sandbox.wechat.crypto import cert_hash
from sandbox.wechat.documents import BadDocument
from sandbox.wechat.face import CannotPerform

OPENID, STRANGER = "oElder", "oStranger"
OWN = {"cert_type": "IDENTITY_CARD", "cert_name": "张三", "cert_no": "310101199801011234"}
SOMEBODY_ELSES = OWN | {"cert_name": "李四"}
PATH = "/cityservice/face/identify"


def start(client, *, openid=OPENID, cert=OWN, sequence="seq-00001"):
    body = {"openid": openid, "out_seq_no": sequence, "cert_info": cert}
    return client.post(f"{PATH}/getverifyid", body, access_token=client.token())


def query(client, started, *, cert=OWN, **changes):
    body = {
        "verify_id": started,
        "out_seq_no": "seq-00001",
        "openid": OPENID,
        "cert_hash": cert_hash(**cert),
    }
    return client.post(f"{PATH}/queryverifyinfo", body | changes, access_token=client.token())


def perform(client, **document):
    return phone.face(client.world, document)


def test_a_session_lasts_an_hour_and_is_unfinished_until_the_person_acts(client):
    reply = start(client)

    assert reply["errcode"] == 0
    assert reply["expires_in"] == 3600
    assert len(reply["verify_id"]) <= 256
    assert query(client, reply["verify_id"])["verify_ret"] == 10300


def test_the_person_passes_with_their_own_document(client):
    verify_id = start(client)["verify_id"]
    perform(client, verify_id=verify_id, outcome="pass")

    assert query(client, verify_id)["verify_ret"] == 10000


def test_nobody_passes_with_the_document_of_somebody_else(client):
    verify_id = start(client, cert=SOMEBODY_ELSES)["verify_id"]
    perform(client, verify_id=verify_id, outcome="pass")

    assert query(client, verify_id, cert=SOMEBODY_ELSES)["verify_ret"] == 10003


def test_a_person_we_know_nothing_about_passes(client):
    verify_id = start(client, openid=STRANGER)["verify_id"]
    perform(client, openid=STRANGER, outcome="pass")

    assert query(client, verify_id, openid=STRANGER)["verify_ret"] == 10000


@pytest.mark.parametrize(
    ("outcome", "verify_ret"),
    [("cancel", 90004), ("mismatch", 10003), ("other_person", 10004), ("camera", 90008), ("timeout", 90107)],
)
def test_other_outcomes_are_told_apart(client, outcome, verify_ret):
    verify_id = start(client)["verify_id"]
    perform(client, openid=OPENID, outcome=outcome)

    assert query(client, verify_id)["verify_ret"] == verify_ret


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"cert_hash": cert_hash(**SOMEBODY_ELSES)}, 84006),
        ({"openid": STRANGER}, 40003),
        ({"out_seq_no": "seq-00002"}, 84001),
        ({"verify_id": "unknown"}, 84001),
    ],
)
def test_the_answer_is_given_only_for_the_right_person_and_document(client, changes, errcode):
    verify_id = start(client)["verify_id"]
    perform(client, openid=OPENID, outcome="pass")
    reply = query(client, verify_id, **changes)

    assert reply["errcode"] == errcode
    assert "verify_ret" not in reply


def test_another_app_cannot_ask(client):
    verify_id = start(client)["verify_id"]
    client.appid, client.secret = "wx4f4bc4dec97d474b", "0" * 32

    assert query(client, verify_id)["errcode"] == 84001


def test_a_check_is_performed_once(client):
    verify_id = start(client)["verify_id"]
    perform(client, verify_id=verify_id, outcome="cancel")

    with pytest.raises(CannotPerform):
        perform(client, verify_id=verify_id, outcome="pass")


def test_after_an_hour_nobody_can_perform_it(client):
    verify_id = start(client)["verify_id"]
    client.advance(3600)

    with pytest.raises(CannotPerform):
        perform(client, verify_id=verify_id, outcome="pass")
    assert query(client, verify_id)["verify_ret"] == 90107


@pytest.mark.parametrize("sequence", ["1234", "x" * 33, "流水号-00001"])
def test_a_sequence_number_has_a_form(client, sequence):
    assert start(client, sequence=sequence)["errcode"] == 47003


@pytest.mark.parametrize(
    "cert", [None, {}, OWN | {"cert_type": "PASSPORT"}, OWN | {"cert_no": ""}, OWN | {"cert_name": 1}]
)
def test_only_a_complete_identity_card_will_do(client, cert):
    assert start(client, cert=cert)["errcode"] == 47003


@pytest.mark.parametrize("document", [{}, {"openid": OPENID, "outcome": "maybe"}])
def test_a_phone_needs_to_know_which_check_and_how_it_ends(client, document):
    with pytest.raises(BadDocument):
        perform(client, **document)
