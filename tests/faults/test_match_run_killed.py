"""F1 for work over everyone: workers die by kill -9 in the middle; everyone is evaluated exactly once."""

import pytest
from sqlalchemy import func, insert, select

from app.eligibility import loading, matching, policies, runs
from app.eligibility.models import Match, MatchRun
from app.foundation import database
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from app.identity.models import Account
from app.identity.types import Role
from app.notifications.models import Delivery, Message
from app.residents import consents, facts
from app.residents.facts import Said
from app.residents.subjects import own_subject
from app.residents.types import Purpose
from tests.app.eligibility.knowing import AS_OF

PEOPLE = 120


@pytest.fixture
def elders(committed, monkeypatch):
    """People who qualify for 渝中区高龄补贴."""
    monkeypatch.setattr("app.residents.events.consent_changed._subscribers", [])
    found = [new_id() for _ in range(PEOPLE)]
    with atomic():
        loading.load_policies()
        database.session.execute(
            insert(Account), [{"id": person, "openid": f"o{person.hex}"} for person in found]
        )
        for person in found:
            consents.grant(person, Purpose.MATCHING)
            stated = {
                "birth_date": Said("1944-03-07", "测试部门", AS_OF),
                "hukou_region": Said("500103", "测试部门", AS_OF),
            }
            facts.replace_registry(own_subject(person), stated, answered=["测试部门"])
    return found


def test_everyone_is_counted_once_while_workers_on_a_preview_are_killed(elders, herd, sign_in):
    officer = sign_in.officer(Role.POLICY_AUTHOR).client
    begun = officer.post("/api/v1/staff/policies/cq-yuzhong-elder/preview").json["id"]

    def counted():
        return officer.get(f"/api/v1/staff/previews/{begun}").json

    killed = herd("trials", workers=3, kills=15, pauses=(0.03, 0.1)).until(
        lambda: counted()["state"] == "finished"
    )
    assert killed >= 1
    assert counted()["outcomes"] == {"eligible": PEOPLE, "ineligible": 0, "undetermined": 0}
    assert len(counted()["samples"]) == 20


def test_every_match_is_lost_once_while_workers_on_an_ending_are_killed(elders, herd, sign_in):
    proposer = sign_in.officer(Role.POLICY_AUTHOR).client
    approver = sign_in.officer(Role.POLICY_APPROVER).client
    for person in elders:
        with atomic():
            matching.match_resident(person)
    path = "/api/v1/staff/policy-endings"
    asked = {"policy_ids": ["cq-yuzhong-elder"], "act": "渝中区民政局公告"}
    ending = proposer.post(path, json=asked).json["id"]
    assert approver.post(f"{path}/{ending}/approval").status_code == 202
    herd("endings", workers=3, kills=15, pauses=(0.03, 0.1)).until(
        lambda: proposer.get(f"{path}/{ending}").json["state"] == "settled"
    )
    assert proposer.get(f"{path}/{ending}").json["lost"] == {"cq-yuzhong-elder": PEOPLE}


def test_everyone_is_matched_and_told_once_while_workers_are_killed(elders, herd):
    with atomic():
        run_id = runs.start(policies.published("cq-yuzhong-elder"))

    def finished():
        database.session.remove()
        return database.session.get(MatchRun, run_id).state == "finished"

    killed = herd("match-runs", workers=3, kills=15, pauses=(0.03, 0.1)).until(finished)
    assert killed >= 1
    counts = dict(database.session.get(MatchRun, run_id).counts)
    assert counts == {"evaluated": PEOPLE, "new": PEOPLE, "queued": PEOPLE}
    for table in (Match, Message, Delivery):
        per_person = select(func.count()).select_from(table).group_by(table.resident_id)
        assert database.session.scalars(per_person).all() == [1] * PEOPLE
