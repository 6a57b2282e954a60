"""A catalogue that is loaded, and people about whom something is known."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.eligibility import loading
from app.foundation.transaction import atomic
from app.residents import consents, facts
from app.residents.facts import Said
from app.residents.subjects import own_subject
from app.residents.types import Purpose
from config import files

AS_OF = date(2026, 11, 1)


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


def learn(resident, **known):
    """Let a department state facts, as a refresh does."""
    subject = own_subject(resident)
    stated = {name: Said(value, "测试部门", AS_OF) for name, value in known.items()}
    changed = facts.replace_registry(subject, stated, answered=["测试部门"])
    facts.announce(resident, subject, changed)


@pytest.fixture
def elder_facts():
    """The facts of the first worked case, as JSON."""
    case = files.read("worked_cases")["cases"][0]
    return {name: str(v) if name == "birth_date" else v for name, v in case["facts"].items()}
