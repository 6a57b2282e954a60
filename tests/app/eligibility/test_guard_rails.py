"""What publication asks for beyond another pair of eyes: a preview of this draft, reasons, confirmation."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.eligibility.models import MatchRun
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import Role
from tests.app.eligibility.conftest import draft, edit, preview

POLICY = "cq-yuzhong-new"
PATH = f"/api/v1/staff/policies/{POLICY}"
YOUNG = {"birth_date": "1990-01-01", "hukou_region": "500103"}


@pytest.fixture
def second(sign_in):
    return sign_in.officer(Role.POLICY_APPROVER).client


def approve(officer, **said):
    return officer.post(f"{PATH}/publication", json=said)


def code(reply):
    return reply.json["code"]


def test_nothing_is_published_that_was_not_previewed_as_it_stands(author, approver, body):
    draft(author, body)
    assert code(approve(approver, reason="试点")) == "policy.preview_required"
    author.post(f"{PATH}/preview")
    assert code(approve(approver, reason="试点")) == "policy.preview_required"  # not finished yet
    preview(author, POLICY)
    edit(author, body | {"title": "改过的标题"})
    assert code(approve(approver, reason="试点")) == "policy.preview_required"
    preview(author, POLICY)
    assert approve(approver, reason="试点").status_code == 202


def test_a_rule_for_fewer_than_ten_needs_a_reason_and_a_second_officer(
    author, approver, second, resident, body
):
    resident(), resident(**YOUNG)
    draft(author, body)
    preview(author, POLICY)
    assert code(approve(approver)) == "policy.reason_required"
    assert code(approve(approver, reason=" ")) == "policy.reason_required"
    first = approve(approver, reason="本区百岁老人就这几位")
    assert (first.status_code, first.json) == (202, {"state": "awaiting_second_approval", "run_id": None})
    waiting = second.get(PATH).json
    assert (waiting["awaiting_second"], waiting["approval_reason"]) == (True, "本区百岁老人就这几位")
    assert code(approve(approver, reason="再点一次")) == "policy.same_hands"
    done = approve(second)
    assert done.json["state"] == "published"
    assert done.json["run_id"]


def test_who_wrote_or_changed_the_rule_is_no_second_approver_either(author, approver, sign_in, body):
    both = sign_in.officer(Role.POLICY_AUTHOR, Role.POLICY_APPROVER).client
    draft(author, body)
    edit(both, body)
    preview(author, POLICY)
    approve(approver, reason="试点")
    assert code(approve(both)) == "policy.same_hands"


def test_an_edit_takes_the_first_approval_away(author, approver, second, body):
    draft(author, body)
    preview(author, POLICY)
    approve(approver, reason="试点")
    edit(author, body | {"title": "改过的标题"})
    assert author.get(PATH).json["awaiting_second"] is False
    preview(author, POLICY)
    assert code(approve(second)) == "policy.reason_required"


def test_a_reason_with_somebodys_number_in_it_is_refused(author, approver, body):
    draft(author, body)
    preview(author, POLICY)
    reply = approve(approver, reason="只给13800138000的那位老人")
    assert (reply.status_code, code(reply)) == (422, "policy.reason_personal")


def test_ten_people_who_are_not_most_need_one_approval_and_no_reason(author, approver, resident, body):
    for _ in range(10):
        resident(), resident(**YOUNG)
    draft(author, body)
    counted = preview(author, POLICY)
    assert (counted["narrow"], counted["broad"]) == (False, False)
    assert approve(approver).json["state"] == "published"


def test_a_rule_for_more_than_half_of_everyone_asks_for_confirmation(author, approver, resident, body):
    for _ in range(11):
        resident()
    resident(**YOUNG)
    draft(author, body)
    assert preview(author, POLICY)["broad"] is True
    assert code(approve(approver)) == "policy.confirmation_required"
    assert approve(approver, confirm=True).json["state"] == "published"


@pytest.mark.parametrize(
    "change",
    [
        "second_approver_id = NULL, approval_reason = '试点'",
        "second_approver_id = approver_id, approval_reason = '试点'",
        "second_approver_id = author_id, approval_reason = '试点'",
    ],
)
def test_the_database_itself_refuses_a_rule_for_few_without_two_approvers(author, approver, body, change):
    draft(author, body)
    preview(author, POLICY)
    approve(approver, reason="试点")
    with pytest.raises(IntegrityError, match=r"narrow_approved_twice|six_eyes"), atomic():
        database.session.execute(
            text(f"UPDATE eligibility_policy_version SET state = 'published', {change}")  # noqa: S608 of the parameters above
        )


LEAF = {"fact": "dibao", "op": "eq", "value": True}


def _nested(levels):
    rule = LEAF
    for _ in range(levels - 1):
        rule = {"not": rule}
    return rule


@pytest.mark.parametrize(
    ("conditions", "path", "said"),
    [
        (_nested(9), "conditions" + ".not" * 8, "嵌套过深"),
        ({"all": [LEAF] * 200}, "conditions.all[199]", "条件过多"),
        (
            {"fact": "household_size", "op": "in", "value": list(range(1001))},
            "conditions.value",
            "最多1000项",
        ),
    ],
)
def test_a_rule_over_the_limits_of_the_language_is_refused_at_its_place(author, body, conditions, path, said):
    reply = author.post("/api/v1/staff/policies", json=body | {"conditions": conditions})
    assert reply.status_code == 422
    assert said in reply.json["errors"][path][0]


def test_two_second_approvers_at_the_same_moment_publish_once(
    committed, author, approver, sign_in, body, together
):
    draft(author, body)
    preview(author, POLICY)
    approve(approver, reason="试点")
    both = [sign_in.officer(Role.POLICY_APPROVER).client for _ in range(2)]
    replies = together(lambda number: approve(both[number]), times=2)
    assert sorted(reply.status_code for reply in replies) == [202, 409]
    assert database.session.query(MatchRun).count() == 1


def test_two_first_approvers_at_the_same_moment_are_the_two_it_takes(
    committed, author, sign_in, body, together
):
    draft(author, body)
    preview(author, POLICY)
    both = [sign_in.officer(Role.POLICY_APPROVER).client for _ in range(2)]
    replies = together(lambda number: approve(both[number], reason="试点"), times=2)
    assert {reply.json["state"] for reply in replies} == {"awaiting_second_approval", "published"}


def test_a_draft_edited_while_it_is_approved_is_published_as_it_was_previewed_or_not_at_all(
    committed, author, sign_in, resident, body, together
):
    for _ in range(10):
        resident()
    draft(author, body)
    preview(author, POLICY)
    approving = sign_in.officer(Role.POLICY_APPROVER).client

    def either(number):
        if number:
            return edit(author, body | {"title": "改过的标题"})
        return approve(approving, confirm=True)

    approved, _ = together(either, times=2)
    published = database.session.scalars(
        text("SELECT body ->> 'title' FROM eligibility_policy_version WHERE state = 'published'")
    ).all()
    assert published == ([body["title"]] if approved.status_code == 202 else [])
