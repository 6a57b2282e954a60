"""What the generator delivers is what the product reads: one layout, and the same answers."""

import datetime as dt
from random import Random

import pytest

from app.eligibility.assessment import region_params
from app.eligibility.population import running
from app.eligibility.population.rulebook import region_at, subject_at
from app.residents import columnar, snapshots
from app.residents.types import SubjectKind
from app.rules.compilation import compile_condition
from app.rules.evaluation import evaluate
from app.rules.planes.answers import Answer
from app.rules.planes.kernel import unpacked
from tests.app.eligibility.population import people as some
from tests.support.deliveries import delivered

PERSON, PEOPLE, SAMPLE = SubjectKind.PERSON, 20_000, 400


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return delivered(tmp_path_factory.mktemp("delivery") / "out", people=PEOPLE, day=some.DAY)


def answer(truth):
    return Answer.UNKNOWN if truth is None else Answer.YES if truth else Answer.NO


def test_the_whole_population_is_read_and_matched_as_the_definition_and_the_closures_say(root, tmp_path):
    snapshot, book = snapshots.opened(root, PERSON, some.DAY), some.book()
    assert sum(part.rows for part in snapshot.parts) == PEOPLE
    result = running.run(snapshot, book, tmp_path / "results")
    found = sum(table.num_rows for table in result.changes())
    assert found > PEOPLE
    chance, compared = Random(3), 0  # noqa: S311 (a test wants the same sample again, not a secret)
    for part in snapshot.parts:
        answers, read = running.match_part(snapshot, part, book)
        planes = [
            (unpacked(yes, part.rows), unpacked(perhaps, part.rows))
            for yes, perhaps in zip(answers.planes.surely, answers.planes.possibly, strict=True)
        ]
        for row in chance.sample(range(part.rows), SAMPLE // 3):
            subject, params = subject_at(read.table, row), region_params(region_at(read.table, row))
            for policy, (yes, perhaps) in zip(book.policies, planes, strict=True):
                said = Answer.YES if yes[row] else Answer.UNKNOWN if perhaps[row] else Answer.NO
                defined = policy.in_force(some.DAY) and evaluate(
                    policy.conditions, subject, as_of=some.DAY, params=params
                )
                closure = policy.in_force(some.DAY) and compile_condition(
                    policy.conditions, as_of=some.DAY, params=params
                )(subject)
                assert said == answer(defined) == answer(closure), (policy.id, row)
                compared += 1
    assert compared > SAMPLE * 0.9 * len(book.policies)


def test_only_the_columns_that_the_rules_use_are_read(root):
    snapshot, book = snapshots.opened(root, PERSON, some.DAY), some.book()
    elders = book.only([place for place, policy in enumerate(book.policies) if "elder" in policy.id][:1])
    read = snapshot.read(snapshot.parts[0], elders.needed)
    assert set(read.table.columns) == {"birth_date", "hukou_region"}


def test_the_next_day_of_the_same_people_differs_by_the_calendar_alone(root, tmp_path):
    tomorrow = some.DAY + dt.timedelta(days=1)
    delivered(root, people=PEOPLE, day=tomorrow)
    first = running.run(snapshots.opened(root, PERSON, some.DAY), some.book(), tmp_path / "first")
    snapshot, book = snapshots.opened(root, PERSON, tomorrow), some.book(tomorrow)
    second = running.run(snapshot, book, tmp_path / "second", last=first)
    moved = [table for table in second.changes() if table.num_rows]
    assert 0 < sum(table.num_rows for table in moved) < PEOPLE // 100
    assert not (second.folder / running.CHANGES / running.DEPARTED).exists()


def test_enterprises_are_delivered_in_the_same_layout(root):
    snapshot = snapshots.opened(root, SubjectKind.ENTERPRISE, some.DAY)
    needed = columnar.Needed(frozenset({"ent_kind", "ent_assets"}), {})
    read = [snapshot.read(part, needed) for part in snapshot.parts]
    assert sum(part.table.size for part in read) == pytest.approx(PEOPLE * 0.13, abs=3)
