"""Matching a population: `python -m benchmarks.matching`, the floors of issue 3 in one run.

Needs nothing but the product. For the comparisons install the engines beside it, in another environment:

    python -m venv /tmp/bench && /tmp/bench/bin/pip install -r requirements.txt
    /tmp/bench/bin/pip install -r requirements-bench.in
    /tmp/bench/bin/python -m benchmarks.matching

Wall times are the best of several rounds on one core unless said, CPU times those of the best round: on a
shared machine the second is the firmer one. Ratios are between neighbours in the same run.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from app.eligibility.definition import read_policy
from app.eligibility.loading import plain
from app.eligibility.population import results
from app.eligibility.population.incremental import stepped
from app.eligibility.population.results import Found
from app.eligibility.population.rulebook import Rulebook
from app.eligibility.types import Audience, Policy
from app.residents import fact_catalogue
from app.rules.planes.answers import changes, counts, everything
from app.rules.planes.columns import Table
from app.rules.planes.fingerprints import fingerprints
from app.rules.planes.kernel import Planes, answered
from app.rules.planes.lowering import Program, lowered
from app.rules.syntax import parse
from benchmarks import population, rivals
from benchmarks.one_person import one_person
from benchmarks.population import DAY
from benchmarks.timing import MEGA, MILLI, ROUNDS, Timed, say, timed
from config import files

MILLION, PART, CHANGED = 1_000_000, 262_144, 5_000


@cache
def book(count: int) -> Rulebook:
    """Return so many policies in the shapes of the real ones, in force for ever."""
    shape = next(raw for raw in files.read_all("policies") if raw["audience"] == "person")
    one: Policy = replace(
        read_policy(plain(shape), version=1), valid_from=DAY.replace(year=2000), valid_to=None
    )
    vocabulary = fact_catalogue.vocabulary()
    made = [
        replace(
            one,
            id=f"policy-{place:05}",
            checksum=str(place),
            conditions=parse(rule, vocabulary),
            benefit=one.benefit,
        )
        for place, rule in enumerate(population.rules(count))
    ]
    return Rulebook.of(made, Audience.PERSON, DAY)  # type: ignore[arg-type] # ids are text


def touch_once(table: Table) -> float:
    """Return the seconds of reading every column once from memory, as fast as memory is copied."""
    columns = [column.values for column in table.columns.values()]
    into = [np.empty_like(values) for values in columns]
    return timed(lambda: [np.copyto(to, values) for to, values in zip(into, columns, strict=True)]).wall


def afresh(program: Program, table: Table) -> Planes:
    """Answer as the first program over a table, whose flags nobody has packed yet."""
    table.packed.clear()
    table.extremes.clear()
    return answered(program, table)


def kernel(count: int, table: Table, floor: float) -> None:
    """(i), (ii): both planes of every rule for everybody."""
    program = book(count).program
    steps = len(program.steps) + sum(len(inner.steps) for inner in program.inner.values())
    ours = timed(lambda: answered(program, table), 3 if count > 100 else ROUNDS)
    asked = count * table.size / MEGA
    rate = asked / ours.wall
    say(f"({'i' if count <= 100 else 'ii'}) {count} policies, {steps} distinct steps, both planes",
        f"{ours.wall:.3f} s, cpu {ours.cpu:.3f} s")  # fmt: skip
    first = timed(lambda: afresh(program, table), 3)
    say("    the first over a table, its flags packed as well", f"{first.wall:.3f} s, cpu {first.cpu:.3f} s")
    say("    evaluations a second, wall", f"{rate:,.0f} M", f"≥ {floor:,.0f} M", reached=rate >= floor)
    say("    evaluations a second, CPU", f"{asked / ours.cpu:,.0f} M")
    hits, possible = counts(ours.made.surely).sum(), counts(ours.made.possibly).sum()
    share = 100 / count / table.size
    say("    eligible, undetermined", f"{hits * share:.2f} %, {(possible - hits) * share:.2f} %")
    say("    × the time to read the columns once", f"{ours.wall / touch_once(table):.0f} ×")


def beside_others(count: int, table: Table, most: int = 100) -> None:
    """(i): the rules that every engine can express, each alone and right after ours."""
    policies = [policy for policy in book(count).policies if rivals.plain(policy.conditions)][:most]
    vocabulary = fact_catalogue.vocabulary()
    program = lowered((p.conditions for p in policies), as_of=DAY, parameters=vocabulary.params)
    say(f"    the {len(policies)} of them that others can express:", "")
    if rivals.has("openfisca_core"):
        ours = timed(lambda: answered(program, table), 3)
        theirs = min(rivals.openfisca(program, table, program.rules) for _ in range(3))
        figure = f"cpu {theirs:.3f} s : ours {ours.cpu:.3f} s"
        say("      OpenFisca-core, one plane, gaps as 0", figure, "≥ 6 ×", reached=theirs >= 6 * ours.cpu)
        first = timed(lambda: afresh(program, table), 3)
        ratios = f"{theirs / ours.cpu:.1f} ×, {theirs / first.cpu:.1f} ×"
        say("      ratio; as the first program over the table", ratios)
    else:
        say("      OpenFisca-core", "not installed")
    if rivals.has("polars"):
        ours = timed(lambda: answered(program, table), 3)
        runs = [rivals.polars(program, table, program.rules) for _ in range(3)]
        if runs[0][1] != counts(ours.made.surely).tolist():
            raise SystemExit("Polars finds others eligible than we do")
        theirs = min(took for took, _ in runs)
        say(
            "      Polars streaming, two cores, same counts",
            f"{theirs:.3f} s = {theirs / ours.wall:.1f} × ours",
        )


def yesterday(table: Table, chance: Any) -> tuple[Table, Any]:
    """Return the table before 5,000 people changed, and who they are: they had somebody else's facts."""
    changed = np.zeros(table.size, np.bool_)
    rows = np.sort(chance.choice(table.size, CHANGED, replace=False))
    changed[rows] = True
    order = np.arange(table.size)
    order[rows] = chance.permutation(rows)
    return table.rows(order), changed


