"""A delivery matched against the policies that may send somebody to a door, and its difference as rows."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa

from app.eligibility.outreach.types import Change
from app.eligibility.population import results, running
from app.eligibility.population.rulebook import Rulebook
from app.eligibility.population.running import ANSWERS, CHANGES, DEPARTED, Result
from app.eligibility.types import Audience, Policy
from app.foundation.regions import county
from app.residents.columnar import ID_BYTES, Ids
from app.residents.fact_catalogue import COMMUNITY
from app.residents.snapshots import PartFile, Snapshot
from app.rules.planes.answers import Answer
from app.rules.planes.bits import unpacked
from app.rules.planes.columns import Coded, Flagged, Flags, Rows, Table
from app.rules.planes.kernel import Planes
from app.rules.planes.lowering import Needed

NO_REGION, RECEIVED, STOOD_IN = "no_region", "received", "stood_in"


@dataclass(frozen=True, slots=True)
class Matched:
    """A delivery and what it was found to be."""

    snapshot: Snapshot
    rulebook: Rulebook
    result: Result

    def changes(self) -> Iterator[Change]:
        """Yield what begins and what no longer holds, always in the same order."""
        for part in self.snapshot.parts:
            path = self.result.folder / CHANGES / part.path
            yield from _Part(self, part).changes(results.read_changes(path, run=self.result.run))
        gone = self.result.folder / CHANGES / DEPARTED
        if gone.is_file():
            yield from _lost(results.read_changes(gone, run=self.result.run))

    def eligible(self) -> Counter[str]:
        """Count, by 区县, the people and policies that hold today; empty text where nobody knows where."""
        counts: Counter[str] = Counter()
        for part in self.snapshot.parts:
            counts.update(_Part(self, part).eligible())
        return counts


def book_of(policies: Iterable[Policy], snapshot: Snapshot) -> Rulebook:
    """Take the policies that may send somebody to a door; no column of the others is read (PIPL 6)."""
    chosen = [policy for policy in policies if policy.outreach is not None]
    return Rulebook.of(chosen, Audience.PERSON, snapshot.as_of)


def needed(rulebook: Rulebook) -> Needed:
    """Return what is read: what conditions look at, where somebody lives, what they already receive."""
    received = {policy.received_fact for policy in rulebook.policies if policy.received_fact}
    return rulebook.needed | Needed(frozenset({COMMUNITY, *received}), {})


def matched(snapshot: Snapshot, rulebook: Rulebook, into: Path, *, last: Result | None) -> Matched:
    """Match a delivery and compare it with the last; what is finished of it is not done again.

    Raises SnapshotFaulty, ResultFaulty.
    """
    result = running.run(snapshot, rulebook, into, last=last, undetermined=False)
    return Matched(snapshot, rulebook, result)


class _Part:
    """One file of a delivery beside its answers."""

    def __init__(self, matched: Matched, part: PartFile) -> None:
        self.rulebook = matched.rulebook
        self.read = matched.snapshot.read(part, needed(matched.rulebook))
        self.answers, self.run = matched.result.folder / ANSWERS / part.path, matched.result.run

    def changes(self, found: pa.Table) -> Iterator[Change]:
        """Yield the changes of the file: whoever is new stands in it, whoever left is in `DEPARTED`."""
        before, after = (found[name].to_numpy() for name in ("before", "after"))
        begins, ends = (after == Answer.YES) & (before != Answer.YES), before == Answer.YES
        begins_rows = self._rows(_ids(found))
        for place in np.flatnonzero(begins | (ends & (after != Answer.YES))).tolist():
            person = found["subject_id"][place].as_py()
            policy_id = found["policy_id"][place].as_py()
            if begins[place]:
                yield self._beginning(person, policy_id, int(begins_rows[place]))
            else:
                yield Change(person, policy_id, begins=False)

    def eligible(self) -> Counter[str]:
        """Count people and policies that hold, by 区县."""
        counts: Counter[str] = Counter()
        for plane in self.planes.surely:
            rows = np.flatnonzero(unpacked(plane, self.planes.rows))
            counts.update(county(self._region(row) or "") for row in rows.tolist())
        return counts

    @cached_property
    def planes(self) -> Planes:
        """The answers about the file's rows."""
        return results.read(self.answers, run=self.run).planes

    @cached_property
    def _substitutes(self) -> Mapping[str, Flags]:
        """Who has a policy that stands in for another (a region's own, a newer one), by the other's id."""
        found: dict[str, Flags] = {}
        for place, policy in enumerate(self.rulebook.policies):
            for name in filter(None, (policy.implements, *policy.supersedes)):
                has = unpacked(self.planes.surely[place], self.planes.rows)
                found[name] = found[name] | has if name in found else has
        return found

    @cached_property
    def _received(self) -> Mapping[str, Flags]:
        """Who has already what a policy gives, by policy."""
        return {
            policy.id: _true(self.read.table, policy.received_fact)
            for policy in self.rulebook.policies
            if policy.received_fact
        }

    def _beginning(self, person: bytes, policy_id: str, row: int) -> Change:
        region, kept = self._region(row), None
        if policy_id in self._received and self._received[policy_id][row]:
            kept = RECEIVED
        elif policy_id in self._substitutes and self._substitutes[policy_id][row]:
            kept = STOOD_IN
        elif region is None:
            kept = NO_REGION
        return Change(person, policy_id, begins=True, region_code=region, kept=kept)

    def _region(self, row: int) -> str | None:
        """Return the community where somebody lives, else the 区县; None where nobody knows."""
        community = self.read.table.columns[COMMUNITY]
        return _code(community, row) or _code(self.read.table.regions, row)

    def _rows(self, ids: Ids) -> Rows:
        order = np.argsort(self.read.ids, kind="stable")
        place = np.minimum(np.searchsorted(self.read.ids[order], ids), max(len(order) - 1, 0))
        return np.asarray(order[place]) if len(order) else np.zeros(len(ids), np.int64)


def _lost(found: pa.Table) -> Iterator[Change]:
    before = found["before"].to_pylist()
    for person, policy_id, was in zip(
        found["subject_id"].to_pylist(), found["policy_id"].to_pylist(), before, strict=True
    ):
        if was == Answer.YES:
            yield Change(person, policy_id, begins=False)


def _ids(found: pa.Table) -> Ids:
    raw: Sequence[bytes] = found["subject_id"].to_pylist()
    return np.array(raw, f"S{ID_BYTES}")


def _true(table: Table, name: str | None) -> Flags:
    column = table.columns[name or ""]
    if not isinstance(column, Flagged):
        return np.zeros(table.size, np.bool_)
    return column.values if column.known is None else column.values & column.known


def _code(column: object, row: int) -> str | None:
    if not isinstance(column, Coded) or (column.known is not None and not column.known[row]):
        return None
    return column.codes[int(column.values[row])]
