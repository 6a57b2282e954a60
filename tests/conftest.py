"""The harness: real servers, one savepoint per test, no socket beyond this machine, no secrets in logs."""

import os

import pytest
from hypothesis import settings

pytest_plugins = [  # a plugin stands after those it imports
    "tests.support.sockets",
    "tests.support.canary",
    "tests.support.servers",
    "tests.support.sources",
    "tests.support.sandboxes",
    "tests.support.database",
    "tests.support.waiting",
    "tests.support.queries",
    "tests.support.client",
    "tests.support.people",
    "tests.support.clock",
]


settings.register_profile(
    "shared machine",
    deadline=None,  # a busy neighbour is no failure
    derandomize="CI" in os.environ,  # a landing is judged by the change, new examples are sought at home
)
settings.load_profile("shared machine")


@pytest.fixture(scope="session")
def worker():
    """The name of this test process: `main`, or `gw0`, `gw1`, … under xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")
