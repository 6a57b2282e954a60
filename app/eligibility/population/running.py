"""A run over a snapshot: every partition's answers and differences are files, each written whole.

Killed at any moment and started again, it goes on behind the last finished partition with the same result:
what is there and was made from the same inputs is left as it is. The manifest comes last; without it nobody
may take the result for whole.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from app.eligibility.population import difference, results
from app.eligibility.population.difference import Difference, Last
from app.eligibility.population.results import Found, ResultFaulty
from app.eligibility.population.rulebook import Rulebook
from app.residents.columnar import Part
from app.residents.snapshots import MANIFEST, PartFile, Snapshot
from app.rules.planes.calendar import touched
from app.rules.planes.columns import Flags
from app.rules.planes.fingerprints import fingerprints
from app.rules.planes.kernel import answered

ANSWERS, CHANGES = "answers", "changes"
DEPARTED = "departed.parquet"


@dataclass(frozen=True, slots=True)
class Result:
    """A finished run: where it lies, of which day, from which inputs."""

    folder: Path
    as_of: date
    run: str
    parts: tuple[str, ...]

    def last(self) -> Last:
        """Return it as the last result of a later run."""
        ids = {name: results.read_ids(self.folder / ANSWERS / name) for name in self.parts}
        return Last(ids, lambda name: results.read(self.folder / ANSWERS / name))

    def changes(self) -> Iterator[pa.Table]:
        """Yield the differences of each partition, then of those who are not there any more."""
        for name in (*self.parts, DEPARTED):
            path = self.folder / CHANGES / name
            if path.is_file():
                yield pq.read_table(path)


def opened(folder: Path) -> Result:
    """Open a finished result; raises ResultFaulty where it is not finished."""
    try:
        said = orjson.loads((folder / MANIFEST).read_bytes())
        return Result(folder, date.fromisoformat(said["as_of"]), str(said["run"]), tuple(said["parts"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ResultFaulty(f"{folder.name} 的匹配还没有完成，请先重新运行") from error


def run(
    snapshot: Snapshot,
    rulebook: Rulebook,
    into: Path,
    *,
    last: Result | None = None,
    undetermined: bool = True,
) -> Result:
    """Match everybody of a snapshot against a rulebook of the same day and write what is other than last.

    Without `undetermined` the differences name only who became or was eligible; the answers hold all three.
    Raises SnapshotFaulty, ResultFaulty; what is finished by then stays and is not done again.
    """
    if rulebook.as_of != snapshot.as_of:
        raise ValueError("a rulebook is lowered for the day of its snapshot")
    before = None if last is None else last.last()
    inputs = (rulebook.fingerprint, "" if last is None else last.run, str(undetermined))
    key = _hash(*inputs, *(part.sha256 for part in snapshot.parts))
    before = None if last is None else last.last()
    task = _Task(snapshot, rulebook, into, key, undetermined, None if last is None else last.as_of)
    for part in snapshot.parts:
        task.match(part, before)
    if before is not None:
        _write_departed(before, into / CHANGES / DEPARTED, key)
    return _finished(into, snapshot, key)


def match_part(snapshot: Snapshot, part: PartFile, rulebook: Rulebook) -> tuple[Found, Part]:
    """Answer all rules for one partition: a task that any scheduler can place."""
    read = snapshot.read(part, rulebook.needed)
    planes = answered(rulebook.program, read.table)
    return Found(read.ids, fingerprints(read.table), rulebook.rules, planes), read


@dataclass(frozen=True, slots=True)
class _Task:
    """What the partitions of one run have in common; `compared_with` is the day of the last result."""

    snapshot: Snapshot
    rulebook: Rulebook
    into: Path
    key: str
    undetermined: bool
    compared_with: date | None

    def match(self, part: PartFile, before: Last | None) -> None:
        """Match one partition and compare it, unless that is done already."""
        answers, changed = self.into / ANSWERS / part.path, self.into / CHANGES / part.path
        if results.made_by(answers, self.key) and results.made_by(changed, self.key):
            if before is not None:
                before.see(results.read_ids(answers))
            return
        found, read = match_part(self.snapshot, part, self.rulebook)
        results.write(answers, found, run=self.key)
        then = (before or Last.nothing()).about(part.path, found.ids)
        other = difference.compared(found, then, self._turning(read), undetermined=self.undetermined)
        results.write_whole(changed, other.table(), run=self.key)

    def _turning(self, read: Part) -> Flags:
        """Return whose amounts the calendar may have turned since the last run."""
        if self.compared_with is None:
            return np.zeros(read.table.size, np.bool_)
        return touched(read.table, self.rulebook.on(self.compared_with).pricing, self.rulebook.pricing)


def _write_departed(before: Last, path: Path, key: str) -> None:
    gone: list[Difference] = before.departed()
    tables = [one.table() for one in gone if len(one)]
    if tables:
        results.write_whole(path, pa.concat_tables(tables).unify_dictionaries(), run=key)
    else:
        path.unlink(missing_ok=True)


def _finished(into: Path, snapshot: Snapshot, key: str) -> Result:
    parts = tuple(part.path for part in snapshot.parts)
    draft = into / f"{MANIFEST}.draft"
    into.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft.touch(mode=0o600)
    draft.write_bytes(orjson.dumps({"as_of": snapshot.as_of.isoformat(), "run": key, "parts": parts}))
    draft.replace(into / MANIFEST)
    return Result(into, snapshot.as_of, key, parts)


def _hash(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
