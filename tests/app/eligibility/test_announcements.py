"""Telling people before the day: once, at a decent hour, and taken back where it is not true."""

from datetime import datetime

import pytest
from sqlalchemy import select

from app.catalogue import edition
from app.catalogue import loading as services
from app.eligibility import announcing, loading
from app.eligibility.models import Announcement
from app.eligibility.population import searching
from app.foundation import database
from app.foundation.transaction import atomic
from app.notifications import subscriptions
from app.notifications.models import Delivery
from app.residents import consents, profiles
from app.residents.types import Purpose
from tests.app.eligibility.knowing import learn

TURNS_80 = {"birth_date": "1946-07-10", "hukou_region": "500103"}
"""Turns 80 on 2026-07-10, 25 days after the clock's 2026-06-15."""
CHILD = {"child_birth_date": "2023-07-10", "child_lawful": True, "child_nationality": "CHN"}
PARENT = {"birth_date": "1990-01-01", "hukou_region": "120104", "is_guardian": True, "children": [CHILD]}
VERIFIED = {"birth_date": "1936-01-01", "hukou_region": "500103", "elder_allowance_verified_on": "2025-07-20"}
ALL = (Purpose.MATCHING, Purpose.PUSH, Purpose.SENSITIVE_PUSH)


@pytest.fixture
def here(town, tmp_path):
    """The town with the real catalogue and a folder for snapshots."""
    edition.forget()
    with atomic():
        services.load()
        loading.load_policies()
    town.root = tmp_path
    yield town
    edition.forget()


def somebody(town, **known):
    """Somebody of whom no more is known than said, with a credit for each kind of announcement."""
    signed_in = town.person(allowed=ALL, **known)
    for template in ("deadline_reminder", "renewal_reminder"):
        choices = {subscriptions.template_id(template): "accept"}
        town._wechat.post("subscribe", openid=signed_in.openid, choices=choices)
        with atomic():
            subscriptions.accepted(signed_in.id, template)
    return signed_in


def a_day(town):
    """What the scheduler's child and jobs do on a day."""
    found = searching.search(town.root)
    announcing.review_due()
    return found, announcing.tell_due()


def told(town, person, policy=None):
    """What was announced to somebody, as (title, push state)."""
    return [
        (message["title"], message["delivery"]["state"])
        for message in town.inbox(town.again(person))
        if policy is None or policy in message["title"]
    ]


def rows(*wanted):
    database.session.expire_all()
    found = database.session.scalars(select(Announcement).order_by(Announcement.id)).all()
    return [tuple(getattr(row, name) for name in wanted) for row in found]


def test_what_begins_is_told_in_the_app_only_with_what_to_prepare(here):
    elder = somebody(here, **TURNS_80)
    assert a_day(here)[1] == 1
    (message,) = here.inbox(elder)
    assert message["title"] == "即将可享：重庆市渝中区高龄补贴"
    assert "2026年7月10日年满80周岁" in message["body"]
    assert "居民身份证" in message["body"]
    assert message["delivery"]["state"] == "suppressed"
    here.push()
    assert here.phone(elder) == []


def test_it_is_still_pushed_when_it_holds(here):
    elder = somebody(here, **TURNS_80)
    a_day(here)
    here.clock.advance(days=25)
    here.publish("cq-yuzhong-elder", version=2)
    here.push()
    assert len(here.phone(elder)) == 1
    assert told(here, elder)[0][0].startswith("您可以享受")


def test_an_end_is_pushed_urgently_but_never_at_night(here):
    parent = somebody(here, **PARENT)
    here.clock.set(datetime.fromisoformat("2026-06-15T22:30:00+08:00"))
    a_day(here)
    here.push()
    assert here.phone(parent) == []
    here.clock.set(datetime.fromisoformat("2026-06-16T08:00:01+08:00"))
    here.push()
    pushed = [one for one in here.phone(parent) if "date2" in one]
    assert {one["date2"] for one in pushed} == {"2026年7月9日"}
    assert {one["thing1"] for one in pushed} == {"您的一项补贴"}  # about children: nothing is named
    assert all(lane == "urgent" for lane in lanes())


