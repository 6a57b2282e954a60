"""Whom to announce what (预告), found for everybody at once on the day's snapshot, by the planes.

Not by SQL: dates may be sealed or lie inside lists, and what turns is a condition, not a date. Not by asking
everybody: the planes ask each coming day only those whom a date turns on it. What is found is only marked as
due; whether it is true and to whom it may be told is asked again of the facts before anybody is told.
"""

import fcntl
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert

from app.eligibility import announcing, foresight, policies
from app.eligibility.foresight import UpcomingKind
from app.eligibility.population.foresight import ahead
from app.eligibility.population.rulebook import Rulebook
from app.eligibility.types import Audience
from app.eligibility.upcoming_models import Announcement, AnnouncementState, ForesightDay, Untold
from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.leases import work_off
from app.foundation.transaction import atomic
from app.residents import snapshots, subjects
from app.residents.columnar import Part, SnapshotFaulty, subject_ids
from app.residents.snapshots import PartFile, Snapshot
from app.residents.types import SubjectKind
from app.rules.planes.answers import Answer, Changes, answers_at
from app.rules.planes.kernel import Planes, answered
from app.rules.planes.lowering import Needed

LEASE = timedelta(minutes=10)
ROWS_WRITTEN = 2_000
LOCK, OWN = "upcoming.lock", "upcoming"
"""The folder of snapshots that only this search made: deleted once it is over."""


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody to whom a day to come is to be announced."""

    subject_id: UUID
    policy_id: str
    day: date
    kind: UpcomingKind


def search(root: Path) -> int:
    """Search the day's snapshots for what is due, unless that is done; returns the partitions searched.

    Exports what is not there. Killed and started again, it goes on behind the last finished partition;
    who moved to an earlier one meanwhile is found tomorrow.
    """
    with _alone(root):
        _open_day()
        if announcing.searched_today():
            return 0
        found = {audience: _snapshot(root, audience) for audience in Audience}
        done = work_off(ForesightDay, _unfinished, lease=LEASE, step=_Search(found).step)
        if announcing.searched_today():
            shutil.rmtree(root / OWN, ignore_errors=True)
        return done


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Let one process of this machine at a time into the folder; a killed one holds it no more."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (root / LOCK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _open_day() -> None:
    nothing: dict[str, object] = {"attempts": 0, "cursor": "", "counts": {}}
    rows = [{"id": new_id(), "as_of": clock.today(), "audience": one.value, **nothing} for one in Audience]
    days = insert(ForesightDay).on_conflict_do_nothing(index_elements=["as_of", "audience"])
    with atomic():
        session.execute(days, rows)


def _snapshot(root: Path, audience: Audience) -> Snapshot:
    """Open the day's snapshot, else the one that this search made before it was killed, else make it."""
    scope, today = SubjectKind(audience.value), clock.today()
    for folder in (root, root / OWN):
        try:
            return snapshots.opened(folder, scope, today)
        except SnapshotFaulty:
            continue
    return snapshots.export(root / OWN, scope, today)


def due_in(part: Part, book: Rulebook) -> Iterator[Due]:
    """Yield what one partition's people are to be told, each policy as long before as it says.

    Who may receive what is not surely theirs is among those for whom it ends.
    """
    today = answered(book.program, part.table)
    received = np.array([bool(policy.received_fact or policy.renewal) for policy in book.policies], np.bool_)
    for step in ahead(today, part.table, book, days=_horizon(book)):
        turned = step.changes
        over = turned.only(
            (turned.before == Answer.YES) | ((turned.after == Answer.NO) & received[turned.rules])
        )
        yield from _near(part, book, step.day, UpcomingKind.BEGINS, turned.new)
        yield from _near(part, book, step.day, UpcomingKind.ENDS, over)
    yield from _renewals(part, book, today)


