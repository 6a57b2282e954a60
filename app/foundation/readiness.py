"""Can this process serve: database within a second, a schema that this code knows, room on the disk.

Redis is not asked for: without it we are slower, not wrong.
"""

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from app.foundation import cache, database, schema

FREE_SHARE = 0.05
DATABASE_SECONDS = 1.0
_asker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readiness")
"""A stopped server answers no timeout of its own, so somebody else waits for it."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found."""

    database: bool
    schema_known: bool
    disk: bool
    degraded: bool

    @property
    def ready(self) -> bool:
        """Whether requests may be sent here."""
        return self.database and self.schema_known and self.disk


def look() -> Readiness:
    """Look once; raises nothing."""
    answers, known = _database()
    return Readiness(answers, known, _disk(), not _redis())


def _database() -> tuple[bool, bool]:
    try:
        return True, _asker.submit(_schema_known).result(DATABASE_SECONDS)
    except (SQLAlchemyError, TimeoutError):
        return False, False


def _schema_known() -> bool:
    with database.reading() as connection:
        return schema.database_head(connection) == schema.known_head()


def _disk() -> bool:
    usage = shutil.disk_usage(tempfile.gettempdir())
    return usage.free / usage.total > FREE_SHARE


def _redis() -> bool:
    try:
        return bool(cache.client().ping())
    except cache.RedisError:
        return False
