"""事实快照: facts of everybody who allows matching, as Parquet by region and month of change, for a day.

A snapshot is as sensitive as the database: sealed values stand in it as they are. Files are readable by their
owner alone and lie under the folder that the settings name; it belongs on an encrypted disk, and what is
old is deleted (`discard`). The manifest is written last: without it there is no snapshot. A data
platform that keeps facts itself writes the same files and the same manifest.
"""

import hashlib
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text

from app.foundation import clock
from app.foundation.database import reading
from app.residents import columnar, facts
from app.residents.columnar import Ids, Part, Row, SnapshotFaulty
from app.residents.fact_catalogue import region_of
from app.residents.fact_rows import FactRow
from app.residents.types import Purpose, SubjectKind
from app.rules.planes.lowering import Needed

FORMAT = 1
MANIFEST = "manifest.json"
PART_ROWS = 262_144
HELD_ROWS = 500_000
"""Rows kept in memory while partitions fill; beyond, the fullest is written."""
EVERYWHERE = "000000"
_COLUMNS = (
    "id", "owner_id", "subject_kind", "subject_id", "name", "kind", "value", "sealed", "source", "as_of",
    "since", "fetched_at",
)  # fmt: skip
_PEOPLE = "SELECT resident_id AS subject_id FROM consenting"
_ENTERPRISES = (
    "SELECT e.id AS subject_id FROM resident_enterprise e "
    "JOIN consenting c USING (resident_id) WHERE e.ended_at IS NULL"
)
_COPY = """
COPY (
  WITH consenting AS (
    SELECT resident_id FROM (
      SELECT DISTINCT ON (resident_id) resident_id, granted FROM resident_consent
      WHERE purpose = '{purpose}' ORDER BY resident_id, version DESC
    ) AS latest WHERE granted
  ), subject AS ({subjects})
  SELECT subject.subject_id, {columns} FROM subject
  LEFT JOIN resident_fact f ON f.subject_id = subject.subject_id ORDER BY subject.subject_id
) TO STDOUT (FORMAT BINARY)
"""
_TYPES = [
    "uuid", "uuid", "uuid", "varchar", "uuid", "varchar", "varchar", "jsonb", "bytea", "varchar", "date",
    "date", "timestamptz",
]  # fmt: skip


class SnapshotOfAnotherDay(SnapshotFaulty):
    """The snapshot is of another day than the one asked for."""

    code = "snapshot.another_day"


@dataclass(frozen=True, slots=True)
class PartFile:
    """One file of a snapshot: where it lies, how many subjects it holds, its SHA-256."""

    path: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The facts of one kind of subject on one day."""

    folder: Path
    scope: SubjectKind
    as_of: date
    parts: tuple[PartFile, ...]

    def read(self, part: PartFile, needed: Needed) -> Part:
        """Read the columns needed of a part; raises SnapshotFaulty where the file is not the manifest's."""
        found = columnar.read(self._checked(part), self.scope, needed)
        if found.table.size != part.rows:
            raise SnapshotFaulty(f"快照文件 {part.path} 的行数与清单不符，请重新导出")
        return found

    def ids(self, part: PartFile) -> Ids:
        """Read only who is in a part; raises SnapshotFaulty as `read` does."""
        return columnar.read_ids(self._checked(part))

    def _checked(self, part: PartFile) -> Path:
        path = self.folder / part.path
        if not path.is_file() or path.is_symlink():
            raise SnapshotFaulty(f"快照缺少文件 {part.path}，请重新导出")
        if _digest(path) != part.sha256:
            raise SnapshotFaulty(f"快照文件 {part.path} 与清单不符，请重新导出")
        return path


def folder_of(root: Path, scope: SubjectKind, as_of: date) -> Path:
    """Return where the snapshot of a day lies."""
    return root / as_of.isoformat() / scope


def opened(root: Path, scope: SubjectKind, as_of: date) -> Snapshot:
    """Open the snapshot of a day; raises SnapshotFaulty, SnapshotOfAnotherDay."""
    folder = folder_of(root, scope, as_of)
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        parts = tuple(PartFile(str(p["path"]), int(p["rows"]), str(p["sha256"])) for p in manifest["parts"])
        made_for, version, kind = date.fromisoformat(manifest["as_of"]), manifest["format"], manifest["scope"]
    except FileNotFoundError as error:
        raise SnapshotFaulty(f"没有 {as_of} 的完整快照，请先导出") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SnapshotFaulty("快照清单读不懂，请重新导出") from error
    if made_for != as_of:
        raise SnapshotOfAnotherDay(f"这是 {made_for} 的快照，不能用于 {as_of} 的匹配，请导出当天的快照")
    outside = any(Path(p.path).is_absolute() or ".." in Path(p.path).parts for p in parts)
    if version != FORMAT or kind != scope or outside:
        raise SnapshotFaulty("快照清单的格式或对象不对，请重新导出")
    return Snapshot(folder, scope, as_of, parts)


