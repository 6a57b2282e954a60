"""Objects as files of one folder: written beside it, flushed, renamed; so that no half file is ever there."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import structlog

from app.foundation import clock
from app.gateways.objects.port import ObjectMissing, Stored, StoreDown, checked

_UNFINISHED: Final = "unfinished"
_log = structlog.get_logger(__name__)


class Folder:
    """A folder on a disk that every process of ours sees; readable by this user alone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, content: bytes) -> None:
        """Write beside, flush to the disk, rename, flush the folder."""
        place = self._place(name)
        unfinished = self._root / _UNFINISHED / uuid4().hex
        try:
            for folder in (place.parent, unfinished.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                _write(unfinished, content)
                unfinished.replace(place)
            finally:
                unfinished.unlink(missing_ok=True)
            _flush(place.parent)
        except OSError as error:
            _log.error("objects.not_written", reason=error.strerror)
            raise StoreDown from error

    def get(self, name: str) -> bytes:
        """Read it whole."""
        try:
            return self._place(name).read_bytes()
        except FileNotFoundError:
            raise ObjectMissing from None
        except OSError as error:
            _log.error("objects.not_read", reason=error.strerror)
            raise StoreDown from error

    def delete(self, name: str) -> None:
        """Unlink it."""
        try:
            self._place(name).unlink(missing_ok=True)
        except OSError as error:
            raise StoreDown from error

    def stored(self, kind: str) -> Iterator[Stored]:
        """Walk the folder of the kind; and remove what a killed process left unfinished a day ago."""
        try:
            for left in (self._root / _UNFINISHED).glob("*"):
                if _changed(left) < clock.now() - timedelta(days=1):
                    left.unlink(missing_ok=True)
            for found in (self._root / kind).glob("*/*"):
                yield Stored(f"{kind}/{found.parent.name}/{found.name}", _changed(found))
        except OSError as error:
            raise StoreDown from error

    def _place(self, name: str) -> Path:
        return self._root / checked(name)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
