"""A catalogue that is loaded, and people about whom something is known."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.eligibility import loading
from app.foundation.transaction import atomic
from app.gateways.wechat import port
from app.residents import consents
from app.residents.types import Purpose
from config import files
from tests.app.eligibility.campaigning import Town
from tests.app.eligibility.knowing import learn


@dataclass
class Person:
    """Somebody signed in whose facts a department stated."""

    id: UUID
    client: Any


@pytest.fixture
def catalogue(session):
    """The policies of config/, published."""
    with atomic():
        loading.load_policies()


@pytest.fixture
def person(sign_in, catalogue):
    """`person(birth_date=…, dibao=True)`: a resident who allows matching, with facts from a registry."""

    def make(*, consent=True, **known):
        signed_in = sign_in.resident()
        with atomic():
            if consent:
                consents.grant(signed_in.id, Purpose.MATCHING)
            learn(signed_in.id, **known)
        return Person(signed_in.id, signed_in.client)

    return make


@pytest.fixture
def elder_facts():
    """The facts of the first worked case, as JSON."""
    case = files.read("worked_cases")["cases"][0]
    return {name: str(v) if name == "birth_date" else v for name, v in case["facts"].items()}


@pytest.fixture
def town(sign_in, wechat, clock, redis):
    """A town at ten in the morning; WeChat's token is at hand."""
    port.wechat().templates.list()
    return Town(sign_in, wechat, clock)
