"""A day's run, from the facts of everybody to their inboxes: who is found, told, lost, left alone."""

import datetime as dt

import pytest
from sqlalchemy import select, text

from app.eligibility import daily_runs, loading, telling
from app.eligibility.models import DailyRun, Match, News
from app.eligibility.population import applying, daily
from app.foundation import clock as product_clock
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import ResidentId, Role
from app.residents import consents, facts
from app.residents.facts import Said
from app.residents.models import Enterprise
from app.residents.subjects import own_subject
from app.residents.types import Purpose
from tests.app.eligibility.knowing import AS_OF, learn

NEARLY_80 = {"birth_date": "1946-06-16", "hukou_region": "500103"}
"""Eighty on 2026-06-16, the day after the town's first morning."""
ELDER = {"birth_date": "1940-03-07", "hukou_region": "500103"}
CHAMPION = {"ent_region": "340100", "ent_industry_tags": "pv_storage", "ent_srdi_new": "champion"}


@pytest.fixture
def folder(settings, tmp_path):
    """Where snapshots and results lie; runs are open from four in the morning on."""
    daily_runs.use(settings.model_copy(update={"snapshot_folder": tmp_path / "snapshots"}))
    yield tmp_path / "snapshots"
    daily_runs.use(settings)


@pytest.fixture
def run_day(folder):
    """`run_day()`: the job of the clock, then the process that it starts; returns the run over persons."""

    def run(scope="person", *, anew=False):
        with atomic():
            (daily_runs.open_now if anew else daily_runs.open_due)()
        daily.advance_due()
        database.session.expire_all()
        query = select(DailyRun).where(DailyRun.scope == scope, DailyRun.as_of == product_clock.today())
        return database.session.scalar(query)

    return run


def told(town, person):
    return [message["title"] for message in town.inbox(town.again(person))]


def outcome(person, policy="cq-winter"):
    return database.session.scalar(
        select(Match.outcome).where(Match.resident_id == person.id, Match.policy_id == policy)
    )


def test_somebody_who_turns_eighty_tonight_is_found_by_the_nights_run_and_told(town, run_day):
    elder, nearly = town.person(), town.person(**NEARLY_80)
    run = town.publish()
    assert run_day().state == "finished"
    assert (told(town, elder), told(town, nearly)) == (["您可以享受：cq-winter慰问金"], [])
    town.clock.advance(days=1)
    found = run_day()
    assert (found.state, found.last) == ("finished", "2026-06-15/person-result-1")
    assert {name: found.counts[name] for name in ("subjects", "asked", "new", "queued")} == {
        "subjects": 2, "asked": 1, "new": 1, "queued": 1,
    }  # fmt: skip
    assert told(town, nearly) == ["您可以享受：cq-winter慰问金"]
    town.push()
    assert [data["thing1"] for data in town.phone(nearly)] == ["cq-winter慰问金"]
    account = town.account(run)
    assert account["newly_eligible"] == 2
    town.clock.advance(days=1)
    again = run_day()
    assert (again.counts["subjects"], again.counts.get("asked", 0)) == (2, 0)
    assert told(town, nearly) == ["您可以享受：cq-winter慰问金"]


def test_a_first_day_asks_nobody_whose_match_says_the_same_already(town, run_day):
    everybody = [town.person() for _ in range(3)]
    town.publish()
    found = run_day()
    assert found.last is None
    assert (found.counts["looked_at"] >= 3, found.counts.get("asked", 0)) == (True, 0)
    assert [told(town, one) for one in everybody] == [["您可以享受：cq-winter慰问金"]] * 3


def test_who_is_too_old_tonight_has_lost_it_and_a_push_that_waits_does_not_leave(town, run_day):
    young = {"all": [{"fact": "age", "op": "lt", "value": 80}]}
    person = town.person(**NEARLY_80)
    town.publish(conditions=young)
    run_day()
    assert outcome(person) == "eligible"
    town.clock.advance(days=1)
    assert run_day().counts["lost"] == 1
    assert outcome(person) == "ineligible"
    town.push()
    assert town.phone(person) == []
    assert town.note(town.again(person))[0] == "suppressed"