def whole_day(table: Table) -> None:
    """(iii), (iv), (v): a full day, an incremental day, one new policy."""
    new = book(100)
    old = new.on(DAY.fromordinal(DAY.toordinal() - 1))
    before_table, changed = yesterday(table, np.random.default_rng(5))
    before = answered(old.program, before_table)
    del before_table

    def full() -> Any:
        program = lowered(
            (p.conditions for p in new.policies), as_of=DAY, parameters=fact_catalogue.vocabulary().params
        )
        after = answered(program, table)
        return after, changes(before, after, undetermined=False), changes(before, after)

    day = timed(full)
    after, moved, all_moved = day.made
    figure = f"{day.wall:.3f} s, cpu {day.cpu:.3f} s"
    case = f"(iii) the whole day: {len(moved.new):,} new, {len(moved.lost):,} lost"
    say(case, figure, "< 0.3 s", reached=day.wall < 0.3)
    listing = timed(lambda: everything(after))
    say(f"    listing all {len(listing.made):,} matches", f"{listing.wall * MILLI:.0f} ms")

    def step() -> Any:
        return stepped(before, table, old.on(old.as_of), new.on(DAY), changed=changed)

    incremental = timed(step)
    planes, found = incremental.made
    same = np.array_equal(planes.surely, after.surely) and np.array_equal(planes.possibly, after.possibly)
    if not same or len(found) != len(all_moved):
        raise SystemExit("the incremental day is not the full difference")
    figure = f"{incremental.wall * MILLI:.0f} ms, cpu {incremental.cpu * MILLI:.0f} ms"
    say(
        "(iv) an incremental day, equal to the full difference",
        figure,
        "< 100 ms",
        reached=incremental.wall < 0.1,
    )
    singles = [_timed_alone(new.only([place]), table) for place in range(0, 100, 9)]
    wall, cpu = max(one.wall for one in singles) * MILLI, max(one.cpu for one in singles) * MILLI
    figure = f"{wall:.1f} ms, cpu {cpu:.1f} ms"
    say("(v) one new policy over everybody, the dearest of 12", figure, "< 20 ms", reached=wall < 20)


def _timed_alone(alone: Rulebook, table: Table) -> Timed:
    return timed(lambda: answered(alone.program, table), 3)


def memory(millions: int) -> None:
    """(vii): evaluate partition by partition, keeping each result as a file; prints the peak in MB."""
    rulebook = book(100)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(-(-millions * MILLION // PART)):
            table = population.table(PART, rulebook.needed, seed=number)
            planes = answered(rulebook.program, table)
            found = Found(_ids(number, PART), fingerprints(table), rulebook.rules, planes)
            results.write(Path(folder) / f"{number}.parquet", found, run="bench")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def memories() -> None:
    """(vii) at 1, 2 and 4 million, each in a process of its own."""
    peaks = []
    for millions in (1, 2, 4):
        asked = [sys.executable, "-m", "benchmarks.matching", "--memory", str(millions)]
        peaks.append(float(subprocess.check_output(asked, text=True)))  # noqa: S603 this module
    figure = " ".join(f"{peak:.0f} MB" for peak in peaks)
    say("(vii) peak memory at 1, 2, 4 million", figure, "flat, < 600 MB",
        reached=max(peaks) < 600 and peaks[-1] < 1.2 * peaks[0])  # fmt: skip


def _ids(number: int, size: int) -> Any:
    raw = np.zeros((size, 2), ">u8")
    raw[:, 0], raw[:, 1] = number + 1, np.arange(size) + 1
    return np.frombuffer(raw.tobytes(), "S16")


def end_to_end(people: int) -> None:
    """(viii) in a process of its own, which starts others and Java."""
    asked = [sys.executable, "-m", "benchmarks.end_to_end", "--people", str(people)]
    subprocess.run(asked, check=True)  # noqa: S603 this project


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.matching", description=__doc__)
    parser.add_argument("--people", type=int, default=MILLION)
    parser.add_argument("--memory", type=int, default=0, metavar="MILLIONS", help="only (vii), for so many")
    given = parser.parse_args(arguments)
    if given.memory:
        memory(given.memory)
        return 0
    machine = f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, numpy {np.__version__}"
    print(f"{given.people:,} people, {machine}")
    table = population.table(given.people, book(1000).needed)
    bytes_read = sum(column.values.nbytes for column in table.columns.values())
    print(f"{len(table.columns)} columns, {bytes_read / MEGA:.0f} MB, {len(table.lists)} list\n")
    kernel(100, table, 400)
    beside_others(100, table)
    kernel(1000, table, 1000)
    whole_day(table)
    one_person(book(1000), table)
    memories()
    end_to_end(given.people)
    return 0


if __name__ == "__main__":
    sys.exit(main())
