"""Before anyone is told: who would match, by who they are, against what is in force, in masked examples."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.eligibility import trials
from app.eligibility.models import Trial
from app.eligibility.tallies import SAMPLES, Tally, Traits, rank_of
from app.eligibility.types import Outcome, TrialKind
from app.foundation import database, leases
from app.foundation.transaction import atomic
from app.identity.types import Role
from tests.app.eligibility.conftest import draft, edit, preview

POLICY = "cq-yuzhong-new"


def trial():
    return database.session.query(Trial).populate_existing().one()


def test_people_are_counted_by_region_age_band_and_sex_with_what_is_missing(
    author, resident, body, every_cell
):
    resident(birth_date="1944-03-07", hukou_region="500103", gender="2")
    resident(birth_date="1930-03-07", hukou_region="500112", residence_region="500103", gender="1")
    resident(hukou_region="500103")
    draft(author, body)
    counted = preview(author, POLICY)
    assert counted["population"] == 3
    assert counted["by_region"] == {"500103": {"eligible": 1, "ineligible": 1, "undetermined": 1}}
    assert counted["by_age"]["80-89"]["eligible"] == 1
    assert counted["by_age"]["90+"] == {"eligible": 0, "ineligible": 1, "undetermined": 0}
    assert counted["by_age"]["unknown"]["undetermined"] == 1
    assert (counted["by_sex"]["2"]["eligible"], counted["by_sex"]["unknown"]["undetermined"]) == (1, 1)
    assert counted["missing"] == {"birth_date": 1}
    assert counted["comparison"] is None


def test_the_examples_are_masked(author, resident, body, every_cell):
    resident(birth_date="1944-03-07", hukou_region="500103", dibao=True)
    conditions = {
        "all": [
            {"fact": "birth_date", "op": "le", "value": "1950-01-01"},
            {"fact": "hukou_region", "op": "prefix", "value": "500103"},
            {"fact": "dibao", "op": "eq", "value": True},
        ]
    }
    draft(author, body | {"conditions": conditions})
    (sample,) = preview(author, POLICY)["samples"]
    assert [reason["value"] for reason in sample["reasons"]] == ["1944年", "重庆市", "已核验（内容不展示）"]
    assert {reason["outcome"] for reason in sample["reasons"]} == {"met"}
    assert "03-07" not in str(trial().tally)


def test_a_changed_rule_says_who_gains_and_who_loses_against_the_one_in_force(
    author, approver, resident, body, publish, every_cell
):
    resident(birth_date="1944-03-07", hukou_region="500103")
    resident(birth_date="1960-01-01", hukou_region="500103")
    resident(birth_date="1960-01-01", hukou_region="500103", residence_region="500112")
    draft(author, body)
    publish(approver)
    between = {"fact": "age", "op": "between", "value": [60, 79]}
    edit(author, body | {"conditions": between})
    assert preview(author, POLICY)["comparison"] == {
        "rule_version": 1,
        "gained": 2,
        "lost": 1,
        "gained_by_region": {"500103": 1, "500112": 1},
        "lost_by_region": {"500103": 1},
    }


def people(resident, number, **known):
    for _ in range(number):
        resident(**known)


def test_numbers_about_a_handful_of_people_are_hidden_and_cannot_be_worked_out(author, resident, body):
    people(resident, 5, birth_date="1944-03-07", hukou_region="500103", gender="2")
    people(resident, 6, birth_date="1930-03-07", hukou_region="500103", gender="1")
    people(resident, 2, birth_date="1944-03-07", hukou_region="500112", gender="1")
    draft(author, body)
    counted = preview(author, POLICY)
    assert counted["outcomes"] == {"eligible": 11, "ineligible": 2, "undetermined": 0}
    assert (counted["smallest_cell"], counted["withheld"]) == (5, [])
    few, many = counted["by_region"]["500112"], counted["by_region"]["500103"]
    assert (few["ineligible"], many["ineligible"], many["eligible"]) == (None, None, 11)
    assert {row["ineligible"] for row in counted["by_age"].values()} == {None}
    assert trial().tally["by_region"]["500112"]["ineligible"] == 2


def test_the_examples_are_of_nobody_who_is_one_of_a_handful(author, resident, body):
    people(resident, 6, birth_date="1944-03-07", hukou_region="500103", gender="2")
    people(resident, 7, birth_date="1944-03-07", hukou_region="500103", gender="1")
    people(resident, 7, birth_date="1944-03-07", hukou_region="500112", gender="1")
    people(resident, 2, birth_date="1960-03-07", hukou_region="500103", gender="1")
    draft(author, body)
    samples = preview(author, POLICY)["samples"]
    kept = trial().tally["samples"]
    assert (len(kept["eligible"]), len(kept["ineligible"])) == (13, 9)
    assert {sample["outcome"] for sample in samples} == {"eligible"}


def test_who_gains_is_not_told_by_region_where_it_is_a_handful(author, approver, resident, body, publish):
    people(resident, 6, birth_date="1944-03-07", hukou_region="500103")
    people(resident, 2, birth_date="1960-01-01", hukou_region="500103")
    draft(author, body)
    publish(approver)
    edit(author, body | {"conditions": {"fact": "age", "op": "ge", "value": 60}})
    counted = preview(author, POLICY)
    assert "comparison" in counted["withheld"]
    found = counted["comparison"]
    assert (found["gained"], found["gained_by_region"], found["lost_by_region"]) == (2, {}, {})


def test_a_rule_that_begins_later_is_tried_on_the_day_it_begins(clock, author, resident, body):
    resident(birth_date="1946-08-01", hukou_region="500103")
    draft(author, body | {"valid_from": "2026-08-01"})
    counted = preview(author, POLICY)
    assert (counted["days"], counted["outcomes"]["eligible"]) == (["2026-08-01"], 1)


def test_asking_for_the_same_preview_twice_begins_it_once(author, approver, body):
    draft(author, body)
    path = f"/api/v1/staff/policies/{POLICY}/preview"
    first, second = author.post(path), approver.post(path)
    assert (first.status_code, first.json) == (202, second.json)
    trials.advance_due()
    assert author.post(path).json != first.json


def test_a_draft_that_changes_meanwhile_leaves_its_preview_outdated(author, body):
    draft(author, body)
    begun = author.post(f"/api/v1/staff/policies/{POLICY}/preview").json["id"]
    edit(author, body | {"title": "改过的标题"})
    trials.advance_due()
    found = author.get(f"/api/v1/staff/previews/{begun}").json
    assert (found["state"], found["current"]) == ("outdated", False)


def test_a_preview_whose_worker_died_goes_on_where_it_was_and_counts_nobody_twice(
    author, resident, body, monkeypatch
):
    monkeypatch.setattr(trials, "BATCH", 2)
    for _ in range(5):
        resident()
    draft(author, body)
    author.post(f"/api/v1/staff/policies/{POLICY}/preview")
    with atomic():
        ((claimed, number),) = leases.claim(Trial, Trial.state == "running", limit=1, lease=trials.LEASE)
    assert trials._advance(claimed, number) is True
    assert trials.advance_due() == 0  # the lease of the dead worker still stands
    with atomic():
        database.session.execute(text("UPDATE eligibility_trial SET leased_until = '2000-01-01'"))
    assert trials.advance_due() == 2
    assert trials._advance(claimed, number) is False  # the dead worker wakes up and has nothing to say
    assert (trial().state, trial().tally["outcomes"]["eligible"]) == ("finished", 5)


def test_a_preview_is_nothing_to_officers_of_another_region_or_role(author, sign_in, body):
    draft(author, body)
    begun = author.post(f"/api/v1/staff/policies/{POLICY}/preview").json["id"]
    elsewhere = sign_in.officer(Role.POLICY_AUTHOR, region_code="500112").client
    assert elsewhere.post(f"/api/v1/staff/policies/{POLICY}/preview").status_code == 403
    assert elsewhere.get(f"/api/v1/staff/previews/{begun}").status_code == 404
    assert author.get(f"/api/v1/staff/previews/{uuid4()}").status_code == 404
    assert sign_in.officer().client.get(f"/api/v1/staff/previews/{begun}").status_code == 403


def test_a_preview_of_an_enterprises_rule_knows_no_ages(author, body):
    rule = {"fact": "ent_employees", "op": "lt", "value": 20}
    draft(author, body | {"audience": "enterprise", "conditions": rule, "benefit": {"type": "service"}})
    counted = preview(author, POLICY)
    assert (counted["population"], counted["by_age"], counted["by_sex"]) == (0, {}, {})


def test_the_kinds_of_trials_are_those_the_database_knows():
    assert {kind.value for kind in TrialKind} == {"preview", "retrospection"}


@given(st.lists(st.sampled_from(list(Outcome)), max_size=60), st.randoms())
def test_the_examples_do_not_depend_on_the_order_people_come_in(outcomes, chance):
    people = [(UUID(int=number), outcome) for number, outcome in enumerate(outcomes)]
    chosen = []
    for _ in range(2):
        tally = Tally()
        for person, outcome in people:
            rank = rank_of(UUID(int=7), person)
            if tally.wants_sample(outcome, rank):
                told = {"outcome": outcome.value, "who": str(person)}
                tally.sample(outcome, rank, told, Traits("500103", "80-89", "2"))
        chosen.append(tally.chosen_samples(shown=lambda *_: True))
        chance.shuffle(people)
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == min(len(people), SAMPLES)
