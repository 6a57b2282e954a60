"""Snapshots of invented people, and what lies in the folder of a result."""

import datetime as dt
from collections import defaultdict

from app.eligibility.population import running
from app.residents import snapshots
from app.residents.types import SubjectKind
from tests.app.eligibility.population import people as some

PERSON = SubjectKind.PERSON


def snapshot(root, rows, as_of=some.DAY, scope=PERSON):
    scope = SubjectKind(scope)
    folder = snapshots.folder_of(root, scope, as_of)
    placed = defaultdict(list)
    for row in rows:
        placed[snapshots.place_of(row.region, row.changed_on)].append(row)
    parts = [snapshots.write_part(folder, place, 1, found, scope) for place, found in sorted(placed.items())]
    return snapshots.finish(folder, scope, as_of, parts)


def two_days(root):
    """A result of yesterday, a snapshot of today with some moved, some gone, and all its result holds."""
    known, day_before = some.people(600), some.DAY - dt.timedelta(days=1)
    yesterday = snapshot(root, some.rows(known), day_before)
    last = running.run(yesterday, some.book(day_before), root / "last")
    rows = some.rows(known[:500], changed_on=dt.date(2026, 10, 1)) + some.rows(some.people(650, 5))[530:]
    today = snapshot(root, rows)
    return today, last, contents(running.run(today, some.book(), root / "whole", last=last).folder)


def contents(folder):
    """Every file of a folder and its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
