"""From draft to the phone: two officers, one region, everyone who qualifies told once, honestly."""

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from app.eligibility import policies, runs
from app.eligibility.models import MatchRun, PolicyVersion
from app.foundation import database
from app.foundation.transaction import atomic
from app.notifications import queries as notifications
from tests.app.eligibility.conftest import APPROVER, AUTHOR, ELDER, draft, edit, preview
from tests.app.eligibility.knowing import learn


def inbox(person):
    return person.client.get("/api/v1/me/messages").json["items"]


def told(person):
    """How many messages lie in the inbox, whether or not the person's session still lives."""
    return len(notifications.inbox(person.id))


def test_everyone_who_qualifies_and_allows_it_is_told_once(author, approver, resident, body, publish):
    elder, young = resident(), resident(birth_date="1990-01-01", hukou_region="500103")
    silent = resident(consent=False)
    draft(author, body)
    reply = publish(approver)
    assert reply.status_code == 202
    assert runs.advance_due() == 1
    (message,) = inbox(elder)
    assert message["title"] == "您可以享受：渝中区百岁关爱补贴"
    assert message["delivery"]["state"] == "queued"
    assert message["link"] == "/pages/matches/detail?policy_id=cq-yuzhong-new"
    assert inbox(young) == inbox(silent) == []
    run = approver.get(f"/api/v1/staff/match-runs/{reply.json['run_id']}").json
    assert run["state"] == "finished"
    assert run["counts"] == {"evaluated": 2, "new": 1, "queued": 1, "push.queued": 1}


def test_a_run_counts_what_became_of_its_pushes_and_why(author, approver, resident, body, wechat, publish):
    from app.notifications import delivery

    resident()
    draft(author, body)
    run_id = publish(approver).json["run_id"]
    runs.advance_due()
    delivery.deliver_due(concurrency=1)
    counts = approver.get(f"/api/v1/staff/match-runs/{run_id}").json["counts"]
    assert (counts["push.suppressed"], counts["push.suppressed.no_credit"]) == (1, 1)
    assert wechat.get("journal?path=/cgi-bin/message/subscribe/send") == []


def test_a_new_version_tells_only_those_who_were_not_eligible_before(
    author, approver, resident, body, publish
):
    elder = resident()
    younger = resident(birth_date="1960-01-01", hukou_region="500103")
    draft(author, body)
    publish(approver)
    runs.advance_due()
    wider = body | {"conditions": {"fact": "age", "op": "ge", "value": 60}}
    assert edit(author, wider).status_code == 200
    publish(approver)
    runs.advance_due()
    assert [len(inbox(person)) for person in (elder, younger)] == [1, 1]
    narrower = body | {"conditions": {"fact": "age", "op": "ge", "value": 100}}
    assert edit(author, narrower).status_code == 200
    run_id = publish(approver).json["run_id"]
    runs.advance_due()
    assert approver.get(f"/api/v1/staff/match-runs/{run_id}").json["counts"]["lost"] == 2
    assert [len(inbox(person)) for person in (elder, younger)] == [1, 1]


def test_who_wrote_a_draft_may_not_approve_it(sign_in, body, publish):
    both = sign_in.officer(AUTHOR, APPROVER).client
    draft(both, body)
    reply = publish(both)
    assert (reply.status_code, reply.json["code"]) == (403, "policy.same_hands")


def test_who_changed_a_draft_may_not_approve_it_nor_may_its_first_author_afterwards(
    sign_in, author, body, publish
):
    first, second = sign_in.officer(AUTHOR, APPROVER).client, sign_in.officer(AUTHOR, APPROVER).client
    draft(first, body)
    assert edit(second, body | {"title": "改过的标题"}).status_code == 200
    assert [publish(officer).status_code for officer in (first, second)] == [403, 403]
    third = sign_in.officer(APPROVER).client
    assert publish(third).status_code == 202


