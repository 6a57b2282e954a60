"""Which migration the database is at, and which one this code was written for."""

import ast
import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, text

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_NAME = re.compile(r"^revision\b[^=\n]*= *(.+)$", re.MULTILINE)
_PARENTS = re.compile(r"^down_revision\b[^=\n]*= *(.+)$", re.MULTILINE)


@cache
def known_head() -> str | None:
    """Return the newest migration that this code knows; the one that no other comes after.

    Read from the files' text: Alembic would run all of them, in every web worker, to say the same.
    """
    names: set[str] = set()
    followed: set[str] = set()
    for file in (MIGRATIONS / "versions").glob("*.py"):
        content = file.read_text(encoding="utf-8")
        names |= _literals(_NAME, content)
        followed |= _literals(_PARENTS, content)
    return max(names - followed, default=None)


def _literals(pattern: re.Pattern[str], content: str) -> set[str]:
    """Return the text, or the texts of the tuple, that a module's line assigns."""
    found = pattern.search(content)
    value = ast.literal_eval(found[1]) if found else None
    return {value} if isinstance(value, str) else set(value or ())


def database_head(connection: Connection) -> str | None:
    """Return the migration the database is at; None where it was never migrated."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    head: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return head
