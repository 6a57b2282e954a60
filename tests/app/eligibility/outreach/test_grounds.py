"""Only a policy that names its law may send somebody to a door."""

import pytest

from app.eligibility import loading
from app.eligibility.definition import read_policy
from app.eligibility.errors import PolicyFaulty
from app.eligibility.outreach import wording
from config import files
from tests.app.eligibility.conftest import approver, author, body, draft, edit  # noqa: F401 fixtures

GROUND = "老年人权益保障法第三十三条、第五十四条"


def policy(name, **changed):
    raw = next(loading.plain(raw) for raw in files.read_all("policies") if raw["id"] == name)
    return read_policy({**raw, **changed}, version=1)


@pytest.mark.parametrize(
    ("outreach", "path"),
    [
        ({"by": "visit"}, "outreach.ground"),
        ({"by": "visit", "ground": "  "}, "outreach.ground"),
        ({"by": "visit", "ground": "法" * 301}, "outreach.ground"),
        ({"by": "visit", "ground": "第三十三条\u0007第五十四条"}, "outreach.ground"),
        ({"by": "phone", "ground": GROUND}, "outreach.by"),
        ("visit", "outreach.by"),
    ],
)
def test_a_visit_without_its_law_is_refused(outreach, path):
    with pytest.raises(PolicyFaulty) as refused:
        policy("cq-yuzhong-elder", outreach=outreach)
    assert set(refused.value.errors) == {path}


def test_an_enterprise_has_no_door_of_this_kind():
    with pytest.raises(PolicyFaulty) as refused:
        policy("hefei-srdi-award", outreach={"by": "visit", "ground": GROUND})
    assert set(refused.value.errors) == {"outreach"}


def test_an_author_writes_the_ground_and_without_one_nobody_is_sent(author, body, session):  # noqa: F811
    drafted = draft(author, body)
    assert drafted["body"]["outreach"] is None
    assert edit(author, {**body, "outreach": {"by": "visit"}}).status_code == 422
    kept = edit(author, {**body, "outreach": {"by": "visit", "ground": GROUND}})
    assert (kept.status_code, kept.json["body"]["outreach"]["ground"]) == (200, GROUND)


def test_the_open_conditions_are_said_and_the_others_are_not():
    poor = policy("cn-dibao")
    assert wording.reasons(poor, "500103002003") == [wording.HIDDEN]
    meals = policy("tj-elder-meal")
    assert wording.reasons(meals, "120101") == ["户籍在天津市", wording.HIDDEN]