@pytest.mark.parametrize("column", ["author_id", "editor_ids[1]"])
def test_the_database_itself_refuses_the_same_hands(author, sign_in, body, column):
    draft(author, body)
    editor = sign_in.officer(AUTHOR).client
    edit(editor, body)
    with pytest.raises(IntegrityError, match="four_eyes"), atomic():
        database.session.execute(
            text(
                f"UPDATE eligibility_policy_version SET state = 'published', approver_id = {column}"  # noqa: S608 a column of the parameters above
            )
        )


def test_the_database_refuses_an_officers_policy_that_nobody_approved(author, body):
    draft(author, body)
    with pytest.raises(IntegrityError, match="published_by_somebody"), atomic():
        database.session.execute(update(PolicyVersion).values(state="published"))


@pytest.mark.parametrize("region", ["500112", "000000"])
def test_nobody_writes_or_approves_for_another_region(author, sign_in, body, region, publish):
    assert author.post("/api/v1/staff/policies", json=body | {"region_code": region}).status_code == 403
    draft(author, body)
    elsewhere = sign_in.officer(APPROVER, region_code="500112").client
    assert publish(elsewhere).status_code == 403
    assert publish(sign_in.officer(APPROVER, region_code="500000").client).status_code == 202


def test_nobody_takes_over_a_policy_of_another_region_by_moving_it_to_their_own(
    catalogue, author, sign_in, body
):
    mine = body | {"region_code": "500103"}
    for known in ("cn-care-coupon", "cq-disability-nursing"):
        reply = edit(author, mine, policy=known)
        assert (reply.status_code, reply.json["code"]) == (403, "policy.outside_jurisdiction")
    municipal = sign_in.officer(AUTHOR, region_code="500000").client
    draft(municipal, body | {"id": "cq-city-draft", "region_code": "500000"})
    assert edit(author, mine, policy="cq-city-draft").status_code == 403


def test_an_edit_of_what_changed_meanwhile_is_refused(catalogue, author, body):
    draft(author, body)
    assert edit(author, body).json["revision"] == 2
    assert edit(author, body).status_code == 412
    assert edit(author, body, revision=9, policy="cq-yuzhong-elder").status_code == 412
    assert edit(author, body, revision=1, policy="cq-yuzhong-elder").status_code == 200


def test_a_policy_is_published_once_and_drafted_once(author, approver, body, publish):
    draft(author, body)
    assert author.post("/api/v1/staff/policies", json=body).json["code"] == "policy.exists"
    assert publish(approver).status_code == 202
    assert publish(approver).json["code"] == "policy.no_draft"
    assert publish(approver, "no-such-policy").status_code == 409
    assert edit(author, body, policy="no-such-policy").status_code == 404


def test_residents_and_officers_without_the_role_have_no_part_in_it(sign_in, author, approver, body, publish):
    draft(author, body)
    assert publish(author).status_code == 403
    assert approver.post("/api/v1/staff/policies", json=body | {"id": "cq-other"}).status_code == 403
    assert publish(sign_in.officer().client).status_code == 403
    assert publish(sign_in.resident().client).status_code in {401, 403}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"title": " "}, "title"),
        ({"title": "百岁\x07补贴"}, "title"),
        ({"title": "长" * 61}, "title"),
        ({"valid_to": "2025-01-01"}, "valid_to"),
        ({"conditions": {"fact": "no_such_fact", "op": "eq", "value": 1}}, "conditions.fact"),
    ],
)
def test_a_faulty_policy_is_refused_by_path(author, body, change, path):
    reply = author.post("/api/v1/staff/policies", json=body | change)
    assert reply.status_code == 422
    assert path in reply.json["errors"]


def test_a_preview_counts_and_tells_nobody(author, resident, body, every_cell):
    elder = resident()
    resident(birth_date="1990-01-01", hukou_region="500103")
    resident(hukou_region="500103")
    draft(author, body)
    counted = preview(author, "cq-yuzhong-new")
    assert counted["outcomes"] == {"eligible": 1, "ineligible": 1, "undetermined": 1}
    assert counted["by_region"] == {"500103": {"eligible": 1, "ineligible": 1, "undetermined": 1}}
    assert inbox(elder) == []


