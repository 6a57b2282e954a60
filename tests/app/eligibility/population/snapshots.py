"""Snapshots of invented people, and what lies in the folder of a result."""

from collections import defaultdict

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


def contents(folder):
    """Every file of a folder and its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
