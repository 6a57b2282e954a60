import datetime as dt

import pytest

from app.eligibility.assessment import region_params
from app.eligibility.population import running
from app.eligibility.population.results import ResultFaulty
from app.eligibility.population.rulebook import subject_at
from app.residents.snapshots import SnapshotFaulty
from app.rules.amounts import assess_amount
from app.rules.evaluation import evaluate
from app.rules.explanation import explain
from app.rules.planes.answers import Answer
from tests.app.eligibility.population import people as some
from tests.app.eligibility.population.snapshots import snapshot

DAY, NEXT = some.DAY, some.DAY + dt.timedelta(days=1)


def said(result):
    """Every difference as (subject, policy, before, after)."""
    names = ("subject_id", "policy_id", "before", "after")
    return sorted(
        pair
        for table in result.changes()
        for pair in zip(*(table[name].to_pylist() for name in names), strict=True)
    )


def matches(rows, as_of, chosen=None):
    """What the definition says, one by one: (subject, policy) → answer, without the noes."""
    found = {}
    for row in rows:
        params = region_params(row.region)
        for policy in some.book(as_of, chosen).policies:
            truth = (
                evaluate(policy.conditions, row.values, as_of=as_of, params=params)
                if policy.in_force(as_of)
                else False
            )
            if truth is not False:
                found[row.subject_id.bytes, policy.id] = Answer.YES if truth else Answer.UNKNOWN
    return found


def expected(before, after):
    pairs = {key: (before.get(key, 0), after.get(key, 0)) for key in before.keys() | after.keys()}
    return sorted((*key, *pair) for key, pair in pairs.items() if pair[0] != pair[1])


@pytest.fixture(scope="module")
def rows():
    return some.rows(some.people(400))


def test_the_first_run_finds_what_the_definition_finds(tmp_path, rows):
    result = running.run(snapshot(tmp_path, rows), some.book(), tmp_path / "results")
    assert said(result) == expected({}, matches(rows, DAY))
    assert any(after == Answer.YES for *_, after in said(result))


def test_matching_the_same_data_twice_yields_nothing(tmp_path, rows):
    made = snapshot(tmp_path, rows)
    first = running.run(made, some.book(), tmp_path / "first")
    second = running.run(made, some.book(), tmp_path / "second", last=running.opened(first.folder))
    assert said(second) == []


def test_the_next_day_yields_exactly_what_is_other(tmp_path, rows):
    first = running.run(snapshot(tmp_path, rows), some.book(), tmp_path / "first")
    changed = some.people(20, seed=11)
    later = [*some.rows([*changed, *(row.values for row in rows[20:390])], changed_on=dt.date(2026, 12, 1))]
    later += some.rows(some.people(410, seed=12))[400:]  # ten left, ten came
    second = running.run(snapshot(tmp_path, later, NEXT), some.book(NEXT), tmp_path / "second", last=first)
    found = [one for one in said(second) if one[2] != one[3]]
    assert found == expected(matches(rows, DAY), matches(later, NEXT))
    again = {one[0] for one in said(second) if one[2] == one[3]}
    assert again <= {row.subject_id.bytes for row in later[:20]} | {row.subject_id.bytes for row in later}


def test_whoever_moves_to_another_partition_is_neither_lost_nor_new(tmp_path, rows):
    first = running.run(snapshot(tmp_path, rows), some.book(), tmp_path / "first")
    moved = some.rows([row.values for row in rows], changed_on=dt.date(2026, 12, 2))
    second = running.run(snapshot(tmp_path, moved), some.book(), tmp_path / "second", last=first)
    assert said(second) == []


def test_a_policy_that_ends_is_lost_by_all_who_had_it(tmp_path, rows):
    made = snapshot(tmp_path, rows)
    first = running.run(made, some.book(), tmp_path / "first")
    had = {policy for _, policy, _, after in said(first) if after == Answer.YES}
    ended = min(had)
    rest = [policy for policy in some.policies() if policy.id != ended]
    second = running.run(made, some.book(chosen=rest), tmp_path / "second", last=first)
    assert said(second) == expected(matches(rows, DAY), matches(rows, DAY, rest))