def lanes():
    return database.session.scalars(
        select(Delivery.lane).where(Delivery.template.in_(["deadline_reminder", "renewal_reminder"]))
    ).all()


def test_a_renewal_is_announced_before_it_is_due_and_leads_to_the_service(here):
    elder = somebody(here, **VERIFIED)
    a_day(here)
    (found,) = [m for m in here.inbox(elder) if "续期" in m["title"]]
    assert found["title"] == "请在2026年7月20日前续期：重庆市渝中区高龄补贴"
    assert "2026年7月20日距上次办理满12个月" in found["body"]
    assert "高龄津贴申领" in found["body"]
    assert found["link"] == "/pages/services/detail?service_id=svc-elder-allowance"
    here.push()
    assert [one["date2"] for one in here.phone(elder) if "date2" in one] == ["2026年7月20日"]


def test_nobody_is_told_twice_however_often_it_is_searched(here):
    people = [somebody(here, **facts) for facts in (TURNS_80, PARENT, VERIFIED)]
    a_day(here)
    first = [told(here, person) for person in people]
    for _ in range(3):
        here.clock.advance(days=1)
        assert a_day(here)[1] == 0
    assert [[title for title, _ in told(here, one)] for one in people] == [[t for t, _ in f] for f in first]


def test_a_day_is_searched_once(here):
    somebody(here, **TURNS_80)
    assert searching.search(here.root) > 0
    assert announcing.searched_today()
    assert searching.search(here.root) == 0
    here.clock.advance(days=1)
    assert not announcing.searched_today()


def test_the_snapshot_that_only_the_search_needed_is_gone_afterwards(here):
    somebody(here, **TURNS_80)
    searching.search(here.root)
    assert list(here.root.rglob("*.parquet")) == []


def test_it_is_told_thirty_days_ahead_and_not_earlier_and_never_afterwards(here):
    early = somebody(here, birth_date="1946-07-16", hukou_region="500103")  # 31 days
    late = somebody(here, birth_date="1946-06-15", hukou_region="500103")  # today: it holds already
    a_day(here)
    assert (told(here, early), told(here, late)) == ([], [])
    here.clock.advance(days=1)
    a_day(here)
    assert len(told(here, early)) == 1


def test_a_corrected_date_takes_the_announcement_back_and_announces_the_right_one(here):
    parent = somebody(here, **PARENT)
    here.clock.set(datetime.fromisoformat("2026-06-15T22:30:00+08:00"))  # quiet hours: nothing leaves yet
    a_day(here)
    with atomic():
        learn(parent.id, **PARENT | {"children": [CHILD | {"child_birth_date": "2023-07-12"}]})
    here.clock.set(datetime.fromisoformat("2026-06-16T09:00:00+08:00"))
    here.push()
    assert here.phone(parent) == []  # what is not true any more never leaves
    a_day(here)
    found = told(here, parent, "育儿补贴（国家")
    assert [title.partition("：")[0] for title, _ in found] == ["即将到期", "已更正"]
    assert found[1][1] == "suppressed"
    here.push()
    dates = {one["date2"] for one in here.phone(parent)}
    assert dates == {"2026年7月11日"}


def test_a_renewal_in_time_is_counted_and_nothing_more_is_said(here):
    elder = somebody(here, **VERIFIED)
    a_day(here)
    here.clock.advance(days=10)
    with atomic():
        learn(elder.id, **VERIFIED | {"elder_allowance_verified_on": "2026-06-24"})
    a_day(here)
    assert rows("kind", "state") == [("renewal", "renewed")]
    assert len(told(here, elder)) == 1
    path = "/api/v1/staff/policies/cq-yuzhong-elder/statistics"
    counted = here.approver.get(path).json["announcements"]["renewal"]
    assert {name: counted[name] for name in ("announced", "opened", "renewed", "renewed_in_time")} == {
        "announced": 1,
        "opened": 0,
        "renewed": 1,
        "renewed_in_time": 1,
    }


