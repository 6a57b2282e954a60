"""What the domain may ask of the place where files lie (对象存储).

A name is `<kind>/<two hex digits>/<32 hex digits>` and made by us; nothing that a person wrote is ever part
of it. What lies here is ciphertext.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from app.foundation.errors import Unavailable

_NAME: Final = re.compile(r"[a-z]{1,16}/[0-9a-f]{2}/[0-9a-f]{32}")


class ObjectMissing(Exception):
    """No object of that name."""


class StoreDown(Unavailable):
    """The store does not answer, refuses us or is full."""

    code = "objects.store_down"
    message = "文件存储暂时不可用，您的文件没有丢失，请稍后再试"


@dataclass(frozen=True, slots=True)
class Stored:
    """One object that lies there, and since when."""

    name: str
    modified_at: datetime


class ObjectStore(Protocol):
    """A place for objects; every call raises StoreDown where the place does not do its work."""

    def put(self, name: str, content: bytes) -> None:
        """Keep `content` whole or not at all; durable when it returns."""
        ...

    def get(self, name: str) -> bytes:
        """Return an object; raises ObjectMissing."""
        ...

    def delete(self, name: str) -> None:
        """Forget an object; one that is not there is no fault."""
        ...

    def stored(self, kind: str) -> Iterator[Stored]:
        """Yield every object of a kind, in no order."""
        ...


def name_of(kind: str, object_id: UUID) -> str:
    """Return the name of an object of ours; by the last digits, since the first tell the time."""
    return checked(f"{kind}/{object_id.hex[-2:]}/{object_id.hex}")


def checked(name: str) -> str:
    """Return `name`; raises ValueError for one that we did not make."""
    if not _NAME.fullmatch(name):
        raise ValueError("not the name of an object")
    return name


_current: list[ObjectStore] = []


def use(store: ObjectStore) -> None:
    """Make `store` the process's store."""
    _current[:] = [store]


def objects() -> ObjectStore:
    """Return the process's store."""
    return _current[0]
