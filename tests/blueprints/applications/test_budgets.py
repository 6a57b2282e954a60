"""What beginning an application costs where it costs most (fixture `cold`), for whomever it is."""

import pytest

from app.foundation import clock, crypto, database
from app.foundation.transaction import atomic
from app.residents.mandates import MANDATED_FOR
from app.residents.models import Enterprise, Mandate
from app.residents.types import MandateState
from tests.blueprints.applications.errands import APPLICATIONS


@pytest.fixture
def son(verified, registries):
    """Somebody with a mother and an enterprise."""
    return verified("hefei_owner")


@pytest.fixture
def mother(son, verified):
    """His mother, who lets him act for her."""
    mother = verified("yuzhong_elder")
    mandate = Mandate(
        principal_id=mother.id,
        agent_id=son.id,
        relation="子女",
        code_hash=crypto.token_hash(crypto.new_token()),
        state=MandateState.ACTIVE,
        expires_at=clock.now() + MANDATED_FOR,
    )
    return _kept(mandate).principal_id


@pytest.fixture
def shop(son):
    """The enterprise that he represents."""
    shop = Enterprise(
        resident_id=son.id, uscc="91340100MA2TEST01X", name="测试企业", confirmed_at=clock.now()
    )
    return _kept(shop).id


@pytest.mark.parametrize("subject", ["himself", "mother", "shop"])
def test_an_application_stays_within_ten_statements_for_whomever_it_is(subject, son, cold, request):
    subject_id = son.id if subject == "himself" else request.getfixturevalue(subject)
    body = {"service_id": "svc-elder-allowance", "region_code": "500103", "subject_id": str(subject_id)}
    assert cold(son.client, "POST", APPLICATIONS, body) > 4
    assert cold(son.client, "POST", APPLICATIONS, body) > 4, "the draft that is open"
    (case,) = son.client.get(APPLICATIONS).json["items"]
    shown = son.client.get(f"{APPLICATIONS}/{case['id']}/steps/1").json["fields"]
    assert {"mother": "陈渝珍"}.get(subject, "") in str(shown)


def _kept(row):
    with atomic():
        database.session.add(row)
        database.session.flush()
    return row
