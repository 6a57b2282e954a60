import pytest
from flask import request

from app.foundation import database
from blueprints import application as build
from blueprints.support.access import Audience, allow

FORWARDED = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}


@pytest.fixture
def address_seen(application, settings):
    """The address that a request counts as, with so many trusted proxies in front."""

    def see(hops, headers):
        app = build(settings.model_copy(update={"trusted_proxies": hops}))

        @app.get("/address")
        @allow(Audience.PUBLIC)
        def address():
            return request.remote_addr

        return app.test_client().get("/address", headers=headers).text

    yield see
    database.session.remove()


def test_without_a_proxy_of_ours_a_forwarded_address_is_not_believed(address_seen):
    assert address_seen(0, FORWARDED) == "127.0.0.1"


def test_behind_one_proxy_only_the_address_that_it_saw_is_believed(address_seen):
    assert address_seen(1, FORWARDED) == "198.51.100.7"


def test_a_client_cannot_choose_its_address_by_sending_more_hops(address_seen):
    forged = {"X-Forwarded-For": "1.1.1.1, 2.2.2.2, 198.51.100.7"}
    assert address_seen(1, forged) == "198.51.100.7"
