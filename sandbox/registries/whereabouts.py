"""Who somebody is whom a delivery calls by an index: from those on record, else from the kept register."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sandbox.registries.keys import index_of
from sandbox.registries.people import Register


@dataclass(frozen=True, slots=True)
class Person:
    """A name, and an address where one is known."""

    name: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Answers for one index at a time; the file is looked for at each question, it may come later."""

    key: bytes
    register: Register
    kept: Path | None

    def find(self, person_index: str) -> Person | None:
        """Return who it is, None where nobody is on record."""
        index = bytes.fromhex(person_index)
        for subject in self.register.everybody():
            if index_of(subject.identifier, self.key) == index:
                return Person(subject.name, subject.public.get("address"))
        return self._kept(index)

    def _kept(self, index: bytes) -> Person | None:
        if self.kept is None or not self.kept.is_file():
            return None
        asked = "SELECT name, address FROM person WHERE person_index = ?"
        with closing(sqlite3.connect(f"file:{self.kept}?mode=ro", uri=True)) as kept:
            found = kept.execute(asked, (index,)).fetchone()
        return None if found is None else Person(*found)
