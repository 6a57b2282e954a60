"""A catalogue that is loaded, and people about whom something is known."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from app.eligibility import cells, loading, trials
from app.foundation.transaction import atomic
from app.gateways.wechat import port
from app.identity.types import Role
from app.residents import consents
from app.residents.types import Purpose
from config import files
from tests.app.eligibility.campaigning import Town
from tests.app.eligibility.knowing import learn

ELDER = {"birth_date": "1944-03-07", "hukou_region": "500103"}


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


AUTHOR, APPROVER = Role.POLICY_AUTHOR, Role.POLICY_APPROVER


@pytest.fixture
def body():
    """The draft of a policy like 渝中区高龄补贴, under another id."""
    raw = next(raw for raw in files.read_all("policies") if raw["id"] == "cq-yuzhong-elder")
    plain = loading.plain(raw)
    known = {key: plain[key] for key in plain if key in DRAFT_FIELDS}
    return known | {"id": "cq-yuzhong-new", "title": "渝中区百岁关爱补贴", "valid_from": "2026-01-01"}


DRAFT_FIELDS = {
    "id", "title", "summary", "region_code", "department", "audience", "mode", "valid_from", "valid_to",
    "benefit", "conditions", "source",
}  # fmt: skip


@pytest.fixture
def author(sign_in):
    return sign_in.officer(AUTHOR).client


@pytest.fixture
def approver(sign_in):
    return sign_in.officer(APPROVER).client


@pytest.fixture
def resident(sign_in):
    """`resident(birth_date=…)`: somebody who allows matching and pushes."""

    def make(*, consent=True, **known):
        person = sign_in.resident()
        with atomic():
            if consent:
                consents.grant(person.id, Purpose.MATCHING)
            consents.grant(person.id, Purpose.PUSH)
            learn(person.id, **(known or ELDER))
        return person

    return make


def draft(officer, body):
    reply = officer.post("/api/v1/staff/policies", json=body)
    assert reply.status_code == 201, reply.json
    return reply.json


def edit(officer, body, *, revision=1, policy="cq-yuzhong-new"):
    changed = {key: value for key, value in body.items() if key != "id"}
    return officer.put(
        f"/api/v1/staff/policies/{policy}", json=changed, headers={"If-Match": f'"{revision}"'}
    )


def preview(officer, policy="cq-yuzhong-new"):
    """Begin a preview, let a worker finish it, and return what it counted (or the refusal)."""
    begun = officer.post(f"/api/v1/staff/policies/{policy}/preview")
    if begun.status_code != 202:
        return begun.json
    trials.advance_due()
    return officer.get(f"/api/v1/staff/previews/{begun.json['id']}").json


APPROVAL = {"reason": "本区试点，人数本来就少", "confirm": True}


@pytest.fixture
def publish(sign_in):
    """`publish(approver)`: preview, approve, and where it is for few let another officer approve too."""

    def make(officer=None, policy="cq-yuzhong-new"):
        officer = officer or sign_in.officer(APPROVER).client
        preview(officer, policy)
        path = f"/api/v1/staff/policies/{policy}/publication"
        reply = officer.post(path, json=APPROVAL)
        if reply.status_code == 202 and reply.json["state"] == "awaiting_second_approval":
            second = sign_in.officer(Role.POLICY_APPROVER, region_code="000000").client
            return second.post(path, json=APPROVAL)
        return reply

    return make


@pytest.fixture
def every_cell(settings):
    """Previews show every number, however few people it is about."""
    cells.use(settings.model_copy(update={"smallest_cell": 1}))
    yield
    cells.use(settings)


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
