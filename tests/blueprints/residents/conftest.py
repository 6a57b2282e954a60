"""Demo people's phones, and the departments they are known to."""

import pytest

from tests.blueprints.identity.phones import Phone

CONSENTS = "/api/v1/me/consents"


@pytest.fixture
def phone(client, wechat, registries, demo):
    """`phone("yuzhong_elder")`: a demo person's phone, not logged in yet; the departments are there."""
    return lambda key: Phone(client, wechat, demo[key])


@pytest.fixture
def elder(phone):
    """渝中区82岁的老人 with her real name, who allowed matching."""
    elder = phone("yuzhong_elder").verify()
    assert elder.client.put(f"{CONSENTS}/matching", json={}).status_code == 200
    return elder


@pytest.fixture
def fact():
    """`fact(phone, "dibao")`: one entry of somebody's list of facts."""

    def find(who, name, query=""):
        items = who.client.get(f"/api/v1/me/facts{query}").json["items"]
        return next(item for item in items if item["name"] == name)

    return find
