"""Policies beside one another: whose version counts, what bars what, what comes first, what one has."""

import pytest

from app.eligibility import loading, runs
from app.eligibility.errors import PolicyFaulty
from app.foundation.transaction import atomic
from config import files
from tests.app.eligibility.conftest import draft, learn

OVER_80 = {"fact": "age", "op": "ge", "value": 80}
HERE = {"fact": "hukou_region", "op": "prefix", "value": "500103"}


@pytest.fixture
def issue(session, body):
    """`issue("a", excludes=["b"])`: a policy of the release, published; others of `body` unless told."""

    def make(policy_id, **changes):
        raw = body | {"id": policy_id, "title": f"政策{policy_id}", "region_code": "000000"} | changes
        with atomic():
            policy = loading.read_policy(raw, version=1)
            row = loading.new_version(policy, loading.plain(raw))
            row.state = "published"
            session.add(row)

    return make


@pytest.fixture
def shown(redis):
    """`shown(person)`: what the list of matches offers, by id."""

    def look(person, outcome="eligible"):
        redis.flushdb()
        reply = person.client.get(f"/api/v1/me/matches?outcome={outcome}")
        return {item["policy"]["id"]: item for item in reply.json["items"]}

    return look


def told(person):
    return [message["title"] for message in person.client.get("/api/v1/me/messages").json["items"]]


def test_only_the_regions_version_is_shown_and_pushed_to_those_whom_it_concerns(
    issue, resident, shown, author, publish, body
):
    issue("regional-one", implements="cq-yuzhong-new", conditions={"all": [OVER_80, HERE]})
    ours, theirs = resident(), resident(birth_date="1944-03-07", hukou_region="340100")
    national = body | {"region_code": "000000", "conditions": OVER_80}
    issue("cq-yuzhong-new", **{k: v for k, v in national.items() if k != "id"})
    with atomic():
        runs.start(loading.read_policy(national, version=1))
    runs.advance_due()
    assert set(shown(ours)) == {"regional-one"}
    assert set(shown(theirs)) == {"cq-yuzhong-new"}
    assert (len(told(ours)), len(told(theirs))) == (0, 1)


def test_a_regions_version_that_may_fit_stands_in_only_where_the_person_belongs_there(issue, person, shown):
    issue("national-one", conditions={"any": [OVER_80, {"fact": "dibao", "op": "eq", "value": True}]})
    issue("regional-one", implements="national-one", region_code="500103",
          conditions={"all": [HERE, {"fact": "tekun", "op": "eq", "value": True}]})  # fmt: skip
    ours = person(birth_date="1944-03-07", hukou_region="500103")
    unknown = person(birth_date="1944-03-07")
    both = "eligible,undetermined"
    assert {"national-one", "regional-one"} & set(shown(ours, both)) == {"regional-one"}
    assert {"national-one", "regional-one"} <= set(shown(unknown, both))


def test_what_is_superseded_steps_back_from_everyone_the_newer_one_covers(issue, resident, shown):
    issue("older-one")
    someone = resident()
    assert "older-one" in shown(someone)
    issue("newer-one", supersedes=["older-one"], conditions={"fact": "age", "op": "ge", "value": 100})
    assert "older-one" not in shown(someone)


def test_two_that_cannot_be_had_together_are_both_shown_with_which_to_choose(issue, resident, shown):
    yearly = {"type": "cash", "amount": 600, "unit": "元", "frequency": "yearly"}
    monthly = yearly | {"amount": 100, "frequency": "monthly"}
    issue("yearly-one", benefit=yearly)
    issue("monthly-one", benefit=monthly, excludes=["yearly-one"])
    found = shown(resident())
    advice = "“政策monthly-one”（100元/月）较高，建议选这一项"
    for one, other in (("yearly-one", "monthly-one"), ("monthly-one", "yearly-one")):
        (note,) = found[one]["related"]
        assert (note["relation"], note["policy_id"]) == ("excludes", other)
        assert note["note"].endswith(advice)


