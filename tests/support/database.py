"""The application under test, and the two ways to hold its database: a savepoint, or a copy that commits."""

import itertools
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

from app import wiring
from app.factory import create_app
from app.foundation import cache, database, deadlines, nearby
from blueprints.support.telemetry import AccessLog
from config.settings import Environment, Settings
from tests.support import canary, servers

_counter = itertools.count()


@pytest.fixture(scope="session")
def settings(worker, addresses, tmp_path_factory):
    """Settings of the test process: its own database copy and Redis number, the sandboxes' addresses."""
    servers.ensure()
    name = f"test_{os.environ[servers.TEMPLATE]}_{worker}_{os.getpid()}"
    servers.create(name, template=os.environ[servers.TEMPLATE])
    number = 1 + int(worker.removeprefix("gw")) if worker.startswith("gw") else 0
    redis = os.environ["TEST_REDIS_URL"].rsplit("/", 1)[0]
    yield Settings(
        environment=Environment.TEST,
        database_url=servers.url(name),
        redis_url=f"{redis}/{number % 16}",
        database_pool=20,
        wechat_api_base=addresses.wechat,
        wechat_templates=addresses.templates,
        registries_base=addresses.registries,
        materials_store=tmp_path_factory.mktemp("materials").as_uri(),
        clamd_address=addresses.clamd,
        **{name.lower(): value for name, value in addresses.secret.items()},
    )
    servers.drop(name)


@pytest.fixture(scope="session")
def application(settings):
    """The Flask application, once per test process, on the process's own database."""
    application = create_app(settings)
    application.testing = True
    application.access_log = AccessLog(canary.Sink())
    yield application
    wiring.close_process()


@pytest.fixture
def redis(application):
    """The process's Redis database, empty."""
    cache.client().flushdb()
    nearby.process.clear()
    return cache.client()


@pytest.fixture
def session(application, redis):
    """The session registry inside a transaction rolled back after the test; `atomic()` works as ever."""
    engine = database.engine()
    with engine.connect() as connection:
        outer = connection.begin()
        database.session.remove()
        database.session_factory.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield database.session
        database.session.remove()
        outer.rollback()
        database.session_factory.configure(bind=engine, join_transaction_mode="conditional_savepoint")


@pytest.fixture
def committed(application, settings, redis):
    """A database copy of this test's own in which commits are real: for races and for other processes.

    Yields its Settings (`committed.database_url`); the whole application uses the copy meanwhile.
    """
    name = f"{servers.TEMPLATE.lower()}_{os.getpid()}_{next(_counter)}"
    servers.create(name, template=os.environ[servers.TEMPLATE])
    usual = database.engine()
    copied = settings.model_copy(update={"database_url": type(settings.database_url)(servers.url(name))})
    engine = database.open_engine(copied)
    opened = []
    event.listen(engine, "connect", lambda connection, _record: opened.append(connection))
    deadlines.guard(engine)
    database.session.remove()
    database.bind(engine)
    yield copied
    database.session.remove()
    database.bind(usual)
    engine.dispose()
    for connection in opened:  # a thread that outlives its test may still hold one
        connection.close()
    servers.drop(name)


@pytest.fixture
def two_connections(committed):
    """Two independent connections to the committed copy, for tests that interleave by hand."""
    with database.engine().connect() as first, database.engine().connect() as second:
        yield first, second


@pytest.fixture
def together(committed):
    """`together(work, times=20)`: run `work(number)` in as many threads; lists results and exceptions."""

    def run(work, *, times=2):
        gate = threading.Barrier(times)

        def one(number):
            gate.wait(10)
            try:
                return work(number)
            except Exception as error:  # noqa: BLE001 the test looks at what each thread met
                return error
            finally:
                database.session.remove()

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(one, range(times)))

    return run
