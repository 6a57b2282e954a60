"""The mini-program's contract and, where Node is there, a phone that runs its scripts."""

import json
import shutil

import pytest

from app.catalogue import edition, loading
from app.eligibility.loading import load_policies
from app.foundation.transaction import atomic
from app.gateways.registries import live, port
from tests.miniprogram.phone import Phone
from tests.support.sources import ROOT

NODE = shutil.which("node")
SNAPSHOT = ROOT / "docs/openapi.json"
collect_ignore = [] if NODE else ["test_behaviour.py", "test_form_field.py"]


@pytest.fixture
def contract(request):
    """The OpenAPI document: the snapshot where there is one, else what the application says."""
    if SNAPSHOT.exists():
        return json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    application = request.getfixturevalue("application")
    return application.test_client().get("/openapi.json").get_json()


@pytest.fixture
def new_phone():
    """`new_phone(client, code=…)`: one more phone."""
    made = []

    def make(*given, **named):
        made.append(Phone(NODE, *given, **named))
        return made[-1]

    yield make
    for phone in made:
        phone.close()


@pytest.fixture
def catalogue(session):
    """The real catalogue and policies."""
    edition.forget()
    with atomic():
        loading.load()
        load_policies()
    yield
    edition.forget()


@pytest.fixture
def departments(application, settings, registries):
    """The departments' sandbox, by a gateway of the test's own: no breaker is open from the test before."""
    usual, fresh = port.registries(), live.build(settings)
    port.use(fresh)
    yield registries
    port.use(usual)
    fresh.close()


@pytest.fixture
def phone_of(new_phone, client, wechat, demo, catalogue, departments):
    """`phone_of("yuzhong_elder")`: a demo person with their phone in their hand, nothing opened yet."""

    def make(key):
        person = demo[key]
        phone = new_phone(client, code=lambda: wechat.login_code(person["openid"]))
        phone.person = person
        phone.on_face = lambda ticket: wechat.post("face", verify_id=ticket, outcome="pass")
        return phone

    return make


@pytest.fixture
def elder(phone_of):
    """渝中区82岁的老人."""
    return phone_of("yuzhong_elder")