def test_a_first_day_finds_what_is_stored_and_holds_no_more(town, run_day):
    young = {"all": [{"fact": "age", "op": "lt", "value": 80}]}
    person = town.person(**NEARLY_80)
    town.publish(conditions=young)
    town.clock.advance(days=1)
    found = run_day()
    assert (found.last, found.counts["lost"], outcome(person)) == (None, 1, "ineligible")


def test_a_policy_whose_last_day_was_yesterday_is_lost(town, run_day):
    person = town.person()
    town.publish(valid_to="2026-06-15")
    run_day()
    town.clock.advance(days=1)
    assert run_day().counts["lost"] == 1
    assert outcome(person) == "ineligible"


def test_who_withdraws_between_the_snapshot_and_the_apply_has_no_match_and_no_message(
    town, folder, run_day, monkeypatch
):
    person, other = town.person(**NEARLY_80), town.person(**NEARLY_80)
    town.publish()
    run_day()
    town.clock.advance(days=1)
    usual = applying.apply

    def late(*arguments, **more):
        with atomic():
            consents.withdraw(ResidentId(person.id), Purpose.MATCHING)
        return usual(*arguments, **more)

    monkeypatch.setattr(applying, "apply", late)
    found = run_day()
    assert (found.counts["withdrawn"], found.counts["new"]) == (1, 1)
    assert (outcome(person), outcome(other)) == (None, "eligible")
    assert (told(town, person), len(told(town, other))) == ([], 1)


def test_what_is_written_is_true_now_not_in_the_snapshot(town, run_day, monkeypatch):
    person = town.person(**NEARLY_80)
    town.publish()
    run_day()
    town.clock.advance(days=1)
    usual = applying.apply

    def late(*arguments, **more):
        with atomic():
            learn(person.id, **NEARLY_80 | {"birth_date": "1980-01-01"})
        return usual(*arguments, **more)

    monkeypatch.setattr(applying, "apply", late)
    assert run_day().counts.get("new", 0) == 0
    assert (outcome(person), told(town, person)) == (None, [])


def test_an_enterprise_is_found_for_whoever_represents_it(sign_in, clock, session, run_day):
    boss = sign_in.resident()
    with atomic():
        consents.grant(boss.id, Purpose.MATCHING)
        row = Enterprise(
            resident_id=boss.id, uscc="91340100MA2TEST01X", name="测试企业", confirmed_at=product_clock.now()
        )
        database.session.add(row)
        database.session.flush()
        subject = own_subject(ResidentId(boss.id), row.id)
        stated = {name: Said(value, "测试部门", AS_OF) for name, value in CHAMPION.items()}
        facts.replace_registry(subject, stated, answered=["测试部门"])
    with atomic():
        loading.load_policies()
    found = run_day("enterprise")
    assert (found.state, found.counts["new"]) == ("finished", 1)
    (match,) = session.scalars(select(Match).where(Match.outcome == "eligible"))
    assert (match.resident_id, match.subject_id, match.policy_id) == (boss.id, row.id, "ah-pv-storage-srdi")


def test_the_news_of_a_day_stand_in_the_account_of_the_policys_version(town, run_day):
    with atomic():
        database.session.execute(text("DELETE FROM eligibility_match"))
    elder = town.person(dibao=True)
    run = town.publish(run=False, conditions={"fact": "dibao", "op": "eq", "value": True})
    with atomic():
        database.session.execute(
            text("UPDATE eligibility_match_run SET state = 'finished', finished_at = now()")
        )
    found = run_day()
    assert (found.counts["new"], found.counts["queued"]) == (1, 1)
    account = town.account(run)
    assert (account["newly_eligible"], account["evaluated"], account["waiting"]) == (1, 0, {"queued": 1})
    rows = database.session.scalars(select(News)).all()
    assert [(row.resident_id, row.run_id) for row in rows] == [(elder.id, run)]