def export(root: Path, scope: SubjectKind, as_of: date) -> Snapshot:
    """Export the facts of everybody who allows matching, in one statement; replaces an unfinished export.

    Reads what stands now: facts of the past are not kept. Raises SnapshotFaulty where a value does not fit.
    """
    folder = folder_of(root, scope, as_of)
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700)
    return finish(folder, scope, as_of, _written(folder, scope, _rows(scope)))


def finish(folder: Path, scope: SubjectKind, as_of: date, parts: Iterable[PartFile]) -> Snapshot:
    """Write the manifest, the last thing: from now on it is a snapshot."""
    found = tuple(sorted(parts, key=lambda part: part.path))
    listed = [{"path": part.path, "rows": part.rows, "sha256": part.sha256} for part in found]
    manifest = {"format": FORMAT, "scope": scope, "as_of": as_of.isoformat(), "parts": listed}
    draft = folder / f"{MANIFEST}.draft"
    draft.touch(mode=0o600)
    draft.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    draft.replace(folder / MANIFEST)
    return Snapshot(folder, scope, as_of, found)


def discard(root: Path, before: date) -> int:
    """Delete the snapshots of days before a day; returns of how many days."""
    old = [
        folder for folder in sorted(root.iterdir()) if folder.is_dir() and folder.name < before.isoformat()
    ]
    for folder in old:
        shutil.rmtree(folder)
    return len(old)


def write_part(folder: Path, place: str, number: int, rows: list[Row], scope: SubjectKind) -> PartFile:
    """Write one file of a partition; `place` is `region=5001/changed=2026-11`."""
    path = folder / place / f"part-{number}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    columnar.write(path, rows, scope)
    return PartFile(str(path.relative_to(folder)), len(rows), _digest(path))


def place_of(region: str | None, changed_on: date) -> str:
    """Return the partition of a subject: the city (地级市) whose parameters hold, and the month of change."""
    return f"region={(region or EVERYWHERE)[:4]}/changed={changed_on:%Y-%m}"


def _written(folder: Path, scope: SubjectKind, rows: Iterable[Row]) -> Iterator[PartFile]:
    waiting: defaultdict[str, list[Row]] = defaultdict(list)
    numbers: defaultdict[str, int] = defaultdict(int)
    held = 0

    def write(place: str) -> PartFile:
        numbers[place] += 1
        return write_part(folder, place, numbers[place], waiting.pop(place), scope)

    for row in rows:
        place = place_of(row.region, row.changed_on)
        waiting[place].append(row)
        held += 1
        if len(waiting[place]) >= PART_ROWS or held >= HELD_ROWS:
            fullest = max(waiting, key=lambda one: len(waiting[one]))
            held -= len(waiting[fullest])
            yield write(fullest)
    for place in sorted(waiting):
        yield write(place)


def _rows(scope: SubjectKind) -> Iterator[Row]:
    never = date(1970, 1, 1)
    for subject_id, group in groupby(_copied(scope), key=lambda found: found[0]):
        rows = [FactRow(*found[1:]) for found in group if found[1] is not None]
        known = facts.counting(rows)
        values = {name: fact.value for name, fact in known.items()}
        changed = max((clock.local(row.fetched_at).date() for row in rows), default=never)
        yield Row(subject_id, region_of(values), changed, values)


def _copied(scope: SubjectKind) -> Iterator[Any]:
    """Stream every fact by COPY, ordered by subject; somebody of whom nothing is known is a row of nulls."""
    subjects = _PEOPLE if scope is SubjectKind.PERSON else _ENTERPRISES
    columns = ", ".join(f"f.{column}" for column in _COLUMNS)
    statement = _COPY.format(purpose=Purpose.MATCHING, subjects=subjects, columns=columns)
    with reading() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        try:
            raw: Any = connection.connection.driver_connection
            with raw.cursor() as cursor, cursor.copy(statement) as copy:
                copy.set_types(_TYPES)
                yield from copy.rows()
        finally:
            connection.execute(text("RESET statement_timeout"))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
