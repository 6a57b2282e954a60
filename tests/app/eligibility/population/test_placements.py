import datetime as dt
import os
import signal
import sys

import pytest

from app.eligibility.population import running
from app.eligibility.population.placement import Interrupted, PlacementUnknown, Serial
from app.eligibility.population.placing import placed
from app.eligibility.population.processes import Processes
from app.residents.snapshots import SnapshotFaulty
from tests.app.eligibility.population import people as some
from tests.app.eligibility.population.snapshots import contents, snapshot

NEXT = some.DAY + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def pool():
    with Processes(2) as processes:
        yield processes


def test_several_processes_give_the_serial_result_to_the_byte(tmp_path, pool):
    made = snapshot(tmp_path, some.rows(some.people(300)))
    serial = running.run(made, some.book(), tmp_path / "serial")
    placed_there = running.run(made, some.book(), tmp_path / "placed", placement=pool)
    assert contents(placed_there.folder) == contents(serial.folder)
    moved = (
        some.rows(some.people(250), changed_on=dt.date(2026, 12, 1)) + some.rows(some.people(320, 3))[300:]
    )
    later = snapshot(tmp_path, moved, NEXT)
    serial_next = running.run(later, some.book(NEXT), tmp_path / "serial-next", last=serial)
    placed_next = running.run(later, some.book(NEXT), tmp_path / "next", last=placed_there, placement=pool)
    assert contents(placed_next.folder) == contents(serial_next.folder)
    assert running.DEPARTED in {path.rpartition("/")[2] for path in contents(placed_next.folder)}


def test_a_refusal_comes_back_whole_and_the_other_partitions_are_finished(tmp_path, pool):
    made = snapshot(tmp_path, some.rows(some.people(300)))
    damaged = made.folder / made.parts[0].path
    kept = damaged.read_bytes()
    damaged.write_bytes(kept[:-1])
    with pytest.raises(SnapshotFaulty) as refused:
        running.run(made, some.book(), tmp_path / "placed", placement=pool)
    assert "与清单不符" in refused.value.message
    finished = list((tmp_path / "placed" / running.CHANGES).rglob("*.parquet"))
    assert len(finished) == len(made.parts) - 1


def dies(_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_work_that_kills_whoever_does_it_is_given_up(pool):
    with pytest.raises(Interrupted):
        pool.each(dies, [1, 2])
    assert pool.each(str, [1, 2]) == ["1", "2"], "and the pool works on"


def test_a_fault_of_the_program_is_no_interruption(pool):
    with pytest.raises(ZeroDivisionError):
        pool.each((1).__truediv__, [1, 0])


def test_the_setting_names_where_to_work():
    assert isinstance(placed("serial"), Serial)
    assert placed("processes:3").number == 3
    for setting in ("", "processes:0", "processes:", "spark", "threads:2", "spark: "):
        with pytest.raises(PlacementUnknown):
            placed(setting)


def test_spark_that_is_not_installed_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)  # as where it is absent, also where it is not
    with pytest.raises(PlacementUnknown) as missing:
        placed("spark:spark://host:7077")
    assert "requirements-spark.txt" in missing.value.message


def test_a_machine_with_another_program_or_catalogue_is_refused(tmp_path):
    made = snapshot(tmp_path, some.rows(some.people(20)))
    task = running.Task(
        made, some.book(), tmp_path / "result", "key", "another", undetermined=True, last=None
    )
    with pytest.raises(running.AnotherEdition):
        task.match((made.parts[0], ()))
