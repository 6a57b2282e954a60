"""Verified residents with drafts, and the officers who decide them."""

import pytest

from app.catalogue import edition, loading
from app.foundation import crypto
from app.foundation.database import session as database_session
from app.foundation.transaction import atomic
from app.gateways.registries import live, port
from app.identity.models import Account
from app.identity.queries import place
from app.identity.types import Assurance
from app.residents import consents
from app.residents.types import Purpose
from tests.blueprints.applications.errands import Desk, Errand
from tests.support import canary

ELDER, CIVIL_AFFAIRS, YUZHONG, JIANGBEI = "svc-elder-allowance", "11", "500103", "500105"


@pytest.fixture(autouse=True)
def catalogue(request):
    """The real catalogue, whichever database the test holds."""
    if not {"committed", "two_connections", "together"} & set(request.fixturenames):
        request.getfixturevalue("session")
    else:
        request.getfixturevalue("committed")
    edition.forget()
    with atomic():
        loading.load()
    yield
    edition.forget()


@pytest.fixture(autouse=True)
def departments(application, settings):
    """A gateway of the test's own: no breaker is open because of the test before."""
    usual, fresh = port.registries(), live.build(settings)
    port.use(fresh)
    yield
    port.use(usual)
    fresh.close()


@pytest.fixture
def verified(sign_in, demo):
    """`verified("yuzhong_elder")`: a demo person, signed in, real name known, consents as given."""

    def make(key="yuzhong_elder", *, allows=tuple(Purpose)):
        person, known = demo[key], sign_in.resident()
        cipher = crypto.cipher()
        with atomic():
            account = database_session.get_one(Account, known.id)
            account.assurance = Assurance.REAL_NAME
            account.name = cipher.encrypt(person["name"], place=place("name", known.id))
            account.id_number = cipher.encrypt(person["id_number"], place=place("id_number", known.id))
            account.id_number_index = cipher.index(person["id_number"], column="identity_account.id_number")
            account.phone = cipher.encrypt(person["phone"], place=place("phone", known.id))
            account.phone_index = cipher.index(person["phone"], column="identity_account.phone")
            for purpose in allows:
                consents.grant(known.id, purpose)
        canary.register(person["id_number"])
        return known

    return make


@pytest.fixture
def elder(verified, registries):
    """渝中区82岁的老人 at her phone."""
    return Errand(verified("yuzhong_elder"))


@pytest.fixture
def desk(sign_in):
    """An officer of 渝中区民政局."""
    return Desk(sign_in.officer(department=CIVIL_AFFAIRS, region_code=YUZHONG))


@pytest.fixture
def desk_of(sign_in):
    """`desk_of(region_code="500105")`: another officer."""

    def make(*, department=CIVIL_AFFAIRS, region_code=YUZHONG):
        return Desk(sign_in.officer(department=department, region_code=region_code))

    return make
