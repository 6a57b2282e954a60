"""(viii) of `benchmarks.matching`: from Parquet to matches in Parquet, `python -m benchmarks.end_to_end`.

A whole run of the product: every partition is checked against its digest, read, answered and fingerprinted;
answers and matches are written. Starting processes or Java is not in it, and printed beside it. With
`requirements-spark.txt` and Java also on a Spark cluster of two executors on this machine.
"""

import argparse
import hashlib
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.eligibility.population import running
from app.eligibility.population.placement import Placement, Serial
from app.eligibility.population.processes import Processes
from app.eligibility.population.spark import OnSpark
from app.residents import columnar, snapshots
from app.residents.snapshots import PartFile, Snapshot
from app.residents.types import SubjectKind
from app.rules.planes.columns import Coded, Column, Dates, Flagged, Numbers, Table
from benchmarks import cpu, population, rivals
from benchmarks.matching import MEGA, MILLION, book, say
from benchmarks.population import DAY

POLICIES, PART, ROUNDS, FLOOR = 1000, 131_072, 5, 2.0
MASTERS = ("local-cluster[2,1,1024]", "local[2]")
ROOT = Path(__file__).resolve().parents[1]


def arrow(column: Column) -> pa.Array:
    """Return a column as a data platform would keep it."""
    mask = None if column.known is None else ~column.known
    match column:
        case Coded(values=values, codes=codes):
            places = pa.array(values.astype(np.int32), mask=mask)
            return pa.DictionaryArray.from_arrays(places, pa.array(codes, pa.string()))
        case Dates(values=values):
            return pa.array(values, mask=mask).cast(pa.date32())
        case Flagged(values=values) | Numbers(values=values):
            return pa.array(values, mask=mask)


def _fields(table: Table) -> dict[str, pa.Array]:
    columns = {name: arrow(column) for name, column in table.columns.items()}
    for name, items in table.lists.items():
        inner = _fields(items.table)
        structs = pa.StructArray.from_arrays(list(inner.values()), list(inner))
        mask = None if items.known is None else pa.array(~items.known)
        columns[name] = pa.ListArray.from_arrays(pa.array(items.offsets.astype(np.int32)), structs, mask=mask)
    return columns


def written(folder: Path, table: Table) -> Snapshot:
    """Write a table as a snapshot, as the product writes it, with ids as random as real ones."""
    parts, chance = [], np.random.default_rng(3)
    for number, begin in enumerate(range(0, table.size, PART)):
        piece = table.part(begin, begin + PART)
        raw = pa.py_buffer(chance.bytes(piece.size * columnar.ID_BYTES))
        ids = pa.FixedSizeBinaryArray.from_buffers(pa.binary(columnar.ID_BYTES), piece.size, [None, raw])
        regions = arrow(piece.regions) if piece.regions else pa.nulls(piece.size, pa.string())
        columns = {columnar.SUBJECT: ids, columnar.REGION: regions, **_fields(piece)}
        name = f"part-{number}.parquet"
        columnar.write_table(folder / name, pa.table(columns))
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        parts.append(PartFile(name, piece.size, digest))
    return snapshots.finish(folder, SubjectKind.PERSON, DAY, parts)


def ran(
    snapshot: Snapshot, placement: Placement, name: str, rounds: int = ROUNDS
) -> list[tuple[float, float]]:
    """Run several times, each into a folder of its own, the last of which stays.

    Returns seconds of wall and of processor time, that of all processes below this one.
    """
    took: list[tuple[float, float]] = []
    for number in range(rounds):
        into = snapshot.folder / name / str(number)
        began, used = time.perf_counter(), cpu.seconds([os.getpid()])
        running.run(snapshot, book(POLICIES), into, undetermined=False, placement=placement)
        took.append((time.perf_counter() - began, cpu.seconds([os.getpid()]) - used))
        if number + 1 < rounds:
            shutil.rmtree(into)
    return took


def measured(case: str, snapshot: Snapshot, opened: Callable[[], Placement]) -> None:
    """Print what runs in one placement take, and what opening it took: the first run is not counted."""
    began = time.perf_counter()
    with opened() as placement:
        ran(snapshot, placement, f"{case}-first", 1)
        start = time.perf_counter() - began
        took = ran(snapshot, placement, case)
    files = list((snapshot.folder / case).rglob("*.parquet"))
    size = sum(path.stat().st_size for path in files) / MEGA
    changed = (pq.read_metadata(path) for path in files if running.CHANGES in path.parts)
    matches = sum(one.num_rows for one in changed)
    best, middle = min(wall for wall, _ in took), statistics.median(wall for wall, _ in took)
    figure = f"{best:.2f} s, median {middle:.2f} s"
    say(f"    {case}: {matches:,} matches, {size:.0f} MB", figure, f"< {FLOOR:.0f} s", reached=best < FLOOR)
    say("      processor time", f"{min(used for _, used in took):.2f} s")
    say("      opening it, and the first run", f"{start:.1f} s")


def on_spark(master: str) -> Placement:
    """Open two cores of this machine, as executors or in one Java process, reachable from nowhere else."""
    os.environ |= {"SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": str(ROOT)}
    os.environ.setdefault("SPARK_CONF_DIR", str(ROOT / "tests" / "spark" / "conf"))
    return OnSpark.at(master)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.end_to_end", description=__doc__)
    parser.add_argument("--people", type=int, default=MILLION)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        made = written(Path(folder), population.table(given.people, book(POLICIES).needed))
        size = sum((made.folder / part.path).stat().st_size for part in made.parts) / MEGA
        say(f"(viii) Parquet ({size:.0f} MB, {len(made.parts)} partitions) → matches in Parquet",
            f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
        read = min(_reading(made) for _ in range(3))
        say("    reading the columns alone, one core", f"{read:.2f} s")
        measured("one process", made, Serial)
        measured("two processes", made, lambda: Processes(2))
        if rivals.has("pyspark"):
            for master in MASTERS:
                measured(f"Spark {master}", made, partial(on_spark, master))
        else:
            say("    Spark", "not installed")
    return 0


def _reading(snapshot: Snapshot) -> float:
    began = time.perf_counter()
    for part in snapshot.parts:
        snapshot.read(part, book(POLICIES).needed)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
