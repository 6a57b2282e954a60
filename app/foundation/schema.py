"""Which migration the database is at, and which one this code was written for."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def configuration() -> Config:
    """Return Alembic's configuration; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@cache
def known_head() -> str | None:
    """Return the newest migration that this code knows."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def database_head(connection: Connection) -> str | None:
    """Return the migration the database is at; None where it was never migrated."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    head: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return head
