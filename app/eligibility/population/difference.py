"""Two results compared: who is new, lost, undetermined now, and whose amount has to be looked at again.

Subjects are found again wherever they stood: who changed stands in another partition than yesterday. Where a
partition holds the same subjects in the same order, its planes are compared as they are, by XOR.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from app.eligibility.population.results import Found
from app.eligibility.population.rulebook import Rule
from app.residents.columnar import ID_BYTES, Ids
from app.rules.planes.answers import Changes, answers_at, changes, everything, places
from app.rules.planes.bits import WORD, Words, packed, unpacked
from app.rules.planes.columns import Flags, Rows
from app.rules.planes.fingerprints import Hashes
from app.rules.planes.kernel import Planes


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


def carried(pieces: Iterable[tuple[Found, Rows, Rows]], size: int) -> Before:
    """Gather what was found about the subjects of a partition of today from wherever they stood.

    A piece is the result of a partition of then, rows of it, and the rows of today where the same subjects
    stand. Who is in none had no for an answer.
    """
    rules: tuple[Rule, ...] = ()
    surely = possibly = np.zeros((0, -(-size // WORD)), np.uint64)
    known = np.zeros(size, np.uint64)
    for found, then, now in pieces:
        if found.rules != rules:  # the first: all partitions of a run answer the same rules
            rules = found.rules
            surely, possibly = (np.zeros((len(rules), surely.shape[1]), np.uint64) for _ in range(2))
        known[now] = found.known[then]
        for half, old in ((surely, found.planes.surely), (possibly, found.planes.possibly)):
            for rule, plane in enumerate(old):
                flags = np.zeros(size, np.bool_)
                flags[now] = unpacked(plane, found.planes.rows)[then]
                half[rule] |= packed(flags)
    return Before(rules, Planes(surely, possibly, size), known)


def departed(part: Found, gone: Rows) -> Difference:
    """Return what those of a partition of then lose who are nowhere today."""
    rows = np.zeros(part.planes.rows, np.bool_)
    rows[gone] = True
    kept = ~packed(rows)
    after = Planes(part.planes.surely & kept, part.planes.possibly & kept, part.planes.rows)
    lost = changes(part.planes, after)
    return Difference(part.ids, part.rules, lost, lost.only(np.zeros(len(lost), np.bool_)))


def compared(found: Found, before: Before | None, turning: Flags, *, undetermined: bool = True) -> Difference:
    """Compare a partition's result with the last about the same subjects; without one everything is new.

    A policy is compared with the version of it that was matched last. `turning` are rows where the calendar
    turns some amount. Without `undetermined` only who became or was eligible is listed: a first run finds
    many more for whom something is missing than anybody will ask.
    """
    if before is None:
        new = everything(found.planes, undetermined=undetermined)
        return Difference(found.ids, found.rules, new, new.only(np.zeros(len(new), np.bool_)))
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
