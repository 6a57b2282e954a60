"""Executors die, files are damaged, folders are mixed up: a resumed run or a clear error, to the byte."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from app.eligibility.population import running
from app.eligibility.population.placement import Interrupted
from app.eligibility.population.results import ResultFaulty
from app.residents import snapshots
from app.residents.snapshots import SnapshotFaulty, SnapshotOfAnotherDay
from tests.app.eligibility.population import people as some
from tests.app.eligibility.population.snapshots import PERSON, contents, two_days
from tests.support.below import below
from tests.support.sources import ROOT

EXECUTOR, PYTHON = "CoarseGrainedExecutorBackend", "pyspark.daemon"
PATIENCE = 300


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return two_days(tmp_path_factory.mktemp("population"))


def killed_at_the_first_file(into, command):
    """Kill -9 the newest process of a kind as soon as the first partition is answered."""

    def wait():
        end = time.monotonic() + PATIENCE
        while not (into.exists() and any(into.rglob("*.parquet"))):
            assert time.monotonic() < end, "nothing was written"
            time.sleep(0.001)
        killed.append(max(pid for pid, said in below() if command in said))
        os.kill(killed[-1], signal.SIGKILL)
        there.append(len(list(into.rglob("*.parquet"))))

    killed, there = [], []
    killer = threading.Thread(target=wait)
    killer.start()
    return killer, killed, there


@pytest.mark.parametrize("kind", [EXECUTOR, PYTHON])
def test_what_an_executor_did_when_it_was_killed_is_done_again_with_the_same_result(
    made, tmp_path, cluster, kind
):
    today, last, whole = made
    into = tmp_path / "result"
    killer, killed, there = killed_at_the_first_file(into, kind)
    result = running.run(today, some.book(), into, last=last, placement=cluster)
    killer.join()
    assert there[0] < len(whole) - 1, "it was not killed in the middle"
    assert killed[0] not in [pid for pid, _ in below()]
    assert contents(result.folder) == whole


def test_a_result_made_on_spark_is_the_serial_one_to_the_byte_with_those_who_moved_and_left(
    made, tmp_path, cluster
):
    today, last, whole = made
    result = running.run(today, some.book(), tmp_path / "result", last=last, placement=cluster)
    assert contents(result.folder) == whole
    assert f"{running.CHANGES}/{running.DEPARTED}" in whole


def test_what_one_machine_began_another_finishes(made, tmp_path, cluster):
    today, last, whole = made
    into = tmp_path / "result"
    running.run(today, some.book(), into, last=last)
    (into / snapshots.MANIFEST).unlink()
    for part in today.parts[1:]:
        (into / running.CHANGES / part.path).unlink()
    kept = (into / running.CHANGES / today.parts[0].path).stat().st_mtime_ns
    assert contents(running.run(today, some.book(), into, last=last, placement=cluster).folder) == whole
    assert (into / running.CHANGES / today.parts[0].path).stat().st_mtime_ns == kept


def test_a_damaged_part_is_named_and_the_result_is_not_there(made, tmp_path, cluster):
    folder = tmp_path / "damaged" / some.DAY.isoformat() / PERSON
    shutil.copytree(made[0].folder, folder)
    damaged = snapshots.opened(tmp_path / "damaged", PERSON, some.DAY)
    path = folder / damaged.parts[-1].path
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(SnapshotFaulty) as refused:
        running.run(damaged, some.book(), tmp_path / "result", placement=cluster)
    assert refused.value.message == f"快照文件 {damaged.parts[-1].path} 与清单不符，请重新导出"
    with pytest.raises(ResultFaulty):
        running.opened(tmp_path / "result")
    path.write_bytes((made[0].folder / damaged.parts[-1].path).read_bytes())
    mended = running.run(damaged, some.book(), tmp_path / "result", placement=cluster)
    assert contents(mended.folder) == contents(running.run(damaged, some.book(), tmp_path / "other").folder)


def test_a_part_of_another_day_is_refused(made, tmp_path, cluster):
    today, last, _ = made
    folder = tmp_path / "mixed" / some.DAY.isoformat() / PERSON
    shutil.copytree(today.folder, folder)
    yesterday = snapshots.opened(today.folder.parents[1], PERSON, last.as_of)
    name = next(part.path for part in yesterday.parts if (folder / part.path).exists())
    shutil.copy(yesterday.folder / name, folder / name)
    mixed = snapshots.opened(tmp_path / "mixed", PERSON, some.DAY)
    with pytest.raises(SnapshotFaulty, match=r"snapshot\.faulty") as refused:
        running.run(mixed, some.book(), tmp_path / "result", placement=cluster)
    assert name in refused.value.message
    shutil.copytree(yesterday.folder, tmp_path / "moved" / some.DAY.isoformat() / PERSON)
    with pytest.raises(SnapshotOfAnotherDay):
        snapshots.opened(tmp_path / "moved", PERSON, some.DAY)


def test_a_last_result_mixed_from_two_runs_is_refused(made, tmp_path, cluster):
    today, last, _ = made
    shutil.copytree(last.folder, tmp_path / "last")
    mixed = running.opened(tmp_path / "last")
    other = running.run(
        snapshots.opened(today.folder.parents[1], PERSON, last.as_of),
        some.book(last.as_of, some.policies()[:3]),
        tmp_path / "other",
    )
    name = mixed.parts[0]
    shutil.copy(other.folder / running.ANSWERS / name, mixed.folder / running.ANSWERS / name)
    with pytest.raises(ResultFaulty) as refused:
        running.run(today, some.book(), tmp_path / "result", last=mixed, placement=cluster)
    assert "不是同一次匹配" in refused.value.message
    assert not (tmp_path / "result" / snapshots.MANIFEST).exists()


def dies(_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_work_that_kills_whoever_does_it_is_given_up_with_a_clear_word(cluster):
    with pytest.raises(Interrupted) as given_up:
        cluster.each(dies, [1])
    assert "Spark 日志" in given_up.value.message
    assert cluster.each(str, [1, 2, 3]) == ["1", "2", "3"], "and the cluster works on"


REFUSED = """
from app.eligibility.population.placement import PlacementUnknown
from app.eligibility.population.placing import placed
try:
    placed("spark:nonsense")
except PlacementUnknown as refused:
    print(refused.message)
"""


@pytest.mark.parametrize("java", [None, "/nowhere"])
def test_an_address_that_is_no_cluster_or_a_machine_without_java_is_told_in_one_sentence(cluster, java):
    environment = {**os.environ, **({"JAVA_HOME": java} if java else {})}
    asked = [sys.executable, "-c", REFUSED]
    said = subprocess.run(asked, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.startswith("连不上 Spark（nonsense）：请检查集群地址")
    assert "openjdk-17-jre-headless" in said.stdout
