"""The release's policies: all or nothing, in a handful of statements, never over an officer's own."""

import pytest
from sqlalchemy import func, select, update

from app.eligibility import loading, policies
from app.eligibility.errors import PolicyFaulty
from app.eligibility.models import PolicyVersion
from app.foundation.transaction import atomic
from app.identity.models import Officer
from config import files


@pytest.fixture
def release(monkeypatch):
    """`release(changes)`: the files of config/, some of them changed."""
    usual = files.read_all("policies")

    def make(**changes):
        changed = [raw | changes.get(raw["id"].replace("-", "_"), {}) for raw in usual]
        monkeypatch.setattr(files, "read_all", lambda _: changed)

    return make


def load():
    with atomic():
        return loading.load_policies()


def versions(session):
    query = select(PolicyVersion.state, func.count()).group_by(PolicyVersion.state)
    return dict(session.execute(query).all())


def test_everything_is_published_in_a_handful_of_statements(session, query_budget):
    with query_budget(8):
        assert load() == 50
    assert versions(session) == {"published": 50}


def test_loading_the_same_again_changes_nothing(session, query_budget):
    load()
    with query_budget(2):
        assert load() == 0


def test_only_what_changed_gets_a_new_version(session, release):
    load()
    release(cq_yuzhong_elder={"title": "渝中区高龄津贴"})
    assert load() == 1
    assert versions(session) == {"published": 50, "replaced": 1}
    assert (policies.published("cq-yuzhong-elder").version, policies.published("cn-dibao").version) == (2, 1)
    assert policies.published("cq-yuzhong-elder").title == "渝中区高龄津贴"


def test_one_fault_anywhere_publishes_nothing_and_names_every_place(session, release):
    broken = {"fact": "no_such_fact", "op": "eq", "value": 1}
    release(cq_yuzhong_elder={"conditions": broken, "title": ""}, cn_dibao={"mode": "随便"})
    with pytest.raises(PolicyFaulty) as refused:
        load()
    assert {"cq-yuzhong-elder.title", "cq-yuzhong-elder.conditions.fact", "cn-dibao.mode"} <= set(
        refused.value.errors
    )
    assert versions(session) == {}


def test_what_an_officer_wrote_is_left_alone(session, release, sign_in):
    load()
    officer, other = sign_in.officer().id, sign_in.officer().id
    with atomic():
        session.execute(
            update(PolicyVersion)
            .where(PolicyVersion.policy_id == "cq-yuzhong-elder", PolicyVersion.state == "published")
            .values(state="replaced")
        )
        body = dict(policies.exact("cq-yuzhong-elder", 1).raw) | {"title": "工作人员改过的标题"}
        row = loading.new_version(policies.exact("cq-yuzhong-elder", 1), body)
        row.version, row.state, row.author_id, row.approver_id = 2, "published", officer, other
        session.add(row)
    release(cq_yuzhong_elder={"title": "渝中区高龄津贴"})
    assert load() == 0
    assert policies.published("cq-yuzhong-elder").title == "工作人员改过的标题"
    assert session.get(Officer, officer) is not None
