"""Promises that hold for every route, read from the URL map, so that a new route cannot forget them."""

import json
import re

import pytest

from app.identity.types import Role
from blueprints import BLUEPRINTS
from blueprints.support.access import Access, Audience
from blueprints.support.blueprint import Blueprint
from blueprints.support.lifecycle import SECURITY_HEADERS
from tests.support.hostile_json import HOSTILE
from tests.support.sources import ROOT

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
OUTSIDE_API = ("/livez", "/readyz", "/metrics", "/openapi.json", "/ops/")
CALLED_BY_WECHAT = "/api/v1/wechat/callback"
"""WeChat may send more arguments tomorrow; what is signed decides."""
UUID = "018f0000-0000-7000-8000-000000000000"
EDIT = {"Idempotency-Key": "k", "If-Match": "1"}
SHAPE = {"code", "message", "request_id"}


@pytest.fixture(scope="module")
def routes(application):
    """Every (method, concrete path, view) of the URL map."""
    return [
        (method, re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", _sample, rule.rule), view)
        for rule in application.url_map.iter_rules()
        for view in [application.view_functions[rule.endpoint]]
        for method in sorted(rule.methods & {"GET", *WRITES})
    ]


def _sample(match):
    return {"uuid": UUID, "int": "1"}.get(match[1], "x")


@pytest.fixture
def asker(client, sign_in):
    """`asker(view)`: a client of somebody new whom the view lets in; some requests end a session."""

    def make(view):
        match view.access.audience:
            case Audience.RESIDENT:
                return sign_in.resident().client
            case Audience.OFFICER | Audience.OPERATOR:
                return sign_in.officer(*Role).client
            case _:
                return client

    return make


def _takes_json(view):
    documented = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    return any(parameter["in"] == "json" for parameter in documented)


def test_every_route_names_its_audience(routes):
    assert [path for _, path, view in routes if not isinstance(getattr(view, "access", None), Access)] == []


def test_every_blueprint_reads_strictly():
    assert [blp.name for blp in BLUEPRINTS if not isinstance(blp, Blueprint)] == []


def test_every_route_lies_under_the_api_or_is_one_of_the_few_outside(routes):
    assert [path for _, path, _ in routes if not path.startswith(("/api/v1/", *OUTSIDE_API))] == []


def test_every_route_that_is_not_public_asks_who_is_there(routes, client):
    guarded = [
        (method, path)
        for method, path, view in routes
        if view.access.audience not in {Audience.PUBLIC, Audience.INTERNAL}
    ]
    assert [door for door in guarded if client.open(door[1], method=door[0]).status_code != 401] == []


def test_every_answer_carries_the_security_headers(routes, client):
    for method, path, _ in [*routes, ("GET", "/nowhere", None), ("TRACE", "/livez", None)]:
        headers = client.open(path, method=method).headers
        assert {name: headers.get(name) for name, _ in SECURITY_HEADERS} == dict(SECURITY_HEADERS), path
        assert headers["Content-Security-Policy"].startswith("default-src "), path
        assert "no-store" in headers["Cache-Control"] or "ETag" in headers, path
        assert "Server" not in headers, path


def test_every_refusal_has_the_one_shape(routes, client, asker):
    for method, path, view in routes:
        for somebody in (client, asker(view)):
            response = somebody.open(path, method=method)
            if response.status_code >= 400:
                assert set(response.json) >= SHAPE, path
                assert set(response.json) <= SHAPE | {"errors"}, path


def test_every_get_refuses_unknown_query_arguments(routes, asker):
    wrong = {}
    for method, path, view in routes:
        if method != "GET" or path.startswith((*OUTSIDE_API, CALLED_BY_WECHAT)):
            continue
        response = asker(view).get(f"{path}?surely_unknown=1")
        if response.status_code != 422:
            wrong[path] = response.status_code
    assert wrong == {}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_json_is_unparseable_to_every_route_that_takes_json_and_harms_none(routes, asker, body):
    wrong = {}
    for method, path, view in routes:
        if method == "GET":
            continue
        request = {"data": body, "content_type": "application/json", "headers": EDIT}
        answer = asker(view).open(path, method=method, **request)
        unparseable = answer.status_code == 400 and answer.json["code"] == "http.bad_json"
        if answer.status_code >= 500 or (_takes_json(view) and not unparseable):
            wrong[(method, path)] = answer.status_code
    assert wrong == {}


def test_the_contract_in_docs_is_the_contract_of_the_code(client):
    served = json.dumps(client.get("/openapi.json").json, ensure_ascii=False, indent=1, sort_keys=True)
    kept = (ROOT / "docs/openapi.json").read_text(encoding="utf-8")
    assert kept == f"{served}\n", "run: python -m app.contract --write docs/openapi.json"
