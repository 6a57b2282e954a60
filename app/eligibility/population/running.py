"""A run over a snapshot: every partition's answers and differences are files, each written whole.

Killed at any moment and started again, it goes on behind the last finished partition with the same result:
what is there and was made from the same inputs is left as it is. The manifest comes last; without it nobody
may take the result for whole.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from app.eligibility.population import difference, moves, results
from app.eligibility.population.difference import Before
from app.eligibility.population.edition import edition
from app.eligibility.population.moves import Crossed, Moves, Origin
from app.eligibility.population.placement import Placement, Serial
from app.eligibility.population.results import Found, ResultFaulty
from app.eligibility.population.rulebook import Rulebook
from app.foundation.errors import DomainError
from app.residents.columnar import Part
from app.residents.snapshots import MANIFEST, PartFile, Snapshot
from app.rules.planes.calendar import touched
from app.rules.planes.columns import Flags
from app.rules.planes.fingerprints import fingerprints
from app.rules.planes.kernel import answered

ANSWERS, CHANGES = "answers", "changes"
DEPARTED = "departed.parquet"


class AnotherEdition(DomainError):
    """A machine that was given a partition runs another program or catalogue than the one that drives."""

    code = "match_result.another_edition"
    message = "执行匹配的机器与主机的程序或事实目录版本不一致，请在所有机器上部署同一版本后重新运行"


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run: where it lies, of which day, from which inputs."""

    folder: Path
    as_of: date
    run: str
    parts: tuple[str, ...]

    def answers(self, name: str) -> Found:
        """Return what was found about a partition; raises ResultFaulty."""
        return results.read(self.folder / ANSWERS / name, run=self.run)

    def changes(self) -> Iterator[pa.Table]:
        """Yield the differences of each partition, then of those who are not there any more."""
        for name in self.parts:
            yield results.read_changes(self.folder / CHANGES / name, run=self.run)
        if (self.folder / CHANGES / DEPARTED).is_file():
            yield results.read_changes(self.folder / CHANGES / DEPARTED, run=self.run)