def test_without_consent_or_wish_nobody_is_told(here):
    without = somebody(here, **TURNS_80)
    unwilling = somebody(here, **TURNS_80)
    searching.search(here.root)
    with atomic():
        consents.withdraw(without.id, Purpose.MATCHING)
        profiles.change(unwilling.id, {"personalised": False}, version=0)
    announcing.tell_due()
    assert (told(here, without), told(here, unwilling)) == ([], [])
    assert sorted(rows("state", "untold")) == [
        ("kept_back", "no_consent"),
        ("kept_back", "not_personalised"),
    ]


def test_who_receives_it_is_warned_of_its_end_even_without_recommendations(here):
    elder = somebody(here, **VERIFIED)
    with atomic():
        profiles.change(elder.id, {"personalised": False}, version=0)
    a_day(here)
    assert len(told(here, elder)) == 1


def test_an_announcement_passes_when_its_day_has_come(here):
    somebody(here, **TURNS_80)
    a_day(here)
    here.clock.advance(days=25)
    a_day(here)
    assert rows("kind", "state") == [("begins", "passed")]


def test_a_renewal_may_come_in_late_and_is_given_up_after_a_month(here):
    elder = somebody(here, **VERIFIED)
    a_day(here)
    here.clock.advance(days=50)
    announcing.review_due()
    assert rows("state") == [("told",)]
    with atomic():
        learn(elder.id, **VERIFIED | {"elder_allowance_verified_on": "2026-07-18"})
    here.clock.advance(days=1)
    announcing.review_due()
    assert rows("state", "renewed_on") == [("renewed", datetime(2026, 7, 18).date())]  # noqa: DTZ001 a day


def test_an_account_that_is_erased_leaves_only_counts(here):
    elder = somebody(here, **TURNS_80)
    a_day(here)
    with atomic():
        announcing.forget(elder.id)
    here.clock.advance(days=1)
    announcing.review_due()
    assert rows("resident_id", "subject_id", "state") == [(None, None, "passed")]


def test_what_turned_out_untrue_is_told_once_it_is_true(here):
    elder = somebody(here, **TURNS_80)
    searching.search(here.root)
    with atomic():
        learn(elder.id, **TURNS_80 | {"hukou_region": "340100"})
    announcing.tell_due()
    assert rows("policy_id", "state", "untold") == [("cq-yuzhong-elder", "kept_back", "not_true")]
    with atomic():
        learn(elder.id, **TURNS_80)
    here.clock.advance(days=1)
    a_day(here)
    assert ("cq-yuzhong-elder", "told") in rows("policy_id", "state")


def test_statistics_count_what_was_announced_opened_and_kept_back(here):
    opened, unopened, without = (somebody(here, **TURNS_80) for _ in range(3))
    searching.search(here.root)
    with atomic():
        consents.withdraw(without.id, Purpose.MATCHING)
    announcing.tell_due()
    message = here.inbox(opened)[0]["id"]
    assert opened.client.post(f"/api/v1/me/messages/{message}/read").status_code == 204
    counted = here.approver.get("/api/v1/staff/policies/cq-yuzhong-elder/statistics").json["announcements"]
    assert counted["begins"]["announced"] == 2
    assert counted["begins"]["opened"] == 1
    assert counted["begins"]["kept_back"]["no_consent"] == 1
    assert counted["ends"]["announced"] == 0
    assert unopened.id != opened.id


def test_who_receives_what_is_not_surely_theirs_is_told_that_it_ends(here):
    rule = {"fact": "dibao_edge", "op": "eq", "value": True}  # nobody knows
    here.publish("held", conditions=rule, valid_to="2026-07-05", received_fact="dibao", run=False)
    receives, unknown = somebody(here, dibao=True), somebody(here)
    a_day(here)
    here.clock.advance(days=1)
    a_day(here)
    assert [title for title, _ in told(here, receives)] == ["即将到期：held慰问金"]
    assert told(here, unknown) == []
    assert sorted(rows("policy_id", "state")) == [("held", "kept_back"), ("held", "told")]
