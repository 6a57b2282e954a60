"""Two results compared: who is new, lost, undetermined now, and whose amount has to be looked at again.

Subjects are found again wherever they stood: who changed stands in another partition than yesterday. Where a
partition holds the same subjects in the same order, its planes are compared as they are, by XOR.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from app.eligibility.population import results
from app.eligibility.population.results import Found
from app.eligibility.population.rulebook import Rule
from app.residents.columnar import ID_BYTES, Ids
from app.rules.planes.answers import Changes, answers_at, changes, places
from app.rules.planes.bits import WORD, Words, packed, unpacked
from app.rules.planes.columns import Flags, Rows
from app.rules.planes.fingerprints import Hashes
from app.rules.planes.kernel import Planes

_PARTS_AT_HAND = 4


@dataclass(frozen=True, slots=True)
class Difference:
    """What is other about the subjects of one partition; `again` were and are eligible, on other grounds.

    The grounds are changed facts, a new version, or a date on which an amount turns.
    """

    ids: Ids
    rules: tuple[Rule, ...]
    changes: Changes
    again: Changes

    def __len__(self) -> int:
        return len(self.changes) + len(self.again)

    def table(self) -> pa.Table:
        """Return subject, policy, version, answers before and after (0 no, 1 unknown, 2 yes) as columns."""
        rules, rows, before, after = (
            np.concatenate([getattr(self.changes, name), getattr(self.again, name)])
            for name in ("rules", "rows", "before", "after")
        )
        raw = [None, pa.py_buffer(self.ids[rows].tobytes())]
        policies = pa.array([policy for policy, _ in self.rules], pa.string())
        versions = np.array([version for _, version in self.rules], np.int32)
        return pa.table({
            "subject_id": pa.FixedSizeBinaryArray.from_buffers(pa.binary(ID_BYTES), len(rows), raw),
            "policy_id": pa.DictionaryArray.from_arrays(pa.array(rules, pa.int32()), policies),
            "version": pa.array(versions[rules], pa.int32()),
            "before": pa.array(before, pa.uint8()),
            "after": pa.array(after, pa.uint8()),
        })  # fmt: skip


@dataclass(frozen=True, slots=True)
class Before:
    """What the last result says about the subjects of a partition of today, row by row."""

    rules: tuple[Rule, ...]
    planes: Planes
    known: Hashes


class Last:
    """The last result: where each subject stood. `read` gives a partition by name; few are kept at hand."""

    def __init__(self, ids: Mapping[str, Ids], read: Callable[[str], Found]) -> None:
        self.names = list(ids)
        self.part_ids = ids
        self.read = lru_cache(_PARTS_AT_HAND)(read)
        everybody = np.concatenate([*ids.values(), np.zeros(0, f"S{ID_BYTES}")])
        self.order = np.argsort(everybody, kind="stable")
        self.ids = everybody[self.order]
        sizes = [len(part) for part in ids.values()]
        self.part = np.repeat(np.arange(len(sizes)), sizes)[self.order]
        rows = [np.arange(size) for size in sizes]
        self.row = np.concatenate([*rows, np.zeros(0, np.int64)])[self.order]
        self.seen = np.zeros(len(self.ids), np.bool_)

    @classmethod
    def nothing(cls) -> "Last":
        """Return the last result of a first run."""
        return cls({}, lambda name: results.read(Path(name)))

    def see(self, ids: Ids) -> tuple[Rows, Flags]:
        """Note who is there today; returns where they stand in the order of ids, and who was there at all."""
        place = np.minimum(np.searchsorted(self.ids, ids), max(len(self.ids) - 1, 0))
        there = self.ids[place] == ids if len(self.ids) else np.zeros(len(ids), np.bool_)
        self.seen[place[there]] = True
        return place, there

    def about(self, name: str, ids: Ids) -> Before:
        """Return what was found about subjects, in their order; those who are new had no for an answer."""
        place, there = self.see(ids)
        own = self.part_ids.get(name)
        if own is not None and len(own) == len(ids) and np.array_equal(own, ids):
            found = self.read(name)
            return Before(found.rules, found.planes, found.known)
        return self._gathered(place, there)

    def _gathered(self, place: Rows, there: Flags) -> Before:
        rules, size = self._rules(), len(place)
        surely, possibly = (np.zeros((len(rules), -(-size // WORD)), np.uint64) for _ in range(2))
        known = np.zeros(size, np.uint64)
        for number in np.unique(self.part[place[there]]) if there.any() else ():
            found = self.read(self.names[number])
            here = np.flatnonzero(there)[self.part[place[there]] == number]
            rows = self.row[place[here]]
            known[here] = found.known[rows]
            for half, old in ((surely, found.planes.surely), (possibly, found.planes.possibly)):
                for rule, plane in enumerate(old):
                    flags = np.zeros(size, np.bool_)
                    flags[here] = unpacked(plane, found.planes.rows)[rows]
                    half[rule] |= packed(flags)
        return Before(rules, Planes(surely, possibly, size), known)

    def _rules(self) -> tuple[Rule, ...]:
        return self.read(self.names[0]).rules if self.names else ()

    def departed(self) -> list[Difference]:
        """Return, once everybody of today was seen, what those lose who are not there any more."""
        gone = ~self.seen
        found = []
        for number in np.unique(self.part[gone]):
            part = self.read(self.names[number])
            rows = np.zeros(part.planes.rows, np.bool_)
            rows[self.row[gone & (self.part == number)]] = True
            kept = ~packed(rows)
            after = Planes(part.planes.surely & kept, part.planes.possibly & kept, part.planes.rows)
            lost = changes(part.planes, after)
            found.append(Difference(part.ids, part.rules, lost, lost.only(np.zeros(len(lost), np.bool_))))
        return found


def compared(found: Found, before: Before, turning: Flags, *, undetermined: bool = True) -> Difference:
    """Compare a partition's result with the last about the same subjects.

    A policy is compared with the version of it that was matched last. `turning` are rows where the calendar
    turns some amount. Without `undetermined` only who became or was eligible is listed: a first run finds
    many more for whom something is missing than anybody will ask.
    """
    rules = (*found.rules, *_ended(before.rules, found.rules))
    then = _arranged(before.planes, before.rules, rules)
    now = _arranged(found.planes, found.rules, rules)
    moved = changes(then, now, undetermined=undetermined)
    grounds = (found.known != before.known) | turning
    both = then.surely & now.surely & _mask(rules, before.rules, packed(grounds))
    kept_rules, kept_rows = places(both)
    still = answers_at(now, kept_rules, kept_rows)
    return Difference(found.ids, rules, moved, Changes(kept_rules, kept_rows, still, still))


def _ended(before: tuple[Rule, ...], now: tuple[Rule, ...]) -> list[Rule]:
    current = {policy for policy, _ in now}
    return [rule for rule in before if rule[0] not in current]


def _arranged(planes: Planes, own: tuple[Rule, ...], rules: tuple[Rule, ...]) -> Planes:
    """Return the planes policy by policy in the order of `rules`; who was not asked answered no."""
    if [policy for policy, _ in own] == [policy for policy, _ in rules]:
        return planes
    place = {policy: number for number, (policy, _) in enumerate(own)}
    nothing = np.zeros((1, planes.surely.shape[1]), np.uint64)
    chosen = [place.get(policy, len(own)) for policy, _ in rules]
    surely, possibly = (np.concatenate([half, nothing])[chosen] for half in (planes.surely, planes.possibly))
    return Planes(surely, possibly, planes.rows)


def _mask(rules: tuple[Rule, ...], before: tuple[Rule, ...], grounds: Words) -> Words:
    """Look at every row of a policy whose version is another, else at those with grounds."""
    known = set(before)
    whole = np.full_like(grounds, ~np.uint64(0))
    return (
        np.stack([grounds if rule in known else whole for rule in rules]) if rules else grounds[None, :][:0]
    )
