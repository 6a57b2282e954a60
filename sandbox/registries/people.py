"""What the departments have on record: loaded from `people.yaml`, changed through the control port."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

SEED: Final = Path(__file__).with_name("people.yaml")


class UnknownName(Exception):
    """A department, a subject or a certificate type that nobody has heard of."""


@dataclass(slots=True)
class DepartmentRecord:
    """What one department knows of one subject; `dated` holds the facts whose date is not `as_of`."""

    as_of: str
    facts: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    shares: dict[str, dict[str, Any]] = field(default_factory=dict)
    dated: dict[str, str] = field(default_factory=dict)

    def fact_answers(self) -> dict[str, dict[str, Any]]:
        """Return `{name: {value, as_of}}`."""
        return {
            name: {"value": value, "as_of": self.dated.get(name, self.as_of)}
            for name, value in self.facts.items()
        }

    def list_answers(self) -> dict[str, dict[str, Any]]:
        """Return `{name: {items, as_of}}`; an empty list is knowledge, an absent one is not."""
        return {
            name: {"items": items, "as_of": self.dated.get(name, self.as_of)}
            for name, items in self.lists.items()
        }


@dataclass(slots=True)
class Subject:
    """A person or an enterprise, under its ID number or 统一社会信用代码."""

    identifier: str
    name: str
    records: dict[str, DepartmentRecord] = field(default_factory=dict)
    certificates: list[dict[str, Any]] = field(default_factory=list)
    public: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return everything there is about the subject, for the control port."""
        departments = {
            slug: {"facts": record.fact_answers(), "lists": record.list_answers(), "shares": record.shares}
            for slug, record in self.records.items()
        }
        return self.public | {"departments": departments, "certificates": self.certificates}


class Register:
    """Every subject on record, and the names of the departments and certificate types."""

    def __init__(self, seed: Path = SEED) -> None:
        self._seed = seed
        self.departments: dict[str, dict[str, Any]] = {}
        self.certificate_types: dict[str, str] = {}
        self._subjects: dict[str, Subject] = {}
        self.reset()

    def reset(self) -> None:
        """Forget every change: the records are those of the seed file again."""
        text = self._seed.read_text(encoding="utf-8")
        content = _plain(yaml.load(text, Loader=yaml.CSafeLoader))
        self.departments = content["departments"]
        self.certificate_types = content["certificate_types"]
        everybody = [*content["people"], *content["enterprises"]]
        self._subjects = {subject.identifier: subject for subject in map(_subject, everybody)}

    def find(self, identifier: str) -> Subject | None:
        """Return the subject under this ID number or code, if anybody has a record of it."""
        return self._subjects.get(identifier)

    def everybody(self) -> Iterable[Subject]:
        """Return the subjects in the order of the seed, then in the order they were added."""
        return self._subjects.values()

    def record(self, identifier: str, department: str) -> DepartmentRecord | None:
        """Return what one department has about one subject; None: it has nothing."""
        self.must_be_department(department)
        subject = self.find(identifier)
        return subject.records.get(department) if subject else None

    def must_be_department(self, slug: str) -> None:
        """Raise UnknownName unless there is such a department."""
        if slug not in self.departments:
            raise UnknownName(slug)

    def certificates(self, identifier: str, kind: str) -> list[dict[str, Any]]:
        """Return the certificates of one type: its code (`hukou_book`) or its name (`居民户口簿`)."""
        codes = {code for code, name in self.certificate_types.items() if kind in {code, name}}
        if not codes:
            raise UnknownName(kind)
        subject = self.find(identifier)
        held = subject.certificates if subject else []
        return [
            paper | {"type_name": self.certificate_types[paper["type"]]}
            for paper in held
            if paper["type"] in codes
        ]

    def change(self, identifier: str, changes: Mapping[str, Any]) -> Subject:
        """Add a subject, or change what departments know of it.

        `changes`: `{name?, openid?, phone?, certificates?, departments?: {slug: {as_of, facts?, lists?,
        shares?}}}`.  A fact given as null is forgotten; certificates of a given type replace those held.
        """
        departments = changes.get("departments", {})
        for slug in departments:
            self.must_be_department(slug)
        subject = self._subjects.setdefault(identifier, Subject(identifier, ""))
        shown = {
            key: changes[key]
            for key in ("name", "address", "openid", "phone", "id_number", "uscc")
            if key in changes
        }
        subject.public |= shown
        subject.name = subject.public.get("name", "")
        for slug, change in departments.items():
            _merge(subject.records.setdefault(slug, DepartmentRecord(change["as_of"])), change)
        replaced = {paper["type"] for paper in changes.get("certificates", ())}
        kept = [paper for paper in subject.certificates if paper["type"] not in replaced]
        subject.certificates = [*kept, *changes.get("certificates", ())]
        return subject


def _merge(record: DepartmentRecord, change: Mapping[str, Any]) -> None:
    for name, value in change.get("facts", {}).items():
        record.facts.pop(name, None)
        if value is not None:
            record.facts[name] = value
            record.dated[name] = change["as_of"]
    for name, items in change.get("lists", {}).items():
        record.lists.pop(name, None)
        if items is not None:
            record.lists[name] = items
            record.dated[name] = change["as_of"]
    record.shares.update(change.get("shares", {}))


def _subject(entry: Mapping[str, Any]) -> Subject:
    records = {slug: DepartmentRecord(**record) for slug, record in entry["departments"].items()}
    public = {key: value for key, value in entry.items() if key not in {"departments", "certificates"}}
    identifier = entry["id_number"] if "id_number" in entry else entry["uscc"]
    return Subject(identifier, entry["name"], records, list(entry["certificates"]), public)


def _plain(value: Any) -> Any:
    """Turn the dates that YAML made into the strings that JSON will carry."""
    match value:
        case dict():
            return {key: _plain(part) for key, part in value.items()}
        case list():
            return [_plain(part) for part in value]
        case date():
            return value.isoformat()
        case _:
            return value
