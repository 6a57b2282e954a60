"""Typed readers of the data files beside this module (YAML).

They answer "what does the file say", never "does it make sense": the capability that owns the data checks its
meaning when it loads it.  A file that is absent, not readable or not of the expected outer shape is a
`DataFileError` that names the file and the line.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml
from yaml import CSafeLoader

FOLDER: Final = Path(__file__).resolve().parent


@dataclass(slots=True)
class DataFileError(Exception):
    """A data file cannot be read: which file (relative to `config/`), which line (0: the whole file), why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        place = f"config/{self.file}" + (f", line {self.line}" if self.line else "")
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """One year of the official calendar of holidays (国务院办公厅关于节假日安排的通知).

    `off` are the days of rest of the notice, weekends inside a holiday included; `working_weekends` are the
    Saturdays and Sundays worked in exchange (调休).  Other weekdays are worked, other weekends are not.
    """

    year: int
    off: frozenset[date]
    working_weekends: frozenset[date]
    source: dict[str, Any]
    verification: str


class _OneMeaning(CSafeLoader):
    """A loader that refuses a mapping naming one key twice, where plain YAML silently keeps the last."""


def _mapping_without_duplicates(loader: _OneMeaning, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_OneMeaning.add_constructor("tag:yaml.org,2002:map", _mapping_without_duplicates)


def read(name: str, *, root: Path = FOLDER) -> dict[str, Any]:
    """Read `<name>.yaml` as a mapping, keys in the order of the file (e.g. `read("facts")`)."""
    return _read_mapping(root, f"{name}.yaml")


def read_all(folder: str, *, root: Path = FOLDER) -> tuple[dict[str, Any], ...]:
    """Read every `*.yaml` of a folder, by file name; each record's `id` is the name of its file."""
    names = [path.stem for path in sorted((root / folder).glob("*.yaml"))]
    if not names:
        raise DataFileError(folder, 0, "there is no .yaml file in this folder")
    return tuple(_read_record(root, folder, name) for name in names)


def read_one(folder: str, name: str, *, root: Path = FOLDER) -> dict[str, Any] | None:
    """Read the record of a folder that bears this id, None if there is no such file."""
    return _read_record(root, folder, name) if (root / folder / f"{name}.yaml").is_file() else None


def read_calendar(year: int, *, root: Path = FOLDER) -> CalendarYear:
    """Read the official calendar of one year; a year without a file is an error, never a guess."""
    name = f"calendar/{year}.yaml"
    record = _read_mapping(root, name)
    if record.get("year") != year:
        raise DataFileError(name, 1, f"year is {record.get('year')!r}, the file name says {year}")
    return CalendarYear(
        year=year,
        off=frozenset(day for holiday in record["holidays"] for day in holiday["days"]),
        working_weekends=frozenset(record["working_weekends"]),
        source=record["source"],
        verification=record["verification"],
    )


def calendar_years(*, root: Path = FOLDER) -> tuple[int, ...]:
    """List the years that have a calendar file, ascending."""
    return tuple(sorted(int(path.stem) for path in (root / "calendar").glob("*.yaml")))


def _read_record(root: Path, folder: str, name: str) -> dict[str, Any]:
    record = _read_mapping(root, f"{folder}/{name}.yaml")
    if record.get("id") != name:
        raise DataFileError(
            f"{folder}/{name}.yaml", 1, f"id is {record.get('id')!r}, the file name says {name!r}"
        )
    return record


def _read_mapping(root: Path, name: str) -> dict[str, Any]:
    try:
        text = (root / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataFileError(name, 0, "no such file") from None
    except (OSError, UnicodeDecodeError) as unreadable:
        raise DataFileError(name, 0, f"cannot be read ({type(unreadable).__name__})") from unreadable
    try:
        content = yaml.load(text, Loader=_OneMeaning)  # noqa: S506 -- a subclass of the safe loader
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark
        raise DataFileError(name, mark.line + 1 if mark else 0, broken.problem or "not YAML") from broken
    except (yaml.YAMLError, ValueError) as broken:
        raise DataFileError(name, 0, f"not YAML: {broken}") from broken
    if not isinstance(content, dict):
        raise DataFileError(name, 1, "a mapping was expected")
    return content
