"""Match runs: everyone once, whatever happens to the worker in between."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.eligibility import loading, matching, notices, policies, runs, telling
from app.eligibility.models import Match, MatchRun
from app.foundation import clock as product_clock
from app.foundation import database, leases
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.notifications import queries as notifications
from app.notifications import service
from app.residents import consents, facts
from app.residents.facts import Said
from app.residents.models import Enterprise
from app.residents.subjects import own_subject
from app.residents.types import Purpose
from tests.app.eligibility.knowing import AS_OF, learn

ELDER = {"birth_date": "1944-03-07", "hukou_region": "500103"}
SEVERELY_DISABLED = {
    "disability_cert_valid": True,
    "disability_level": 2,
    "work_injury_nursing": False,
    "tekun": False,
}
CHAMPION = {"ent_region": "340100", "ent_industry_tags": "pv_storage", "ent_srdi_new": "champion"}


@pytest.fixture
def elders(sign_in):
    """`elders(3)`: people who qualify for 渝中区高龄补贴 and whom nobody has matched yet."""

    def make(count):
        found = [sign_in.resident() for _ in range(count)]
        with atomic():
            loading.load_policies()
            for one in found:
                consents.grant(one.id, Purpose.MATCHING)
                learn(one.id, **ELDER)
            database.session.execute(text("DELETE FROM eligibility_match"))
        return found

    return make


@pytest.fixture
def begin():
    def start(policy_id="cq-yuzhong-elder"):
        with atomic():
            return runs.start(policies.published(policy_id))

    return start


def counts(run_id):
    run = database.session.get(MatchRun, run_id, populate_existing=True)
    return run.state, dict(run.counts)


def told(people):
    return [len(notifications.inbox(person.id)) for person in people]


def test_everyone_is_evaluated_in_batches_and_told_once(elders, begin, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 2)
    people, run = elders(5), begin()
    assert runs.advance_due() == 3
    assert counts(run) == ("finished", {"evaluated": 5, "new": 5, "queued": 5})
    assert told(people) == [1] * 5
    assert runs.advance_due() == 0


def test_a_run_whose_worker_died_between_batches_goes_on_where_it_was(elders, begin, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 2)
    people, run = elders(5), begin()
    claimed = leases.claim(MatchRun, MatchRun.state == "running", limit=1, lease=runs.LEASE)
    with atomic():
        pass
    assert runs._advance(*claimed[0]) is True
    assert runs.advance_due() == 0  # the lease of the dead worker still stands
    with atomic():
        database.session.execute(text("UPDATE eligibility_match_run SET leased_until = '2000-01-01'"))
    assert runs.advance_due() == 2
    assert runs._advance(*claimed[0]) is False  # the dead worker wakes up and has nothing to say
    assert counts(run) == ("finished", {"evaluated": 5, "new": 5, "queued": 5})
    assert told(people) == [1] * 5


def test_a_batch_that_fails_leaves_nothing_half_done(elders, begin, monkeypatch):
    people, run = elders(3), begin()
    usual, calls = service.fits, []

    def third_time_unlucky(notice):
        calls.append(notice)
        if len(calls) == 3:
            raise RuntimeError("no")
        return usual(notice)

    monkeypatch.setattr(service, "fits", third_time_unlucky)
    with pytest.raises(RuntimeError):
        runs.advance_due()
    assert told(people) == [0] * 3
    assert counts(run) == ("running", {})
    with atomic():
        database.session.execute(text("UPDATE eligibility_match_run SET leased_until = '2000-01-01'"))
    runs.advance_due()
    assert told(people) == [1] * 3


def test_a_wording_that_fits_no_template_is_counted_and_stops_nobody(elders, begin, monkeypatch):
    people, run = elders(2), begin()
    unlucky, made = people[0].id, notices.match_notice

    def badly_worded(policy, assessment, subject_id, campaign_id):
        notice = made(policy, assessment, subject_id, campaign_id)
        spoilt = {**notice.values, "time4": "明天"} if subject_id == unlucky else notice.values
        return replace(notice, values=spoilt)

    monkeypatch.setattr(telling, "match_notice", badly_worded)
    runs.advance_due()
    assert counts(run)[1] == {"evaluated": 2, "new": 2, "queued": 1, "unfit_wording": 1}


def test_two_workers_at_once_tell_everybody_once(elders, begin, together, monkeypatch):
    monkeypatch.setattr(runs, "BATCH", 2)
    people, run = elders(9), begin()
    together(lambda _: runs.advance_due(), times=4)
    assert counts(run) == ("finished", {"evaluated": 9, "new": 9, "queued": 9})
    assert told(people) == [1] * 9


def test_a_run_and_the_person_themselves_at_the_same_moment_tell_them_once(
    elders, begin, together, monkeypatch
):
    monkeypatch.setattr(
        telling, "LOOKS_FOR", timedelta(0)
    )  # whose change comes after the run waits no longer
    people, run = elders(6), begin()

    def either(number):
        if number == 0:
            return runs.advance_due()
        with atomic():
            return runs.rematch(ResidentId(people[number - 1].id))

    assert [found for found in together(either, times=7) if isinstance(found, Exception)] == []
    runs.advance_due()  # whoever was faster than the run is told by the next worker that looks
    assert counts(run)[0] == "finished"
    assert told(people) == [1] * 6


def test_matching_twice_yields_nothing_new(elders):
    (person,) = elders(1)
    with atomic():
        assert len(matching.match_resident(ResidentId(person.id))) > 0
    with atomic():
        assert matching.match_resident(ResidentId(person.id)) == []


def test_who_withdrew_or_never_gave_consent_is_not_even_looked_at(elders, begin, sign_in):
    (person,) = elders(1)
    sign_in.resident()
    with atomic():
        consents.withdraw(person.id, Purpose.MATCHING)
    run = begin()
    runs.advance_due()
    assert counts(run) == ("finished", {})


@pytest.fixture
def represent():
    """`represent(person, "CODE", ent_region=…)`: an enterprise whose representative the person is."""

    def make(person, uscc, **known):
        with atomic():
            row = Enterprise(
                resident_id=person.id, uscc=uscc, name="测试企业", confirmed_at=product_clock.now()
            )
            database.session.add(row)
            database.session.flush()
            subject = own_subject(ResidentId(person.id), row.id)
            stated = {name: Said(value, "测试部门", AS_OF) for name, value in known.items()}
            facts.replace_registry(subject, stated, answered=["测试部门"])
        return row

    return make


def test_a_run_over_enterprises_tells_their_representatives(elders, begin, represent):
    boss, other = elders(2)
    first = represent(boss, "91340100MA2TEST01X", **CHAMPION)
    represent(boss, "91340100MA2TEST02Y", **CHAMPION | {"ent_srdi_new": "none"})
    run = begin("ah-pv-storage-srdi")
    runs.advance_due()
    state, found = counts(run)
    assert (state, found["evaluated"], found["new"], found["queued"]) == ("finished", 2, 1, 1)
    rows = database.session.execute(
        select(Match.subject_id, Match.outcome).where(Match.policy_id == "ah-pv-storage-srdi")
    ).all()
    assert rows == [(first.id, "eligible")]
    assert told([boss, other]) == [1, 0]


def test_an_enterprise_that_one_represents_no_more_is_nobodys_match(elders, represent):
    (boss,) = elders(1)
    enterprise = represent(boss, "91340100MA2TEST01X", **CHAMPION)
    with atomic():
        matching.match_resident(ResidentId(boss.id))
    with atomic():
        database.session.get(Enterprise, enterprise.id).ended_at = product_clock.now()
        database.session.flush()
        matching.match_resident(ResidentId(boss.id))
    about = select(func.count()).select_from(Match).where(Match.subject_id == enterprise.id)
    assert database.session.scalar(about) == 0


def test_a_run_of_a_version_that_was_replaced_meanwhile_stops(
    resident, author, approver, body, publish, session
):
    from tests.app.eligibility.conftest import draft, edit

    someone = resident()
    draft(author, body)
    publish(approver)
    edit(author, body | {"title": "改过的标题"})
    publish(approver)
    assert runs.advance_due() == 1
    states = session.execute(
        select(MatchRun.rule_version, MatchRun.state, MatchRun.counts).order_by(MatchRun.rule_version)
    ).all()
    assert states == [
        (1, "finished", {"stopped": 1}),
        (2, "finished", {"evaluated": 1, "new": 1, "queued": 1}),
    ]
    assert told([someone]) == [1]
