"""What the calendar will bring one person, shown before it holds, with what to prepare for it."""

from datetime import datetime

import pytest

from app.catalogue import edition
from app.catalogue import loading as services
from app.eligibility import loading
from app.foundation import clock as product_clock
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity import sessions
from app.identity.types import ResidentId
from app.residents import consents, facts
from app.residents.facts import Said
from app.residents.models import Enterprise
from app.residents.subjects import own_subject
from app.residents.types import Purpose
from tests.app.eligibility.knowing import AS_OF, learn
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
    assert ahead(someone(birth_date="1990-01-01")) == []


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


OVER_80 = {"fact": "age", "op": "ge", "value": 80}


@pytest.fixture
def issue(someone, body):
    """`issue("a", valid_from=…)`: a policy for everybody of 80, published; changed as told."""

    def make(policy_id, **changes):
        usual = {"id": policy_id, "title": f"政策{policy_id}", "region_code": "000000", "conditions": OVER_80}
        raw = body | usual | changes
        with atomic():
            row = loading.new_version(loading.read_policy(raw, version=1), loading.plain(raw))
            row.state = "published"
            database.session.add(row)

    return make


def kinds(somebody, *policies):
    return {
        one["policy"]["id"]: one["kind"] for one in ahead(somebody, None) if one["policy"]["id"] in policies
    }


def test_what_is_not_known_is_said_with_if(someone):
    (found,) = ahead(someone(birth_date="1946-08-20", residence_region="500103"))
    assert (found["kind"], found["missing"][0]["fact"]) == ("may_begin", "hukou_region")
    assert found["note"].startswith("若户籍所在地符合条件，从2026年8月20日起可以享受")


def test_a_policy_that_begins_later_and_one_that_ends_are_foreseen(someone, issue):
    issue("later", valid_from="2026-07-01")
    issue("ending", valid_to="2026-07-31")
    issue("far-off", valid_from="2026-12-01")
    elder, unknown = someone(birth_date="1936-01-01"), someone(dibao=False)
    found = {one["policy"]["id"]: one for one in ahead(elder, None)}
    assert (found["later"]["kind"], found["later"]["day"]) == ("begins", "2026-07-01")
    assert found["later"]["why"] == ["政策自2026年7月1日起实施"]
    assert (found["ending"]["kind"], found["ending"]["last_day"]) == ("ends", "2026-07-31")
    assert found["ending"]["why"] == ["政策到2026年7月31日结束"]
    assert "far-off" not in found
    assert kinds(unknown, "later", "ending") == {"later": "may_begin", "ending": "may_end"}
    (ends,) = ahead(unknown, "ending")
    assert ends["note"] == "若出生日期符合条件，只能享受到2026年7月31日；请在这天之前补充信息并申请。"


def test_only_what_would_be_shown_on_that_day_is_foreseen(someone, issue):
    issue("national")
    issue("regional", implements="national", region_code="500103")
    issue("old", valid_from="2026-01-01")
    issue("new", supersedes=["old"], valid_from="2026-08-01")
    issue("first")
    issue("second", requires=["first"])
    issue("never", requires=["impossible"])
    elder = someone(**ELDER)
    found = kinds(elder, "national", "regional", "old", "new", "first", "second", "never")
    assert found == {"regional": "begins", "new": "begins", "first": "begins", "second": "begins"}


def test_two_that_exclude_one_another_say_so(someone, issue):
    issue("one", excludes=["other"])
    issue("other")
    (found,) = ahead(someone(**ELDER), "one")
    assert [(one["relation"], one["policy_id"]) for one in found["related"]] == [("excludes", "other")]


def test_what_they_already_receive_does_not_begin_but_its_end_is_told(someone, issue):
    issue("held", received_fact="dibao", valid_to="2026-07-31")
    issue("turning", received_fact="dibao")
    assert kinds(someone(birth_date="1936-01-01", dibao=True), "held") == {"held": "ends"}
    (found,) = ahead(someone(birth_date="1936-01-01", dibao=True), "held")
    assert found["note"] == "享受到2026年7月31日为止。"
    assert found["materials"] == []
    assert kinds(someone(birth_date="1946-08-20", dibao=True), "turning") == {}


def test_a_renewal_stands_among_the_days_to_come_with_its_service(someone):
    known = {"birth_date": "1936-01-01", "hukou_region": "500103"}
    elder = someone(**known, elder_allowance_verified_on="2025-08-31")
    (found,) = ahead(elder)
    assert (found["kind"], found["day"], found["last_day"]) == ("renewal", "2026-08-31", "2026-08-31")
    assert found["link"] == "/pages/services/detail?service_id=svc-elder-allowance"
    assert found["note"] == "2026年8月31日到期，请在这天之前办理“高龄津贴申领”，逾期可能暂停发放。"
    elsewhere = someone(**known | {"hukou_region": "120104"}, elder_allowance_verified_on="2025-08-31")
    assert ahead(elsewhere) == []


def test_what_an_enterprise_has_to_come_stands_under_it(someone, issue):
    employs = {"fact": "ent_employees", "op": "le", "value": 30}
    later = {"audience": "enterprise", "benefit": {"type": "service"}, "valid_from": "2026-07-01"}
    issue("for-firms", conditions=employs, **later)
    owner = someone(birth_date="1990-01-01")
    firm = Enterprise(
        resident_id=owner.id, uscc="91340100MA2TEST01X", name="小面馆", confirmed_at=product_clock.now()
    )
    with atomic():
        database.session.add(firm)
        database.session.flush()
        stated = {"ent_employees": Said(12, "测试部门", AS_OF)}
        facts.replace_registry(own_subject(ResidentId(owner.id), firm.id), stated, answered=["测试部门"])
    (found,) = ahead(owner, "for-firms")
    assert (found["kind"], found["subject_id"]) == ("begins", str(firm.id))


def test_the_days_to_come_cost_few_statements_however_many(someone, issue, query_budget):
    for number in range(30):
        issue(f"policy-{number:02}", excludes=[f"policy-{number - 1:02}"] if number else [])
    elder = someone(**ELDER)
    ahead(elder)
    with query_budget(5):
        assert len(ahead(elder, None)) > 30
