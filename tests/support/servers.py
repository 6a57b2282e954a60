"""PostgreSQL and Valkey for one run, and the template database every test process clones."""

import os
import shutil
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine, make_url

import app
from app.foundation import database, migrating, schema
from launcher.embedded import Postgres, Valkey

FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=64MB",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
)
TEMPLATE = "TEST_TEMPLATE"
_running = []
_made = []


def pytest_configure(config):
    """Under xdist the controller starts the servers, before its workers inherit its environment."""
    distributed = getattr(config.option, "numprocesses", None) or getattr(config.option, "tx", None)
    if distributed and not hasattr(config, "workerinput") and not config.option.collectonly:
        ensure()


def pytest_unconfigure(config):
    """Only who started them stops them."""
    stop()


def ensure():
    """Start what no URL names, build the template once; children find all of it in the environment."""
    if TEMPLATE in os.environ:
        return
    if "TEST_DATABASE_URL" not in os.environ:
        os.environ["TEST_DATABASE_URL"] = _start(lambda root: Postgres(root, settings=FAST))
    if "TEST_REDIS_URL" not in os.environ:
        os.environ["TEST_REDIS_URL"] = _start(Valkey)
    os.environ[TEMPLATE] = template = f"template_{os.getpid()}"
    create(template)
    _made.append(template)
    _build(url(template))


def stop():
    """Drop what was made, stop what was started, leave no folder behind."""
    for name in _made:
        drop(name)
    for server, root in reversed(_running):
        server.stop()
        shutil.rmtree(root, ignore_errors=True)


def url(name):
    """The address of one database."""
    return make_url(os.environ["TEST_DATABASE_URL"]).set(database=name).render_as_string(hide_password=False)


def create(name, *, template="template0"):
    """Create a database, empty or as a copy; about 40 ms."""
    _run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def drop(name):
    """Drop a database whoever is connected."""
    _run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _start(make):
    root = Path(tempfile.mkdtemp(prefix="zsb-tests-"))
    server = make(root).start()
    _running.append((server, root))
    return server.url


def _run(statement):
    engine = create_engine(os.environ["TEST_DATABASE_URL"], isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def bring_up_to_date(connection):
    """Bring an empty database to the newest schema: by the migrations, once there are any."""
    if schema.known_head() is not None:
        config = migrating.configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return
    database.load_all_tables(app).create_all(connection)
    for path in sorted((schema.MIGRATIONS / "sql").glob("*.sql")):
        connection.exec_driver_sql(path.read_text(encoding="utf-8"))


def _build(address):
    engine = create_engine(address)
    try:
        with engine.begin() as connection:
            bring_up_to_date(connection)
    finally:
        engine.dispose()
