"""免申即享 for a relative and for an enterprise: who may act for them confirms in their own name."""

import pytest

from app.foundation import clock, crypto, database
from app.foundation.transaction import atomic
from app.residents.mandates import MANDATED_FOR
from app.residents.models import Mandate
from app.residents.types import MandateState
from tests.app.eligibility.knowing import learn
from tests.blueprints.applications.granted import GRANTS, Hand, Office, load_service

ELDER = {"birth_date": "1944-03-07", "hukou_region": "500103"}
REBATE = {
    "id": "ah-micro-rebate",
    "title": "小微企业稳岗返还",
    "summary": "合肥的小微企业，系统比对后返还。",
    "region_code": "340100",
    "audience": "enterprise",
    "department": "人社",
    "service_id": "svc-ui-rebate",
    "benefit": {"type": "cash", "amount": 3000, "unit": "元", "frequency": "once"},
    "conditions": {
        "all": [
            {"fact": "ent_region", "op": "prefix", "value": "3401"},
        ]
    },
}


@pytest.fixture
def office(sign_in, tmp_path):
    load_service(tmp_path)
    return Office(sign_in)


@pytest.fixture
def owner(verified, registries):
    """The representative of two enterprises in 合肥, about whom the departments were asked."""
    owner = verified("hefei_owner")
    reply = owner.client.post("/api/v1/me/facts/refresh", json={"purposes": ["matching"]})
    assert reply.status_code == 200, reply.json
    return owner


@pytest.fixture
def mother(verified, registries, owner, office):
    """His mother in 渝中区, who lets him act for her, and whom a policy of 免申即享 fits."""
    mother = verified("yuzhong_elder")
    with atomic():
        learn(mother.id, **ELDER)
        mandate = Mandate(
            principal_id=mother.id,
            agent_id=owner.id,
            relation="子女",
            code_hash=crypto.token_hash(crypto.new_token()),
            state=MandateState.ACTIVE,
            expires_at=clock.now() + MANDATED_FOR,
        )
        database.session.add(mandate)
    office.publish()
    return mother


def test_a_son_confirms_for_his_mother_and_signs_with_his_own_name(owner, mother, desk) -> None:
    son, her = Hand(owner), {"subject_id": str(mother.id)}
    assert son.listed() == []
    assert [one["subject_id"] for one in son.listed(**her)] == [str(mother.id)]
    grant = son.read(**her)
    shown = {one["key"]: one["display"] for one in grant["steps"][0]["answers"]}
    assert shown["name"] == "陈渝珍"
    receipt = son.tap(grant)
    assert receipt.status_code == 201, receipt.json
    answers = {
        one["key"]: one["display"] for one in desk.read(desk.tasks()[0]["id"])["answers"][0]["answers"]
    }
    assert (answers["name"], answers["sign"]) == ("陈渝珍", "许庐生")
    assert Hand(mother).listed() == []
    assert Hand(mother).tap(grant).json == receipt.json


def test_what_she_was_shown_he_cannot_confirm_in_her_name(owner, mother) -> None:
    grant = Hand(mother).read()
    assert Hand(owner).tap(grant).status_code == 412
    assert Hand(owner).tap(Hand(owner).read(subject_id=str(mother.id))).status_code == 201


def test_without_a_mandate_or_by_refusing_for_her_he_gets_nowhere(owner, mother, session) -> None:
    son = Hand(owner)
    grant = son.read(subject_id=str(mother.id))
    assert son.refuse(grant, reason="not_interested").status_code == 404
    with atomic():
        session.query(Mandate).update({"state": MandateState.ENDED, "ended_at": clock.now()})
    assert son.tap(grant).status_code == 404
    assert son.client.get(GRANTS, query_string={"subject_id": str(mother.id)}).status_code == 404


def test_a_representative_confirms_for_each_enterprise(owner, office, desk_of) -> None:
    office.publish(**REBATE)
    hand = Hand(owner, policy=REBATE["id"])
    offers = hand.listed()
    assert len(offers) == 2
    codes = set()
    for offer in offers:
        grant = hand.read()
        assert (grant["ready"], grant["missing"]) == (True, [])
        assert grant["subject_id"] in {one["subject_id"] for one in offers}
        codes.add(grant["steps"][0]["answers"][0]["display"])
        receipt = hand.tap(grant)
        assert receipt.status_code == 201, receipt.json
        assert offer["amount"]["text"] == "一次性3000元"
    assert len(codes) == 2, "each with its own code"
    assert hand.listed() == []
    assert hand.read()["state"] == "confirmed"
    tasks = desk_of(department="14", region_code="340000").tasks()
    assert {task["service_id"] for task in tasks} == {"svc-ui-rebate"}
    assert len(tasks) == len(offers)
