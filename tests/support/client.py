"""A client that fails the test when a request leaves unfinished work or hides an exception behind a 500."""

import pytest
from flask import got_request_exception
from flask.testing import FlaskClient
from sqlalchemy import event

from app.foundation import database
from tests.support import canary


class UnitOfWorkClient(FlaskClient):
    """Flask's client, honest about commits; `bearer("…")` gives one that sends the token.

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
        dirty, failures = [], []

        def mark(_session, _context):
            dirty.append(True)

        def clean(_session):
            dirty.clear()

        def note(_sender, exception):
            failures.append(exception)

        listeners = (("after_flush", mark), ("after_commit", clean), ("after_rollback", clean))
        for name, listener in listeners:
            event.listen(database.session_factory, name, listener)
        got_request_exception.connect(note)
        try:
            response = super().open(*args, **kwargs)
        finally:
            got_request_exception.disconnect(note)
            for name, listener in listeners:
                event.remove(database.session_factory, name, listener)
        if failures and not self.expects_failure:
            raise AssertionError("the request met a defect") from failures[0]
        assert not dirty, "the request wrote without committing: wrap it in atomic()"
        return response


@pytest.fixture
def client(request, application):
    """A client inside the test's savepoint, or on the committed copy where the test asks for `committed`."""
    if not {"committed", "two_connections", "together"} & set(request.fixturenames):
        request.getfixturevalue("session")
    application.test_client_class = UnitOfWorkClient
    return application.test_client()