def test_who_already_receives_the_one_is_told_so_beside_the_other_and_not_pushed(
    issue, resident, shown, author, publish, body
):
    issue("first-one")
    someone = resident()
    path = "/api/v1/me/matches/first-one"
    someone.client.post(f"{path}/dismissal", json={"reason": "already_received"})
    draft(author, body | {"excludes": ["first-one"]})
    run_id = publish().json["run_id"]
    runs.advance_due()
    found = shown(someone)
    assert set(found) == {"cq-yuzhong-new"}
    assert found["cq-yuzhong-new"]["related"][0]["note"] == "您已享受“政策first-one”，两项不能同时享受"
    assert told(someone) == []
    counts = author.get(f"/api/v1/staff/match-runs/{run_id}").json["counts"]
    assert counts == {"evaluated": 1, "new": 1, "excludes": 1}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"dibao": True}, ("eligible", "以“政策first-one”为前提，请一并办理")),
        ({}, ("undetermined", "要先确认您是否符合“政策first-one”")),
        ({"dibao": False}, (None, None)),
    ],
)
def test_what_builds_on_another_counts_as_far_as_that_one_does(issue, resident, shown, known, expected):
    issue("first-one", conditions={"fact": "dibao", "op": "eq", "value": True})
    issue("second-one", requires=["first-one"])
    someone = resident(birth_date="1944-03-07", hukou_region="500103", **known)
    found = shown(someone, "eligible,undetermined").get("second-one")
    assert (found and found["outcome"], found and found["related"][0]["note"]) == expected


def test_what_a_fact_says_one_already_receives_is_neither_shown_nor_pushed(
    resident, shown, author, publish, body
):
    receiver, other = resident(birth_date="1944-03-07", hukou_region="500103", dibao=True), resident()
    draft(author, body | {"received_fact": "dibao"})
    publish()
    runs.advance_due()
    assert (told(receiver), len(told(other))) == ([], 1)
    assert "cq-yuzhong-new" not in shown(receiver)
    with atomic():
        learn(receiver.id, birth_date="1944-03-07", hukou_region="500103", dibao=False)
    assert "cq-yuzhong-new" in shown(receiver)


def test_who_waved_a_policy_away_is_not_pushed_its_next_version(resident, author, publish, body):
    from tests.app.eligibility.conftest import edit

    someone = resident(birth_date="1960-01-01", hukou_region="500103")
    draft(author, body | {"conditions": {"fact": "dibao", "op": "eq", "value": True}})
    publish()
    runs.advance_due()
    path = "/api/v1/me/matches/cq-yuzhong-new/dismissal"
    assert someone.client.post(path, json={"reason": "not_interested"}).status_code == 204
    edit(author, body | {"conditions": {"fact": "age", "op": "ge", "value": 60}})
    publish()
    runs.advance_due()
    assert told(someone) == []


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"implements": "no-such-one"}, "implements", "没有编号为“no-such-one”的政策"),
        ({"excludes": ["cn-dibao", "no-such-one"]}, "excludes[1]", "没有编号"),
        ({"requires": ["cq-yuzhong-new"]}, "requires[0]", "不能指向自己"),
        ({"supersedes": ["Not An Id"]}, "supersedes[0]", "小写字母"),
        ({"implements": "tj-elder-meal"}, "implements", "地区要包含"),
        ({"requires": ["cn-dibao"], "excludes": ["cn-dibao"]}, "requires[0]", "不能同时享受"),
        ({"received_fact": "birth_date"}, "received_fact", "是或否"),
        ({"review_by": "soon"}, "review_by", "日期写成"),
    ],
)
def test_relations_that_make_no_sense_are_refused_at_their_place(catalogue, author, body, change, path, said):
    reply = author.post("/api/v1/staff/policies", json=body | change)
    assert reply.status_code == 422
    assert said in reply.json["errors"][path][0]


def test_a_circle_is_refused_with_the_way_it_goes(issue, author, body):
    issue("third-one", supersedes=["cq-yuzhong-new"])
    issue("second-one", requires=["third-one"])
    reply = author.post("/api/v1/staff/policies", json=body | {"requires": ["second-one"]})
    way = "cq-yuzhong-new → second-one → third-one → cq-yuzhong-new"
    assert way in reply.json["errors"]["requires[0]"][0]


def test_a_release_with_a_circle_or_an_unknown_relation_publishes_nothing(session, monkeypatch):
    usual = files.read_all("policies")
    changes = {"cn-dibao": {"requires": ["cn-care-coupon"]}, "cn-care-coupon": {"requires": ["cn-dibao"]},
               "cn-vat-small-1pct": {"excludes": ["nothing-known"]}}  # fmt: skip
    monkeypatch.setattr(files, "read_all", lambda _: [raw | changes.get(raw["id"], {}) for raw in usual])
    with pytest.raises(PolicyFaulty) as refused, atomic():
        loading.load_policies()
    assert set(refused.value.errors) == {
        "cn-dibao.requires[0]", "cn-care-coupon.requires[0]", "cn-vat-small-1pct.excludes[0]",
    }  # fmt: skip
