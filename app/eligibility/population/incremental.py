"""The same difference as a full run's, from those alone who changed or whom the calendar touches tonight."""

import numpy as np

from app.eligibility.population.rulebook import Rulebook
from app.rules.planes.answers import Changes, changes, replaced
from app.rules.planes.calendar import touched
from app.rules.planes.columns import Flags, Table
from app.rules.planes.kernel import Planes, answered


def stepped(
    before: Planes, table: Table, old: Rulebook, new: Rulebook, *, changed: Flags
) -> tuple[Planes, Changes]:
    """Take a result from one day to a later one; returns the whole new result and what differs.

    `before` answers `old` on the rows of `table`, as they were; `changed` are the rows with other facts now.
    The books hold the same policies; one that is another version, begins or ends is asked of everybody.
    """
    if [policy.id for policy in old.policies] != [policy.id for policy in new.policies]:
        raise ValueError(
            "the rulebooks hold other policies: add a new one to the old book, where it answers no"
        )
    turned = np.array([_differs(old, new, place) for place in range(len(new.rules))], np.bool_)
    steady, whole = np.flatnonzero(~turned), np.flatnonzero(turned)
    kept_old, kept_new = old.only(steady), new.only(steady)
    rows = np.flatnonzero(changed | touched(table, kept_old.program, kept_new.program))
    some = answered(kept_new.program, table.rows(rows))
    if not len(whole):
        return replaced(before, rows, some)
    planes, found = replaced(_only(before, steady), rows, some)
    surely, possibly = before.surely.copy(), before.possibly.copy()
    surely[steady], possibly[steady] = planes.surely, planes.possibly
    asked = answered(new.only(whole).program, table)
    surely[whole], possibly[whole] = asked.surely, asked.possibly
    after = Planes(surely, possibly, before.rows)
    return after, _together(found, steady, changes(_only(before, whole), _only(after, whole)), whole)


def _differs(old: Rulebook, new: Rulebook, place: int) -> bool:
    then, now = old.policies[place], new.policies[place]
    return then.checksum != now.checksum or then.in_force(old.as_of) != now.in_force(new.as_of)


def _only(planes: Planes, rules: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Planes:
    return Planes(planes.surely[rules], planes.possibly[rules], planes.rows)


def _together(some: Changes, steady: np.ndarray, rest: Changes, whole: np.ndarray) -> Changes:
    """Join the changes of both kinds of rules, ordered as a full comparison has them."""
    rules = np.concatenate([steady[some.rules], whole[rest.rules]])
    rows, before, after = (
        np.concatenate([getattr(some, name), getattr(rest, name)]) for name in ("rows", "before", "after")
    )
    order = np.lexsort((rows, rules))
    return Changes(rules[order], rows[order], before[order], after[order])
