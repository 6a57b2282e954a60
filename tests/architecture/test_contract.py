"""The API keeps its own OpenAPI document, whatever the document allows a client to send."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import allow_header_conformance, positive_data_acceptance

from app.identity.types import Assurance, Role

RULES_BEYOND_THE_DOCUMENT = [positive_data_acceptance]
"""Check digits, codes of the catalogue, dates in order: a 422 with the field's path is right there."""

OVERLAPPING = {"/api/v1/me/facts/refresh": [allow_header_conformance]}
"""To the router `refresh` might also be the name of a fact, so `Allow` there names PUT as well."""


@pytest.fixture
def contract(application, client, sign_in, wechat, registries):
    """The document, and the means to ask as somebody new each time, since some requests end a session."""
    contract = schemathesis.openapi.from_wsgi("/openapi.json", application)
    contract.sign_in = sign_in
    return contract


schema = schemathesis.pytest.from_fixture("contract")


def _asker(sign_in, path):
    if "/staff/" in path or "/ops/" in path:
        return sign_in.officer(*Role)
    return sign_in.resident(Assurance.PHONE)


@schema.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_api_honours_its_contract(case, contract):
    token = _asker(contract.sign_in, case.path).token
    excluded = RULES_BEYOND_THE_DOCUMENT + OVERLAPPING.get(case.path, [])
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=excluded)