def test_a_policy_that_begins_later_tells_people_when_it_begins(
    author, approver, resident, body, clock, publish
):
    elder = resident()
    draft(author, body | {"valid_from": "2026-07-01"})
    publish(approver)
    runs.advance_due()
    assert told(elder) == 0
    clock.set(clock.now.replace(month=6, day=30, hour=16, minute=0))  # midnight in 重庆
    runs.advance_due()
    assert told(elder) == 1


def test_a_policy_that_is_over_is_nobodys_match_any_more(author, resident, body, clock, redis, publish):
    elder = resident()
    draft(author, body | {"valid_to": "2026-06-20"})
    publish()
    runs.advance_due()
    assert "cq-yuzhong-new" in str(elder.client.get("/api/v1/me/matches").json)
    clock.advance(days=6)
    redis.flushdb()
    assert "cq-yuzhong-new" not in str(elder.client.get("/api/v1/me/matches").json)


def test_who_becomes_eligible_while_everyone_is_being_matched_is_told_too(
    author, approver, resident, body, publish
):
    late = resident(birth_date="1990-01-01", hukou_region="500103")
    draft(author, body)
    publish(approver)
    with atomic():
        learn(late.id, **ELDER)
    assert inbox(late) == []  # a worker tells them, the request that changed the facts does not wait for it
    for _ in range(2):
        runs.advance_due()
        assert len(inbox(late)) == 1


def test_who_becomes_eligible_when_no_run_is_under_way_finds_it_in_the_app(
    author, approver, resident, body, publish
):
    late = resident(birth_date="1990-01-01", hukou_region="500103")
    draft(author, body)
    publish(approver)
    runs.advance_due()
    with atomic():
        learn(late.id, **ELDER)
    assert inbox(late) == []
    assert "cq-yuzhong-new" in str(late.client.get("/api/v1/me/matches").json)


DIBAO = {"fact": "dibao", "op": "eq", "value": True}
SEVERE = {"fact": "disability_level", "op": "in", "value": [1, 2]}


@pytest.mark.parametrize(
    ("condition", "known"),
    [
        (DIBAO, {"dibao": True}),
        ({"not": DIBAO}, {"dibao": False}),
        ({"any": [DIBAO, {"fact": "age", "op": "ge", "value": 80}]}, {"dibao": True}),
        ({"all": [{"any": [SEVERE]}]}, {"disability_level": 1}),
    ],
)
def test_a_sensitive_reason_never_stands_in_a_message_or_push(
    author, resident, body, condition, known, publish
):
    elder = resident(**ELDER, **known)
    draft(author, body | {"conditions": {"all": [{"fact": "age", "op": "ge", "value": 80}, condition]}})
    publish()
    runs.advance_due()
    (message,) = inbox(elder)
    pushed = str(database.session.scalar(text("SELECT values FROM notification_delivery")))
    for words in ("低保", "残疾", "最低生活"):
        assert words not in message["body"].split("为什么是您")[1]
        assert words not in pushed
    assert "您可能符合一项补贴" in pushed
    assert message["title"].removeprefix("您可以享受：") not in pushed


def test_a_published_version_is_what_it_was_for_ever(author, approver, body, publish):
    draft(author, body)
    publish(approver)
    for change in ("body = '{}'", "editor_ids = '{}'::uuid[] || gen_random_uuid()", "valid_from = now()"):
        with pytest.raises(IntegrityError), atomic():
            database.session.execute(text(f"UPDATE eligibility_policy_version SET {change}"))  # noqa: S608 as above
    assert policies.published("cq-yuzhong-new").title == body["title"]
    assert database.session.query(MatchRun).count() == 1
