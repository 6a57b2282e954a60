import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blueprints.support import strict_json
from blueprints.support.strict_json import BadJson
from tests.support.hostile_json import HOSTILE
from tests.support.people import SignIn


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_json_is_not_parseable(probe, body):
    response = probe.post("/echo", data=body, content_type="application/json")
    assert (response.status_code, response.json["code"]) == (400, "http.bad_json")


def test_a_body_above_one_mebibyte_is_too_large(probe):
    body = b'{"text":"' + b"a" * (1 << 20) + b'"}'
    response = probe.post("/echo", data=body, content_type="application/json")
    assert (response.status_code, response.json["code"]) == (413, "http.413")


def test_a_body_that_is_not_json_is_an_unsupported_kind(probe):
    response = probe.post("/echo", data=b"text=a", content_type="application/x-www-form-urlencoded")
    assert (response.status_code, response.json["code"]) == (415, "http.415")


@pytest.mark.parametrize(
    "body", [b"[]", b"1", b'"a"', b"null", b"{}", b'{"text":null}', b'{"text":"a","x":1}']
)
def test_json_of_another_shape_names_the_wrong_fields(probe, body):
    response = probe.post("/echo", data=body, content_type="application/json")
    assert (response.status_code, response.json["code"]) == (422, "http.422")
    assert response.json["errors"]


def test_moments_and_money_go_through_unharmed(probe):
    body = {"text": "好", "at": "2026-06-15T10:00:00.5+08:00", "amount": "600.50"}
    assert probe.post("/echo", json=body).json == {
        "text": "好",
        "at": "2026-06-15T02:00:00.500Z",
        "amount": "600.50",
    }


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "2026-06-15T10:00:00", "soon", 1, None])
def test_a_moment_that_is_none_is_refused(probe, at):
    assert probe.post("/echo", json={"text": "a", "at": at}).status_code == 422


@pytest.mark.parametrize("amount", ["NaN", "1e999999999", "1.001", "", 1, "Infinity", "9" * 200])
def test_an_amount_that_is_none_is_refused(probe, amount):
    assert probe.post("/echo", json={"text": "a", "amount": amount}).status_code == 422


@pytest.mark.parametrize(
    "wrong", [{"flag": 0}, {"flag": "true"}, {"count": True}, {"count": "5"}, {"count": 5.5}]
)
def test_a_field_takes_no_value_that_merely_looks_like_its_kind(probe, wrong):
    response = probe.post("/echo", json={"text": "a", **wrong})
    assert (response.status_code, response.json["errors"].keys()) == (422, wrong.keys())


def test_a_whole_number_may_be_written_with_a_point(probe):
    response = probe.post("/echo", json={"text": "a", "flag": False, "count": 5.0})
    assert response.json == {"text": "a", "flag": False, "count": 5}


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc好"), inner),
    max_leaves=20,
)


@given(_json)
def test_ordinary_json_means_what_it_always_meant(value):
    for ascii_only in (True, False):
        assert strict_json.parse(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary())
def test_no_bytes_raise_anything_but_bad_json(body):
    try:
        strict_json.parse(body)
    except BadJson:
        return
    json.loads(body)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 204, None),
        (b"{}", 204, None),
        (b'{"all": true}', 422, "invalid_input"),
        (b"{{{", 400, "http.bad_json"),
        (b"[1]", 422, "invalid_input"),
    ],
)
def test_a_route_that_takes_no_body_refuses_one(client, body, status, code):
    someone = SignIn(client).resident().client
    reply = someone.post("/api/v1/auth/logout", data=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == status
    assert code is None or reply.json["code"] == code
