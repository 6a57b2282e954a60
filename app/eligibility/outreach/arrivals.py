"""What lies in the platform's folder (数据平台交付), seen from outside: days, manifests, and what is new.

Light: the scheduler looks, and starts `python -m app.deliveries` for the work.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import structlog
from sqlalchemy import select

from app.eligibility.outreach.models import Delivery
from app.eligibility.outreach.types import DeliveryState
from app.foundation import clock
from app.foundation.children import Child
from app.foundation.database import reading
from config.settings import Settings

MANIFEST, SCOPE = "manifest.json", "person"
OVERDUE = timedelta(hours=6)
"""A folder without a manifest that nobody has written to for so long is not being written any more."""
_log = structlog.get_logger(__name__)
_folder: list[Path] = []
_taker = Child("app.deliveries")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A day that lies in the folder; `digest` is its manifest's SHA-256, empty without one."""

    as_of: date
    digest: str


def use(settings: Settings) -> None:
    """Choose the folder to look into; without one nothing is ever due."""
    _folder[:] = [] if settings.delivery_folder is None else [settings.delivery_folder]


def arrived(root: Path) -> Iterator[Arrival]:
    """Yield the days that lie there, newest first; one that is still being written is left out."""
    days = {day: found for found in root.iterdir() if found.is_dir() and (day := _day(found.name))}
    for day in sorted(days, reverse=True):
        if (found := arrival(root, day)) is not None:
            yield found


def arrival(root: Path, day: date) -> Arrival | None:
    """Return what lies there of a day, None where it is not there or still being written."""
    folder = root / day.isoformat() / SCOPE
    manifest = folder / MANIFEST
    if manifest.is_file():
        return Arrival(day, hashlib.sha256(manifest.read_bytes()).hexdigest())
    touched = max((path.stat().st_mtime for path in (folder, *folder.rglob("*")) if path.exists()), default=0)
    return Arrival(day, "") if 0 < touched < (clock.now() - OVERDUE).timestamp() else None


def due(root: Path) -> bool:
    """Say whether there is anything to take: an unfinished delivery, or a day that no row tells of."""
    asked = select(Delivery.as_of, Delivery.digest, Delivery.state)
    with reading() as connection:
        rows = connection.execute(asked).all()
    if any(row.state in {DeliveryState.MATCHING, DeliveryState.APPLYING} for row in rows):
        return True
    told = {(row.as_of, row.digest) for row in rows}
    latest = max((row.as_of for row in rows if row.state == DeliveryState.APPLIED), default=date.min)
    return any((found.as_of, found.digest) not in told for found in arrived(root) if found.as_of >= latest)


def start_if_due() -> bool:
    """Start the process that takes deliveries, unless it runs or there is nothing to take; says whether."""
    if not _folder or not _folder[0].is_dir() or not due(_folder[0]) or not _taker.start():
        return False
    _log.info("delivery.started")
    return True


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