def test_a_day_run_again_by_hand_is_compared_with_itself(town, run_day):
    town.person()
    town.publish()
    first = run_day()
    assert (first.rounds, first.result) == (1, "2026-06-15/person-result-1")
    again = run_day(anew=True)
    assert (again.state, again.rounds, again.last) == ("finished", 2, "2026-06-15/person-result-1")
    assert again.result == "2026-06-15/person-result-2"
    assert again.counts.get("looked_at", 0) == 0


def test_a_machine_that_was_off_runs_the_latest_day_alone(town, run_day, folder):
    town.person()
    town.publish()
    with atomic():
        daily_runs.open_due()
    town.clock.advance(days=3)
    assert run_day().state == "finished"
    states = database.session.execute(
        select(DailyRun.as_of, DailyRun.state).where(DailyRun.scope == "person").order_by(DailyRun.as_of)
    ).all()
    assert states == [(dt.date(2026, 6, 15), "superseded"), (dt.date(2026, 6, 18), "finished")]


def test_a_day_begins_at_its_hour_and_once(town, folder):
    town.clock.advance(hours=-7)  # three in the morning
    with atomic():
        assert daily_runs.open_due() == 0
    town.clock.advance(hours=1)
    with atomic():
        assert daily_runs.open_due() == 2
    with atomic():
        assert daily_runs.open_due() == 0


def test_old_days_are_discarded_and_two_results_stay(town, run_day, folder):
    town.person()
    town.publish()
    for _ in range(4):
        assert run_day().state == "finished"
        town.clock.advance(days=1)
    kept = sorted(one.name for one in folder.iterdir() if one.is_dir())
    assert kept == ["2026-06-17", "2026-06-18"]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("snapshot file cut short", "snapshot.faulty"),
        ("snapshot of another day", "snapshot.another_day"),
        ("last result cut short", "match_result.faulty"),
        ("last result unfinished", "match_result.faulty"),
        ("last result of another day", "match_result.another_day"),
        ("difference cut short", "match_result.faulty"),
        ("folder is a file", "daily_run.disk"),
    ],
)
def test_a_day_on_bad_ground_fails_with_the_reason_and_writes_nothing(
    town, run_day, folder, damage, code, monkeypatch
):
    person = town.person(**NEARLY_80)
    town.publish()
    run_day()
    town.clock.advance(days=1)
    spoil(damage, folder, monkeypatch)
    failed = run_day()
    assert (failed.state, failed.error_code) == ("failed", code)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in failed.error)
    assert (outcome(person), told(town, person)) == (None, [])
    assert daily_runs.newest_result("person") == "2026-06-15/person-result-1"
    monkeypatch.undo()
    repair(damage, folder)
    assert run_day(anew=True).state == "finished"
    assert told(town, person) == ["您可以享受：cq-winter慰问金"]


def spoil(damage, folder, monkeypatch):
    """Do to the second day what a disk, an operator or another system might."""
    if damage == "folder is a file":
        (folder / "2026-06-16").write_bytes(b"")
    elif damage.startswith("last result"):
        spoil_last(damage, folder / "2026-06-15" / "person-result-1")
    else:
        spoil_today(damage, folder, monkeypatch)


def spoil_last(damage, result):
    manifest = result / "manifest.json"
    match damage:
        case "last result cut short":
            cut(next((result / "answers").rglob("*.parquet")))
        case "last result unfinished":
            manifest.unlink()
        case _:
            manifest.write_text(manifest.read_text().replace("2026-06-15", "2026-06-14"))


