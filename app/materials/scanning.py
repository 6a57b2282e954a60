"""A worker has uploads scanned; nothing is lent before, and a scanner that is down decides nothing."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import func, select, update

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, leases
from app.foundation.database import session
from app.foundation.transaction import atomic, on_commit
from app.gateways.objects.port import ObjectMissing, StoreDown, name_of, objects
from app.gateways.scanner.port import ScannerDown, Verdict, scanner
from app.identity.types import ResidentId
from app.materials import envelopes, events
from app.materials.models import StoredFile, Upload
from app.materials.receiving import FILES, delete_all
from app.materials.types import UploadState

LEASE, PAUSE = timedelta(seconds=60), timedelta(seconds=30)
"""A worker's time for one file; how long a file rests after a scanner that was down."""
LONGEST_SIGNATURE: Final = 200
SCANNER: Final = Actor(ActorKind.SYSTEM, "materials.scanner")
_log = structlog.get_logger(__name__)


def scan_due() -> int:
    """Scan what waits, until nothing does or the scanner is down; returns how many verdicts there are."""
    verdicts = 0
    while True:
        with atomic():
            claimed = leases.claim(Upload, Upload.state == UploadState.PENDING_SCAN, limit=1, lease=LEASE)
        if not claimed:
            return verdicts
        upload_id, attempt = claimed[0]
        verdict = _look(upload_id)
        if verdict is None:
            _rest(upload_id, attempt)
            return verdicts
        with atomic():
            verdicts += _book(upload_id, attempt, verdict)


def _look(upload_id: UUID) -> Verdict | None:
    """Scan one file; None where nothing can be said of it now."""
    try:
        content = _content(upload_id)
        return scanner().scan(content)
    except ScannerDown as down:
        _log.warning("materials.scanner_down", reason=str(down))
    except (StoreDown, ObjectMissing) as error:
        _log.error("materials.not_at_hand", kind=type(error).__name__, upload=str(upload_id))
    return None


def _content(upload_id: UUID) -> bytes:
    with atomic():
        row = session.execute(
            select(StoredFile.id, Upload.key)
            .join(Upload, Upload.id == StoredFile.upload_id)
            .where(StoredFile.upload_id == upload_id, StoredFile.watermark == "")
        ).one_or_none()
    if row is None or row.key is None:
        raise ObjectMissing
    place = name_of(FILES, row.id)
    return envelopes.unseal(objects().get(place), upload_id=upload_id, key=row.key, name=place)


def _book(upload_id: UUID, attempt: int, verdict: Verdict) -> bool:
    """Write the verdict unless somebody else has; the key of an infected file goes at once."""
    values: dict[str, Any] = {"state": UploadState.CLEAN}
    if not verdict.clean:
        found = (verdict.signature or "")[:LONGEST_SIGNATURE]
        values = {"state": UploadState.INFECTED, "key": None, "finding": found, "expires_at": None}
    row = session.execute(
        update(Upload)
        .where(Upload.id == upload_id, Upload.attempts == attempt, Upload.state == UploadState.PENDING_SCAN)
        .values(**values, scanned_at=clock.now(), leased_until=None)
        .returning(Upload.owner_id)
    ).one_or_none()
    if row is None:
        return False
    trail.record(
        "materials.scanned",
        actor=SCANNER,
        subject=("upload", upload_id),
        outcome="ok" if verdict.clean else "infected",
    )
    session.flush()
    if not verdict.clean:
        events.infected.send((ResidentId(row.owner_id), upload_id))
        places = [name_of(FILES, file_id) for file_id in _files_of(upload_id)]
        on_commit(lambda: delete_all(places))
    return True


def _files_of(upload_id: UUID) -> list[UUID]:
    return list(session.scalars(select(StoredFile.id).where(StoredFile.upload_id == upload_id)))


def _rest(upload_id: UUID, attempt: int) -> None:
    with atomic():
        session.execute(
            update(Upload)
            .where(Upload.id == upload_id, Upload.attempts == attempt)
            .values(leased_until=func.now() + PAUSE)
        )
