import pytest

from blueprints.support import lifecycle
from blueprints.support.errors import ProblemApi
from tests.support import probes
from tests.support.client import UnitOfWorkClient
from tests.support.people import SignIn


@pytest.fixture(scope="session")
def probe_application(application, settings):
    probe = lifecycle.Application("probe", static_folder=None)
    lifecycle.prepare(probe, settings)
    probe.testing = True
    probe.access_log = application.access_log
    ProblemApi(probe).register_blueprint(probes.blp)
    probe.test_client_class = UnitOfWorkClient
    return probe


@pytest.fixture
def probe(client, probe_application):
    """A client of the probe routes inside the test's transaction (or its committed copy)."""
    return probe_application.test_client()


@pytest.fixture
def sign_in(probe):
    """People whose clients speak to the probe routes."""
    return SignIn(probe)