def spoil_today(damage, folder, monkeypatch):
    """Between two stages, as a disk does it."""
    stage = "applying" if damage == "difference cut short" else "matching"
    usual, today = daily.STAGES[stage], folder / "2026-06-16" / "person"

    def late(run):
        if run.scope == "person":
            match damage:
                case "snapshot file cut short":
                    cut(next(today.rglob("*.parquet")))
                case "snapshot of another day":
                    manifest = today / "manifest.json"
                    manifest.write_text(manifest.read_text().replace("2026-06-16", "2026-06-15"))
                case _:
                    cut(next((folder / run.result / "changes").rglob("*.parquet")))
        return usual(run)

    monkeypatch.setitem(daily.STAGES, stage, late)


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def repair(damage, folder):
    """What the runbook says: free the place, or take a damaged result away."""
    if damage == "folder is a file":
        (folder / "2026-06-16").unlink()
    elif damage.startswith("last result"):
        (folder / "2026-06-15" / "person-result-1").rename(folder / "damaged")


def test_a_run_that_dies_without_a_word_too_often_is_given_up(town, folder, monkeypatch):
    with atomic():
        daily_runs.open_due()
        database.session.execute(text("UPDATE eligibility_daily_run SET tries = 99"))
    daily.advance_due()
    database.session.expire_all()
    rows = database.session.scalars(select(DailyRun)).all()
    assert {(row.state, row.error_code) for row in rows} == {("failed", "daily_run.gave_up")}


def test_whoever_lost_the_run_writes_nothing_more(town, run_day, folder):
    person = town.person(**NEARLY_80)
    town.publish()
    run_day()
    town.clock.advance(days=1)
    with atomic():
        daily_runs.open_due()
    usual = applying.apply
    stolen = []

    def taken_over(*arguments, **more):
        if not stolen:
            stolen.append(True)
            with atomic():
                database.session.execute(text("UPDATE eligibility_daily_run SET attempts = attempts + 1"))
        return usual(*arguments, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(applying, "apply", taken_over)
        daily.advance_due()
    assert outcome(person) is None
    with atomic():
        database.session.execute(text("UPDATE eligibility_daily_run SET leased_until = '2000-01-01'"))
    daily.advance_due()
    assert told(town, person) == ["您可以享受：cq-winter慰问金"]
    telling.tell_due()
    assert len(told(town, person)) == 1


def test_operators_read_the_days_page_by_page_and_in_the_metrics(town, run_day, sign_in):
    town.person()
    town.publish()
    for _ in range(3):
        run_day()
        town.clock.advance(days=1)
    operator = sign_in.officer(Role.OPERATOR).client
    found, cursor = [], ""
    while cursor is not None:
        reply = operator.get(f"/api/v1/staff/daily-runs?page_size=4{cursor and f'&cursor={cursor}'}").json
        found += [(item["as_of"], item["scope"], item["state"]) for item in reply["items"]]
        cursor = reply["next_cursor"]
    days = ("2026-06-17", "2026-06-16", "2026-06-15")
    assert found == [(day, scope, "finished") for day in days for scope in ("person", "enterprise")]
    assert sign_in.resident().client.get("/api/v1/staff/daily-runs").status_code == 403
    assert sign_in.officer(Role.CASE_OFFICER).client.get("/api/v1/staff/daily-runs").status_code == 403
    metrics = operator.get("/metrics").text
    assert 'zsb_daily_run_age_seconds{scope="person",state="finished"} 86400.0' in metrics


def test_an_amount_that_a_birthday_enlarges_is_written_and_told_nobody_twice(town, run_day):
    person = town.person(birth_date="1936-06-16")
    town.publish()
    run_day()
    amount = select(Match.amount["text"].astext).where(Match.resident_id == person.id)
    before = database.session.scalar(amount)
    town.clock.advance(days=1)
    assert run_day().counts["changed"] == 1
    database.session.expire_all()
    assert database.session.scalar(amount) != before
    assert len(told(town, person)) == 1
