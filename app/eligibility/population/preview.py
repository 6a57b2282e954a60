"""How a policy would answer over a table of subjects, counted before anybody is told, or beside another."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.eligibility.population.rulebook import Rulebook
from app.eligibility.types import Outcome
from app.rules.planes.answers import Answer, Answers, answers_at
from app.rules.planes.columns import Coded, Rows, Table
from app.rules.planes.kernel import answered

SAMPLE = 20
_OUTCOMES = {
    Outcome.ELIGIBLE: Answer.YES,
    Outcome.UNDETERMINED: Answer.UNKNOWN,
    Outcome.INELIGIBLE: Answer.NO,
}


@dataclass(frozen=True, slots=True)
class Counted:
    """How many have each outcome, where the eligible live, and some of their rows, to be explained."""

    outcomes: Mapping[Outcome, int]
    by_region: Mapping[str, int]
    sample: Rows


@dataclass(frozen=True, slots=True)
class Compared:
    """Two versions beside each other: the rows that gain and those that lose."""

    gain: Rows
    lose: Rows


def answers(rulebook: Rulebook, table: Table) -> Answers:
    """Return the answers of the one policy of a book, row by row."""
    planes = answered(rulebook.program, table)
    return answers_at(planes, np.zeros(table.size, np.int64), np.arange(table.size))


def counted(rulebook: Rulebook, table: Table, *, seed: int = 0) -> Counted:
    """Count the answers of the one policy of a book; the sample is the same for the same seed."""
    found = answers(rulebook, table)
    chance = np.random.default_rng(seed)
    eligible = np.flatnonzero(found == Answer.YES)
    sample = np.sort(chance.choice(eligible, min(SAMPLE, len(eligible)), replace=False))
    outcomes = {outcome: int((found == answer).sum()) for outcome, answer in _OUTCOMES.items()}
    return Counted(outcomes, by_code(table.regions, eligible), sample)


def compared(old: Rulebook, new: Rulebook, table: Table) -> Compared:
    """Say who gains and who loses where one version takes the place of another."""
    before, after = answers(old, table), answers(new, table)
    return Compared(
        np.flatnonzero((after == Answer.YES) & (before != Answer.YES)),
        np.flatnonzero((before == Answer.YES) & (after != Answer.YES)),
    )


def by_code(column: Coded | None, rows: Rows) -> Mapping[str, int]:
    """Count rows by the code of a column; "" where it is unknown."""
    if column is None:
        return {"": len(rows)} if len(rows) else {}
    numbers = np.bincount(column.values[rows], minlength=len(column.codes) + 1)
    return {code: int(number) for code, number in zip((*column.codes, ""), numbers, strict=True) if number}
