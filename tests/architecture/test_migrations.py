import os
import re

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

import app
from app.foundation import database, migrating, schema
from tests.support import servers

SQL = sorted((schema.MIGRATIONS / "sql").glob("*.sql"))
TRIGGER = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)")


@pytest.fixture
def connection():
    """A connection to a database of this test's own, empty."""
    servers.ensure()
    name = f"migrations_{os.getpid()}"
    servers.create(name)
    engine = create_engine(servers.url(name))
    with engine.connect() as opened:
        yield opened
    engine.dispose()
    servers.drop(name)


@pytest.fixture
def built(connection):
    """The same, at the newest schema as every test database is built."""
    servers.bring_up_to_date(connection)
    connection.commit()
    return connection


def test_history_is_one_line_and_the_code_knows_its_end():
    history = ScriptDirectory.from_config(migrating.configuration())
    assert history.get_heads() == [schema.known_head()]


def test_the_tables_of_the_code_are_the_tables_of_the_database(built):
    context = MigrationContext.configure(built, opts={"compare_type": True})
    differences = compare_metadata(context, database.load_all_tables(app))
    assert [found for found in differences if "alembic_version" not in str(found)] == []


def test_every_trigger_of_the_sql_files_is_in_the_database(built):
    declared = {name for path in SQL for name in TRIGGER.findall(path.read_text(encoding="utf-8"))}
    present = set(built.scalars(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")))
    assert declared == present


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_an_sql_file_may_be_run_again(built, path):
    for _ in range(2):
        built.exec_driver_sql(path.read_text(encoding="utf-8"))


def test_every_migration_can_be_undone(connection):
    config = migrating.configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
