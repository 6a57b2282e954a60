"""A server that was named by URL is asked before anything starts."""

import pytest

from launcher.given import Answer, ask


@pytest.fixture
def named(settings):
    """Where the test servers answer, by the variable that names them."""
    database = settings.database_url.get_secret_value().replace("postgresql+psycopg://", "postgresql://", 1)
    return {"DATABASE_URL": database, "REDIS_URL": settings.redis_url.get_secret_value()}


@pytest.mark.parametrize("setting", ["DATABASE_URL", "REDIS_URL"])
def test_a_server_that_lets_us_in_is_welcome_and_a_wrong_password_is_told_from_silence(named, setting):
    right = named[setting]
    credentials, _, place = right.partition("://")[2].rpartition("@")
    wrong = right.replace(credentials, credentials + "x")
    nobody = right.replace(place.partition("/")[0], "127.0.0.1:9")

    assert ask(setting, right) is Answer.WELCOME
    assert ask(setting, wrong) is Answer.REFUSED
    assert ask(setting, nobody) is Answer.SILENT


def test_an_address_that_is_none_counts_as_silence():
    assert ask("REDIS_URL", "neither://here") is Answer.SILENT
