"""News that a person's own change brings: told of every policy, once, and not about what they have seen."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.eligibility import endings, runs, telling
from app.eligibility.models import News
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.residents import consents, profiles
from app.residents.types import Purpose
from tests.app.eligibility.campaigning import ABOUT_DIBAO, ELDER, adds_up
from tests.app.eligibility.knowing import learn

PATH = "/api/v1/me/matches"
LATER = telling.LOOKS_FOR + timedelta(seconds=1)


@pytest.fixture
def poor(town):
    """`poor(person)`: a department has just said that a person is on 低保."""

    def become(person, **known):
        with atomic():
            learn(person.id, **{**ELDER, "dibao": True, **known})

    return become


def titles(town, person):
    return sorted(message["title"] for message in town.inbox(town.again(person)))


def wait(town):
    town.clock.advance(seconds=LATER.total_seconds())
    runs.advance_due()


def test_who_becomes_eligible_by_a_change_of_facts_is_told_though_the_run_is_long_over(town, poor):
    person = town.person(allowed=(Purpose.MATCHING, Purpose.PUSH, Purpose.SENSITIVE_PUSH))
    other = town.person()
    run = town.publish(conditions=ABOUT_DIBAO)
    poor(person)
    runs.advance_due()
    assert titles(town, person) == []  # they may be looking at the app right now
    wait(town)
    assert (titles(town, person), titles(town, other)) == (["您可以享受：cq-winter慰问金"], [])
    town.push()
    assert [data["thing1"] for data in town.phone(person)] == ["您可能符合一项补贴"]
    account = town.account(run)
    assert (account["newly_eligible"], adds_up(account)) == (1, True)


@pytest.mark.parametrize("look", ["the list", "the reasons"])
def test_who_looks_in_the_app_right_then_is_not_told_what_they_just_saw(town, poor, look, redis):
    person = town.person()
    run = town.publish(conditions=ABOUT_DIBAO)
    poor(person)
    path = PATH if look == "the list" else f"{PATH}/cq-winter"
    assert town.again(person).client.get(path).status_code == 200
    wait(town)
    assert titles(town, person) == []
    account = town.account(run)
    assert (account["suppressed"], adds_up(account)) == ({"seen": 1}, True)


def test_several_at_once_are_joined_and_each_is_told_once_ever(town, poor):
    person = town.person(allowed=(Purpose.MATCHING, Purpose.PUSH, Purpose.SENSITIVE_PUSH))
    for name in ("cq-one", "cq-two"):
        town.publish(name, conditions=ABOUT_DIBAO)
    poor(person)
    wait(town)
    assert len(titles(town, person)) == 2
    town.push()
    assert len(town.phone(person)) == 1
    poor(person, dibao=False)
    poor(person)
    wait(town)
    assert len(titles(town, person)) == 2


def test_who_lost_it_before_they_were_told_is_told_when_they_have_it_again(town, poor):
    person = town.person()
    run = town.publish(conditions=ABOUT_DIBAO)
    poor(person)
    poor(person, dibao=False)
    wait(town)
    assert titles(town, person) == []
    assert town.account(run)["suppressed"] == {"match_lost": 1}
    poor(person)
    wait(town)
    assert titles(town, person) == ["您可以享受：cq-winter慰问金"]
    account = town.account(run)
    assert (account["newly_eligible"], account["suppressed"], adds_up(account)) == (1, {}, True)


def test_who_refused_or_withdrew_meanwhile_is_not_told(town, poor):
    refuses, withdraws = town.person(), town.person()
    run = town.publish(conditions=ABOUT_DIBAO)
    with atomic():
        profiles.change(ResidentId(refuses.id), {"personalised": False}, version=0)
    poor(refuses)
    poor(withdraws)
    with atomic():
        consents.withdraw(ResidentId(withdraws.id), Purpose.MATCHING)
    wait(town)
    assert (titles(town, refuses), titles(town, withdraws)) == ([], [])
    assert town.account(run)["suppressed"] == {"no_consent": 1, "not_personalised": 1}


DIBAO = {"fact": "dibao", "op": "eq", "value": True}


def test_who_fits_what_a_policy_builds_on_only_later_is_told_of_both_then(town, poor):
    person = town.person(dibao=False)
    town.publish("cq-first", conditions=DIBAO)
    run = town.publish("cq-second", requires=["cq-first"])
    assert titles(town, person) == []
    assert town.account(run)["suppressed"] == {"requires": 1}
    poor(person)
    wait(town)
    assert titles(town, person) == ["您可以享受：cq-first慰问金", "您可以享受：cq-second慰问金"]
    account = town.account(run)
    assert (account["newly_eligible"], account["suppressed"], adds_up(account)) == (1, {}, True)


def test_what_still_lacks_its_condition_stays_kept_back_with_its_reason(town, poor):
    person = town.person(dibao=False)
    town.publish("cq-first", conditions=DIBAO)
    run = town.publish("cq-second", requires=["cq-first"])
    poor(person, dibao=False, disability_level=2)
    wait(town)
    assert town.account(run)["suppressed"] == {"requires": 1}
    (row,) = database.session.scalars(select(News)).all()
    assert (row.due, row.message_id) == (False, None)


def test_a_run_that_brings_the_condition_lets_what_builds_on_it_be_told(town):
    person = town.person(dibao=True)
    town.publish("cq-first", conditions={"fact": "dibao", "op": "eq", "value": False})
    town.publish("cq-second", requires=["cq-first"])
    assert titles(town, person) == []
    town.publish("cq-first", conditions=DIBAO, version=2)
    runs.advance_due()
    assert titles(town, person) == ["您可以享受：cq-first慰问金", "您可以享受：cq-second慰问金"]


def test_who_says_that_they_have_the_first_one_is_told_of_the_second(town):
    person = town.person(dibao=True)
    town.publish(
        "cq-first", conditions={"all": [DIBAO, {"fact": "disability_level", "op": "le", "value": 2}]}
    )
    town.publish("cq-second", requires=["cq-first"])
    assert titles(town, person) == []
    reply = town.again(person).client.post(f"{PATH}/cq-first/dismissal", json={"reason": "already_received"})
    assert reply.status_code == 204
    runs.advance_due()
    assert titles(town, person) == ["您可以享受：cq-second慰问金"]


def test_what_stood_in_for_a_policy_ends_and_the_policy_is_told(town):
    person = town.person()
    town.publish("cq-regional", implements="cn-national")
    town.publish("cn-national")
    assert titles(town, person) == ["您可以享受：cq-regional慰问金"]
    town.end("cq-regional")
    endings.advance_due()
    runs.advance_due()
    assert titles(town, person) == ["您可以享受：cn-national慰问金", "您可以享受：cq-regional慰问金"]
