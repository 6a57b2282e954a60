"""The dearest request: nobody remembers anything, and the client sends a key."""

import uuid

import pytest

from app.catalogue import edition
from app.eligibility import policies
from app.foundation import database
from app.foundation.transaction import atomic

MOST_STATEMENTS = 10


@pytest.fixture
def cold(redis, query_budget, monkeypatch):
    """`cold(client, method, path, body)`: sends a keyed request where it costs most, and counts statements.

    The process has just begun, Redis is empty, and the session was last seen long enough ago to be noted.
    """

    def ask(client, method, path, body=None):
        redis.flushdb()
        edition.forget()
        monkeypatch.setattr(policies, "_edition", [("", ())])
        with atomic():
            database.session.connection().exec_driver_sql(
                "UPDATE identity_session SET last_seen_at = last_seen_at - interval '2 minutes'"
            )
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        with query_budget(MOST_STATEMENTS) as statements:
            reply = client.open(path, method=method, json=body, headers=headers)
        assert reply.status_code < 300, reply.json
        return len(statements)

    return ask
