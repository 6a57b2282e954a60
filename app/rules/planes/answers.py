"""What two planes say: for how many, for whom, and what is another answer than the last."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from app.rules.planes.bits import WORD, Words
from app.rules.planes.columns import Flags, Rows
from app.rules.planes.kernel import Planes
from app.rules.types import Truth

Answers: TypeAlias = npt.NDArray[np.uint8]


class Answer(IntEnum):
    """Kleene's answers as they stand in arrays."""

    NO = 0
    UNKNOWN = 1
    YES = 2

    @property
    def truth(self) -> Truth:
        """Return the answer as the language has it."""
        return (False, None, True)[self]


@dataclass(frozen=True, slots=True)
class Changes:
    """Answers that are other than before, by rule and row: three columns of one length, and the old ones."""

    rules: npt.NDArray[np.int64]
    rows: Rows
    before: Answers
    after: Answers

    def __len__(self) -> int:
        return len(self.rules)

    def only(self, chosen: Flags) -> "Changes":
        """Return some of them."""
        return Changes(self.rules[chosen], self.rows[chosen], self.before[chosen], self.after[chosen])

    @property
    def new(self) -> "Changes":
        """Return those who are eligible and were not."""
        return self.only(self.after == Answer.YES)

    @property
    def lost(self) -> "Changes":
        """Return those who were eligible and are not."""
        return self.only(self.before == Answer.YES)

    @property
    def undetermined(self) -> "Changes":
        """Return those for whom something is missing now, and was not before."""
        return self.only(self.after == Answer.UNKNOWN)


def counts(words: Words) -> npt.NDArray[np.int64]:
    """Count the rows of each rule in one kind of plane."""
    found: npt.NDArray[np.int64] = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    return found


def places(words: Words) -> tuple[npt.NDArray[np.int64], Rows]:
    """Return rules and rows of every bit, in that order; looks only into words that are not 0."""
    flat = np.flatnonzero(words)
    bits = np.unpackbits(words.reshape(-1)[flat].view(np.uint8), bitorder="little").view(np.bool_)
    found = np.flatnonzero(bits)  # flat booleans are found several times as fast as rows of bytes
    word = flat[found // WORD]
    rules, word = np.divmod(word, max(words.shape[1], 1))
    return rules, word * WORD + found % WORD


def answers_at(planes: Planes, rules: Any, rows: Rows) -> Answers:
    """Return the answers at some places."""
    word, shift = rows // WORD, (rows % WORD).astype(np.uint64)
    one = np.uint64(1)
    sure = (planes.surely[rules, word] >> shift) & one
    possible = (planes.possibly[rules, word] >> shift) & one
    return np.asarray(sure + possible, np.uint8)


def changes(before: Planes, after: Planes, *, undetermined: bool = True) -> Changes:
    """Return what differs between two runs over the same rows; without `undetermined` only new and lost."""
    moved = before.surely ^ after.surely
    if undetermined:
        moved |= before.possibly ^ after.possibly
    rules, rows = places(moved)
    return Changes(rules, rows, answers_at(before, rules, rows), answers_at(after, rules, rows))


def everything(planes: Planes, *, undetermined: bool = False) -> Changes:
    """Return every match as a change from nothing."""
    rules, rows = places(planes.surely | planes.possibly if undetermined else planes.surely)
    after = answers_at(planes, rules, rows) if undetermined else np.full(len(rows), Answer.YES, np.uint8)
    return Changes(rules, rows, np.zeros(len(rows), np.uint8), after)


def replaced(before: Planes, rows: Rows, after: Planes) -> tuple[Planes, Changes]:
    """Put new answers about some rows into the last result; `after` has one row for each of `rows`.

    Returns the whole new result and what changed.
    """
    rules = np.arange(len(before.surely))[:, None]
    old = answers_at(before, rules, rows[None, :])
    new = answers_at(after, rules, np.arange(len(rows))[None, :])
    rule, place = np.nonzero(old != new)
    found = Changes(rule, rows[place], old[rule, place], new[rule, place])
    surely, possibly = before.surely.copy(), before.possibly.copy()
    for plane, least in ((surely, Answer.YES), (possibly, Answer.UNKNOWN)):
        toggled = found.only((found.before >= least) != (found.after >= least))
        bit = np.uint64(1) << (toggled.rows % WORD).astype(np.uint64)
        np.bitwise_xor.at(plane, (toggled.rules, toggled.rows // WORD), bit)
    return Planes(surely, possibly, before.rows), found


def truths(planes: Planes, rule: int) -> Iterator[Truth]:
    """Yield the answer of one rule row by row; for tests and small tables."""
    found = answers_at(planes, np.full(planes.rows, rule), np.arange(planes.rows))
    return (Answer(answer).truth for answer in found.tolist())
