"""A client that fails the test when a request leaves unfinished work, hides a defect or asks too often."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from flask import got_request_exception
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from app.foundation import database
from tests.support import canary
from tests.support.queries import HARNESS

MOST_STATEMENTS = 10
"""No request of the whole suite may send more to PostgreSQL."""


@dataclass
class Watch:
    """What one request did: flushes not yet committed, exceptions, statements of its own thread."""

    thread: int = field(default_factory=threading.get_ident)
    dirty: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    statements: list = field(default_factory=list)

    def flushed(self, _session, _context):
        self.dirty.append(True)

    def settled(self, _session):
        self.dirty.clear()

    def failed(self, _sender, exception):
        self.failures.append(exception)

    def asked(self, _connection, _cursor, statement, *_):
        if threading.get_ident() == self.thread and not statement.startswith(HARNESS):
            self.statements.append(statement)


@contextmanager
def watched():
    """Watch what happens inside."""
    watch, factory = Watch(), database.session_factory
    listeners = (
        (factory, "after_flush", watch.flushed),
        (factory, "after_commit", watch.settled),
        (factory, "after_rollback", watch.settled),
        (Engine, "before_cursor_execute", watch.asked),
    )
    for target, name, listener in listeners:
        event.listen(target, name, listener)
    got_request_exception.connect(watch.failed)
    try:
        yield watch
    finally:
        got_request_exception.disconnect(watch.failed)
        for target, name, listener in listeners:
            event.remove(target, name, listener)


class UnitOfWorkClient(FlaskClient):
    """Flask's client, honest about commits and queries; `bearer("…")` gives one that sends the token.

    `expects_failure = True` lets a 500 through as the response it is.
    """

    token = None
    expects_failure = False

    def bearer(self, token):
        """A client like this one that sends `token`."""
        other = self.application.test_client()
        other.token = token
        canary.register(token)
        return other

    def open(self, *args, **kwargs):
        if self.token is not None:
            kwargs["headers"] = {"Authorization": f"Bearer {self.token}", **dict(kwargs.get("headers") or {})}
        with watched() as watch:
            response = super().open(*args, **kwargs)
        if watch.failures and not self.expects_failure:
            raise AssertionError("the request met a defect") from watch.failures[0]
        assert not watch.dirty, "the request wrote without committing: wrap it in atomic()"
        sent = watch.statements
        assert len(sent) <= MOST_STATEMENTS, "\n".join([f"{len(sent)} statements:", *sent])
        return response


@pytest.fixture
def client(request, application):
    """A client inside the test's savepoint, or on the committed copy where the test asks for `committed`."""
    if not {"committed", "two_connections", "together"} & set(request.fixturenames):
        request.getfixturevalue("session")
    application.test_client_class = UnitOfWorkClient
    return application.test_client()
