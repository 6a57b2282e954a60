"""What the calendar will bring one person, shown before it holds, with what to prepare for it."""

from datetime import datetime

import pytest

from app.catalogue import edition
from app.catalogue import loading as services
from app.foundation.transaction import atomic
from app.identity import sessions
from app.identity.types import ResidentId
from app.residents import consents
from app.residents.types import Purpose
from tests.app.eligibility.knowing import learn
from tests.support.people import DEVICE

ELDER = {"birth_date": "1946-08-20", "hukou_region": "500103"}
"""Turns 80 on 2026-08-20; the clock stands on 2026-06-15."""


@pytest.fixture
def someone(clock, person):
    """`someone(birth_date=…)`: a resident with facts on 2026-06-15."""
    edition.forget()
    with atomic():
        services.load()
    yield person
    edition.forget()


def ahead(somebody, policy="cq-yuzhong-elder"):
    reply = somebody.client.get("/api/v1/me/upcoming-matches")
    assert reply.status_code == 200, reply.json
    return [one for one in reply.json["items"] if policy in {None, one["policy"]["id"]}]


def test_the_eightieth_birthday_is_shown_before_it_comes_with_what_to_prepare(someone):
    (found,) = ahead(someone(**ELDER))
    assert (found["kind"], found["day"], found["days_left"]) == ("begins", "2026-08-20", 66)
    assert found["why"] == ["2026年8月20日年满80周岁"]
    assert found["note"] == "从2026年8月20日起可以享受，可以先准备材料。"
    assert found["amount"]["text"] == "600元/年"
    assert {"name": "居民身份证", "required": True, "source": "电子证照"} in found["materials"]
    assert found["service"] == {"id": "svc-elder-allowance", "name": "高龄津贴申领"}
    assert found["link"].startswith("/pages/matches/detail?policy_id=cq-yuzhong-elder")
    assert (found["missing"], found["last_day"]) == ([], None)


def test_what_holds_already_is_not_to_come_and_on_its_day_it_is_a_match(someone, clock):
    elder = someone(**ELDER)
    clock.set(datetime.fromisoformat("2026-08-19T23:59:00+08:00"))
    with atomic():
        learn(elder.id, **ELDER, dibao=False)
    # a day of Shanghai, not of UTC: the birthday is a minute away
    elder = again(elder)
    assert [one["days_left"] for one in ahead(elder)] == [1]
    clock.advance(minutes=1)
    assert ahead(elder) == []


def wave_away(somebody, policy, reason):
    path = f"/api/v1/me/matches/{policy}/dismissal"
    assert somebody.client.post(path, json={"reason": reason}).status_code == 204


def again(somebody):
    """The same person, logged in again: a session ends after a day."""
    with atomic():
        token, _ = sessions.open_for_resident(ResidentId(somebody.id), DEVICE)
    somebody.client = somebody.client.bearer(token)
    return somebody


def test_without_consent_nothing_is_foreseen(someone):
    elder = someone(**ELDER)
    with atomic():
        consents.withdraw(elder.id, Purpose.MATCHING)
    assert ahead(elder, None) == []
    assert ahead(someone(consent=False), None) == []


def test_somebody_elses_days_are_nobody_elses(someone):
    someone(**ELDER)
    assert ahead(someone(birth_date="1990-01-01"), None) == []


def test_what_was_waved_away_is_not_foreseen_again(someone, clock):
    child = {"birth_date": "1990-01-01", "is_guardian": True, "children": [CHILD]}
    parent = someone(**child)
    assert [one["kind"] for one in ahead(parent, "cn-childcare-allowance")] == ["ends"]
    wave_away(parent, "cn-childcare-allowance", "not_interested")
    assert ahead(parent, "cn-childcare-allowance") == []


CHILD = {"child_birth_date": "2023-08-31", "child_lawful": True, "child_nationality": "CHN"}


def test_the_end_is_told_with_its_last_day(someone):
    parent = someone(birth_date="1990-01-01", is_guardian=True, children=[CHILD])
    (found,) = ahead(parent, "cn-childcare-allowance")
    assert (found["kind"], found["day"], found["last_day"]) == ("ends", "2026-08-31", "2026-08-30")
    assert found["why"] == ["2026年8月31日孩子满3周岁"]
    assert found["note"].startswith("2026年8月30日是最后一天")
