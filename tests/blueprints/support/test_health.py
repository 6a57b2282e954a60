import pytest
from sqlalchemy import text

from app.foundation import cache, database
from app.foundation.transaction import atomic
from launcher.processes import free_port


@pytest.fixture
def nothing_answers(committed):
    """A database address at which nobody listens."""
    secret = type(committed.database_url)
    address = f"postgresql+psycopg://app:app@127.0.0.1:{free_port()}/none"
    usual, dead = (
        database.engine(),
        database.open_engine(committed.model_copy(update={"database_url": secret(address)})),
    )
    database.session.remove()
    database.bind(dead)
    yield
    database.session.remove()
    database.bind(usual)
    dead.dispose()


@pytest.fixture
def silent_redis(settings, client):
    """A Redis address at which nobody listens."""
    secret = type(settings.redis_url)
    usual = cache.client()
    cache.use(
        cache.open_client(
            settings.model_copy(update={"redis_url": secret(f"redis://127.0.0.1:{free_port()}/0")})
        )
    )
    yield
    cache.client().close()
    cache.use(usual)


def test_without_a_database_the_process_lives_but_is_not_ready(nothing_answers, client):
    assert client.get("/livez").status_code == 200
    response = client.get("/readyz")
    assert (response.status_code, response.json["ready"], response.json["database"]) == (503, False, False)


def test_without_a_database_a_request_is_told_to_come_back_later(nothing_answers, probe):
    response = probe.post("/sql/any")
    assert (response.status_code, response.json["code"], response.headers["Retry-After"]) == (
        503,
        "unavailable",
        "5",
    )


def test_without_redis_the_process_is_degraded_but_ready(client, silent_redis):
    response = client.get("/readyz")
    assert (response.status_code, response.json["degraded"]) == (200, True)


def test_a_schema_that_this_code_does_not_know_makes_it_unready(session, client):
    with atomic():
        session.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32) NOT NULL)"))
        session.execute(text("DELETE FROM alembic_version"))
        session.execute(text("INSERT INTO alembic_version VALUES ('9999_from_the_future')"))
    response = client.get("/readyz")
    assert (response.status_code, response.json["schema_known"]) == (503, False)


def test_metrics_count_requests_by_template_and_show_nobodys_data(probe, client, canary_person):
    probe.post(f"/sql/{canary_person.phone}")
    numbers = client.get("/metrics").text
    assert 'route="/sql/<fault>"' in numbers
    assert canary_person.phone not in numbers
