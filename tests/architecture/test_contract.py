"""The API keeps its own OpenAPI document, whatever the document allows a client to send."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from app.identity.types import Role


@pytest.fixture
def contract(application, client, sign_in):
    """The document, and people of every kind to send requests as."""
    contract = schemathesis.openapi.from_wsgi("/openapi.json", application)
    contract.people = (sign_in.resident().token, sign_in.officer(*Role).token)
    return contract


schema = schemathesis.pytest.from_fixture("contract")


@schema.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_api_honours_its_contract(case, contract):
    for token in contract.people:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"})
