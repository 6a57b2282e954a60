"""Who else may see a file, and which files are needed: answered by whoever has cases (app/wiring.py).

Materials know no case. Until somebody answers, nobody but its owner sees a file, and every file counts as
needed.
"""

from collections.abc import Collection
from typing import Protocol
from uuid import UUID

from app.identity.types import Principal


class Readers(Protocol):
    """What a capability that uses files can say of them."""

    def may_read(self, principal: Principal, file_id: UUID) -> bool:
        """Say whether somebody may see a file because of a case."""
        ...

    def needed(self, upload_ids: Collection[UUID]) -> set[UUID]:
        """Return those uploads that a case still needs, or that are kept by law."""
        ...


class _Nobody:
    """Answers as long as nobody else does."""

    def may_read(self, principal: Principal, file_id: UUID) -> bool:
        """Say no."""
        del principal, file_id
        return False

    def needed(self, upload_ids: Collection[UUID]) -> set[UUID]:
        """Keep everything."""
        return set(upload_ids)


_current: list[Readers] = [_Nobody()]


def ask(readers: Readers) -> None:
    """Let `readers` answer from now on."""
    _current[:] = [readers]


def readers() -> Readers:
    """Return whoever answers."""
    return _current[0]