def opened(folder: Path) -> Result:
    """Open a finished result; raises ResultFaulty where it is not finished, or a file is not of that run."""
    try:
        said = orjson.loads((folder / MANIFEST).read_bytes())
        found = Result(folder, date.fromisoformat(said["as_of"]), str(said["run"]), tuple(said["parts"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ResultFaulty(f"{folder.name} 的匹配还没有完成，请先重新运行") from error
    named = [folder / kind / name for kind in (ANSWERS, CHANGES) for name in found.parts]
    named += [folder / CHANGES / DEPARTED] if said.get("departed") else []
    foreign = [path.name for path in named if not results.made_by(path, found.run)]
    if foreign:
        raise ResultFaulty(f"{folder.name} 的结果文件 {foreign[0]} 缺失、损坏或不是同一次匹配的，请重新运行")
    return found


def run(
    snapshot: Snapshot,
    rulebook: Rulebook,
    into: Path,
    *,
    last: Result | None = None,
    undetermined: bool = True,
    placement: Placement | None = None,
) -> Result:
    """Match everybody of a snapshot against a rulebook of the same day and write what is other than last.

    Without `undetermined` the differences name only who became or was eligible; the answers hold all three.
    Without a placement the partitions are worked on here, one after another. Raises SnapshotFaulty,
    ResultFaulty, AnotherEdition, Interrupted; what is finished by then stays and is not done again.
    """
    if rulebook.as_of != snapshot.as_of:
        raise ValueError("a rulebook is lowered for the day of its snapshot")
    inputs = (edition(), rulebook.fingerprint, "" if last is None else last.run, str(undetermined))
    key = _hash(*inputs, *(part.sha256 for part in snapshot.parts))
    _ = rulebook.program, rulebook.needed  # lowered here once, not by whoever is given the task
    task = Task(snapshot, rulebook, into, key, edition(), undetermined, last)
    placed = placement or Serial()
    moved = _moves(task, placed) if last is not None else Moves({}, {})
    placed.each(task.match, [(part, moved.into.get(part.path, ())) for part in snapshot.parts])
    departed = _write_departed(task, moved)
    return _finished(task, departed=departed)


def match_part(snapshot: Snapshot, part: PartFile, rulebook: Rulebook) -> tuple[Found, Part]:
    """Answer all rules for one partition: a task that any scheduler can place."""
    read = snapshot.read(part, rulebook.needed)
    planes = answered(rulebook.program, read.table)
    return Found(read.ids, fingerprints(read.table), rulebook.rules, planes), read


@dataclass(frozen=True, slots=True)
class Task:
    """What the partitions of one run have in common; it is sent to wherever they are worked on."""

    snapshot: Snapshot
    rulebook: Rulebook
    into: Path
    key: str
    edition: str
    undetermined: bool
    last: Result | None

    def crossed(self, name: str) -> Crossed:
        """Say who came to a partition since the last result, and who left it."""
        if self.last is None:
            return Crossed()
        then = moves.NOBODY
        if name in self.last.parts:
            then = results.read_ids(self.last.folder / ANSWERS / name, run=self.last.run)
        own = [part for part in self.snapshot.parts if part.path == name]
        return moves.crossed(then, self.snapshot.ids(own[0]) if own else moves.NOBODY)

    def match(self, one: tuple[PartFile, tuple[Origin, ...]]) -> None:
        """Match one partition and compare it, unless that is done already."""
        part, origins = one
        answers, changed = self.into / ANSWERS / part.path, self.into / CHANGES / part.path
        if results.made_by(answers, self.key) and results.made_by(changed, self.key):
            return
        if self.edition != edition():
            raise AnotherEdition
        found, read = match_part(self.snapshot, part, self.rulebook)
        results.write(answers, found, run=self.key)
        before = self._before(part, found, origins)
        other = difference.compared(found, before, self._turning(read), undetermined=self.undetermined)
        results.write_whole(changed, other.table(), run=self.key)

    def _before(self, part: PartFile, found: Found, origins: tuple[Origin, ...]) -> Before | None:
        """Return what the last result says about the subjects of a partition, wherever they stood."""
        if self.last is None:
            return None
        own = self.last.answers(part.path) if part.path in self.last.parts else None
        if own is not None and np.array_equal(own.ids, found.ids):
            return Before(own.rules, own.planes, own.known)
        stayed = [] if own is None else [(own, *moves.together(own.ids, found.ids))]
        came = ((self.last.answers(origin.part), origin.then, origin.now) for origin in origins)
        return difference.carried(chain(stayed, came), len(found.ids))

    def _turning(self, read: Part) -> Flags:
        """Return whose amounts the calendar may have turned since the last run."""
        if self.last is None:
            return np.zeros(read.table.size, np.bool_)
        return touched(read.table, self.rulebook.on(self.last.as_of).pricing, self.rulebook.pricing)


def _moves(task: Task, placed: Placement) -> Moves:
    """Look at all partitions of today and of then."""
    then = () if task.last is None else task.last.parts
    names = list(dict.fromkeys([*(part.path for part in task.snapshot.parts), *then]))
    return moves.joined(dict(zip(names, placed.each(task.crossed, names), strict=True)))


def _write_departed(task: Task, moved: Moves) -> bool:
    """Write what those lose who are not there any more; says whether there are any."""
    path = task.into / CHANGES / DEPARTED
    path.unlink(missing_ok=True)
    if task.last is None:
        return False
    found = (difference.departed(task.last.answers(name), rows) for name, rows in moved.departed.items())
    tables = [one.table() for one in found if len(one)]
    if tables:
        results.write_whole(path, pa.concat_tables(tables).unify_dictionaries(), run=task.key)
    return bool(tables)


def _finished(task: Task, *, departed: bool) -> Result:
    """Write the manifest, and remove what was left by those who died while writing."""
    parts, as_of = tuple(part.path for part in task.snapshot.parts), task.snapshot.as_of
    task.into.mkdir(parents=True, exist_ok=True, mode=0o700)
    for draft in task.into.rglob(f"*{results.DRAFT}"):
        draft.unlink(missing_ok=True)
    with results.replacing(task.into / MANIFEST) as file:
        said = {"as_of": as_of.isoformat(), "run": task.key, "parts": parts, "departed": departed}
        file.write(orjson.dumps(said))
    return Result(task.into, as_of, task.key, parts)


def _hash(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