def test_a_run_that_died_goes_on_with_the_same_result(tmp_path, rows, monkeypatch):
    made = snapshot(tmp_path, rows)
    whole = said(running.run(made, some.book(), tmp_path / "whole"))
    last = made.folder / made.parts[-1].path
    kept = last.read_bytes()
    last.write_bytes(kept[:-1])
    with pytest.raises(SnapshotFaulty):
        running.run(made, some.book(), tmp_path / "died")
    with pytest.raises(ResultFaulty):
        running.opened(tmp_path / "died")
    first = tmp_path / "died" / running.ANSWERS / made.parts[0].path
    written = first.stat().st_mtime_ns
    last.write_bytes(kept)
    resumed = running.run(made, some.book(), tmp_path / "died")
    assert said(resumed) == whole
    assert first.stat().st_mtime_ns == written, "what was finished is not done again"


def test_a_result_of_other_inputs_is_not_taken_for_this_one(tmp_path, rows):
    made = snapshot(tmp_path, rows)
    running.run(made, some.book(chosen=some.policies()[:5]), tmp_path / "results")
    again = running.run(made, some.book(), tmp_path / "results")
    assert said(again) == expected({}, matches(rows, DAY))


def test_a_folder_that_was_whole_is_not_while_another_run_goes_into_it(tmp_path, rows):
    made = snapshot(tmp_path, rows)
    running.run(made, some.book(chosen=some.policies()[:5]), tmp_path / "results")
    last = made.folder / made.parts[-1].path
    last.write_bytes(last.read_bytes()[:-1])
    with pytest.raises(SnapshotFaulty):
        running.run(made, some.book(), tmp_path / "results")
    with pytest.raises(ResultFaulty):
        running.opened(tmp_path / "results")


@pytest.mark.parametrize("kind", [running.ANSWERS, running.CHANGES])
def test_a_result_with_a_file_of_another_run_or_without_one_is_not_opened(tmp_path, rows, kind):
    made = snapshot(tmp_path, rows)
    result = running.run(made, some.book(), tmp_path / "results")
    other = running.run(made, some.book(chosen=some.policies()[:5]), tmp_path / "other")
    path = result.folder / kind / result.parts[-1]
    path.write_bytes((other.folder / kind / result.parts[-1]).read_bytes())
    with pytest.raises(ResultFaulty) as refused:
        running.opened(result.folder)
    assert "不是同一次匹配" in refused.value.message
    path.unlink()
    with pytest.raises(ResultFaulty):
        running.opened(result.folder)


def test_a_bit_that_flips_in_a_result_is_noticed(tmp_path, rows):
    result = running.run(snapshot(tmp_path, rows), some.book(), tmp_path / "results")
    largest = max(result.parts, key=lambda part: len(result.answers(part).ids))
    path = result.folder / running.ANSWERS / largest
    kept = path.read_bytes()
    begin = kept.index(result.answers(largest).known[1:4].tobytes())  # too random to be compressed
    for place in range(begin, begin + 24):
        path.write_bytes(kept[:place] + bytes([kept[place] ^ 1]) + kept[place + 1 :])
        with pytest.raises(ResultFaulty):
            running.opened(result.folder).answers(largest)


def test_a_damaged_result_is_refused(tmp_path, rows):
    made = snapshot(tmp_path, rows)
    result = running.run(made, some.book(), tmp_path / "results")
    path = result.folder / running.ANSWERS / result.parts[0]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ResultFaulty):
        running.run(made, some.book(), tmp_path / "second", last=running.opened(result.folder))


def test_a_row_is_a_subject_again_with_amount_and_what_is_missing(tmp_path, rows):
    made, book = snapshot(tmp_path, rows), some.book()
    by_id = {row.subject_id.bytes: row for row in rows}
    for part in made.parts:
        found, read = running.match_part(made, part, book)
        for row in range(read.table.size):
            known = by_id[bytes(found.ids[row]).ljust(16, b"\0")]
            subject = subject_at(read.table, row)
            assert subject == {name: value for name, value in known.values.items() if name in subject}
            context = {"as_of": DAY, "params": region_params(known.region)}
            for place, policy in enumerate(book.policies):
                told = explain(policy.conditions, known.values, **context).missing
                assert book.missing(place, read.table, row) == told
                assert book.amount(place, read.table, row) == assess_amount(
                    policy.benefit, known.values, **context
                )
        break


def test_an_amount_that_a_birthday_enlarges_is_looked_at_again(tmp_path):
    elder = {"birth_date": dt.date(1936, 11, 26), "hukou_region": "500103"}  # 90 on the next day
    (row,) = some.rows([elder])
    first = running.run(snapshot(tmp_path, [row]), some.book(), tmp_path / "first")
    second = running.run(snapshot(tmp_path, [row], NEXT), some.book(NEXT), tmp_path / "second", last=first)
    again = {policy for _, policy, before, after in said(second) if before == after == Answer.YES}
    assert again == {"cq-yuzhong-elder"}