def _renewals(part: Part, book: Rulebook, today: Planes) -> Iterator[Due]:
    """Yield what is to be renewed, of policies that may still be theirs."""
    places = np.array(
        [place for place, policy in enumerate(book.policies) if policy.renewal is not None], int
    )
    renewing = (renewed for policy in book.policies if (renewed := foresight.renewed(policy)) is not None)
    renewals = Rulebook.of(renewing, book.audience, book.as_of)
    for step in ahead(answered(renewals.program, part.table), part.table, renewals, days=_horizon(renewals)):
        over = step.changes.only((step.changes.before == Answer.YES) & (step.changes.after == Answer.NO))
        theirs = over.only(answers_at(today, places[over.rules], over.rows) != Answer.NO)
        yield from _near(part, renewals, step.day, UpcomingKind.RENEWAL, theirs)


def _near(part: Part, book: Rulebook, day: date, kind: UpcomingKind, found: Changes) -> Iterator[Due]:
    """Yield those whose policy tells them so many days ahead."""
    told = np.array([foresight.notice_days(policy, kind) for policy in book.policies], int)
    chosen = found.only(told[found.rules] >= (day - book.as_of).days)
    ids = subject_ids(part.ids[chosen.rows])
    for rule, subject_id in zip(chosen.rules.tolist(), ids, strict=True):
        yield Due(subject_id, book.policies[rule].id, day, kind)


def _horizon(book: Rulebook) -> int:
    """Return how many days ahead anybody is told by one of the policies."""
    return max((foresight.notice_days(policy, UpcomingKind.ENDS) for policy in book.policies), default=0)


def _unfinished() -> ColumnElement[bool]:
    return (ForesightDay.as_of == clock.today()) & ForesightDay.finished_at.is_(None)


@dataclass(frozen=True, slots=True)
class _Search:
    """The search of one day, a partition a step."""

    snapshots: Mapping[Audience, Snapshot]

    def step(self, search_id: UUID, number: int) -> bool:
        """Search one partition; False when the day is finished or another process has taken it over."""
        with atomic():
            row = session.execute(
                select(ForesightDay.audience, ForesightDay.cursor).where(ForesightDay.id == search_id)
            ).one()
        audience = Audience(row.audience)
        snapshot = self.snapshots[audience]
        part = next((part for part in snapshot.parts if part.path > row.cursor), None)
        found = [] if part is None else self._found(snapshot, part, audience)
        with atomic():
            day = session.scalar(select(ForesightDay).where(ForesightDay.id == search_id).with_for_update())
            if day is None or day.attempts != number or day.finished_at is not None:
                return False
            _mark(found, audience)
            day.counts = {"people": int(day.counts.get("people", 0)) + (part.rows if part else 0)}
            if part is None:
                day.finished_at, day.leased_until = clock.now(), None
            else:
                day.cursor = part.path
                day.leased_until = session.execute(select(func.now() + LEASE)).scalar_one()
        return part is not None

    def _found(self, snapshot: Snapshot, part: PartFile, audience: Audience) -> list[Due]:
        with atomic():
            published = policies.all_published()
        book = Rulebook.of(published, audience, snapshot.as_of)
        dates = frozenset(policy.renewal.since for policy in book.policies if policy.renewal is not None)
        read = snapshot.read(part, book.needed | Needed(dates, {}))
        return list(due_in(read, book))


def _mark(found: Sequence[Due], audience: Audience) -> None:
    """Write down what is due, once for ever; what was kept back as not true may have become so."""
    owners = (
        {one.subject_id: one.subject_id for one in found}
        if audience is Audience.PERSON
        else subjects.representatives({one.subject_id for one in found})
    )
    rows = [
        {
            "id": new_id(),
            "created_at": clock.now(),
            "resident_id": owners[one.subject_id],
            "subject_id": one.subject_id,
            "policy_id": one.policy_id,
            "day": one.day,
            "kind": one.kind.value,
            "state": AnnouncementState.DUE,
        }
        for one in found
        if one.subject_id in owners
    ]
    statement = insert(Announcement)
    again = statement.on_conflict_do_update(
        index_elements=["resident_id", "subject_id", "policy_id", "day", "kind"],
        set_={"state": AnnouncementState.DUE, "untold": None},
        where=Announcement.untold == Untold.NOT_TRUE,
    )
    for first in range(0, len(rows), ROWS_WRITTEN):
        session.execute(again, rows[first : first + ROWS_WRITTEN])
