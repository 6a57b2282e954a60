"""Interleaving by hand: wait until another connection waits for a lock."""

import time

import pytest
from sqlalchemy import text

from app.foundation import database

_WAITING = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@pytest.fixture
def until_somebody_waits(committed):
    """`until_somebody_waits()`: returns once a connection to this copy waits for an advisory lock."""

    def wait(seconds=5.0):
        until = time.monotonic() + seconds
        with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as looking:
            while not looking.scalar(_WAITING):
                assert time.monotonic() < until, "nobody waits"
                time.sleep(0.01)

    return wait
