"""What time and leaving take away: unfinished uploads, unneeded files, objects without a row."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select, update

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock
from app.foundation.database import one_of_ids, reading, session
from app.foundation.transaction import on_commit
from app.gateways.objects.port import name_of, objects
from app.identity.types import ResidentId
from app.materials import queries
from app.materials.errors import StillNeeded
from app.materials.models import StoredFile, Upload
from app.materials.readers import readers
from app.materials.receiving import FILES, PIECES, delete_all
from app.materials.types import HELD, UNUSED, UploadState

BATCH, ORPHANED = 200, timedelta(days=1)
"""An object may lie a day before its row is missed: an upload under way has none yet."""
SWEEPER: Final = Actor(ActorKind.SYSTEM, "materials.sweep")
_log = structlog.get_logger(__name__)


def drop(resident: ResidentId, upload_id: UUID) -> None:
    """Erase one's own upload; raises UploadNotFound, StillNeeded."""
    row = queries.own(resident, upload_id)
    if row.state not in HELD:
        return
    if readers().needed([upload_id]):
        raise StillNeeded
    _erase([upload_id], actor=Actor(ActorKind.RESIDENT, str(resident)))


def forget(resident: ResidentId) -> None:
    """Erase the files of somebody who has left, but those that a case keeps by law (PIPL 47)."""
    held = list(session.scalars(select(Upload.id).where(Upload.owner_id == resident, Upload.state.in_(HELD))))
    _erase(sorted(set(held) - readers().needed(held)), actor=SWEEPER)


def expire_due() -> int:
    """End uploads that were not gone on with for a day, and erase files that no case needed for a month."""
    due = session.execute(
        select(Upload.id, Upload.state)
        .where(Upload.expires_at < clock.now(), Upload.state.in_(HELD))
        .order_by(Upload.expires_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    needed = readers().needed([row.id for row in due])
    session.execute(
        update(Upload)
        .where(Upload.id == one_of_ids(needed))
        .values(expires_at=clock.now() + UNUSED)
        .execution_options(synchronize_session=False)
    )
    unfinished = [row.id for row in due if row.state == UploadState.RECEIVING]
    unused = [row.id for row in due if row.state != UploadState.RECEIVING and row.id not in needed]
    _erase(unfinished, actor=SWEEPER, state=UploadState.EXPIRED)
    _erase(unused, actor=SWEEPER)
    return len(unfinished) + len(unused)


def sweep_orphans() -> int:
    """Remove objects that no row names: what was written and never booked; returns how many.

    Piecewise: lists the whole store. Rows without an object are logged, they are nothing a sweep can mend.
    """
    removed = 0
    old = clock.now() - ORPHANED
    for kind in (PIECES, FILES):
        lying = (found.name for found in objects().stored(kind) if found.modified_at < old)
        for names in _in_batches(lying):
            unknown = set(names) - _named(kind, names)
            for name in unknown:
                objects().delete(name)
            removed += len(unknown)
    _log.info("materials.swept", removed=removed)
    return removed


def _in_batches(names: Iterable[str]) -> Iterable[list[str]]:
    batch: list[str] = []
    for name in names:
        batch.append(name)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _named(kind: str, names: list[str]) -> set[str]:
    """Return those names that a row with content names."""
    ids = [UUID(hex=name.rpartition("/")[2]) for name in names]
    if kind == FILES:
        asked = (
            select(StoredFile.id)
            .join(Upload, Upload.id == StoredFile.upload_id)
            .where(StoredFile.id == one_of_ids(ids), Upload.state.in_(HELD))
        )
        with reading() as connection:
            return {name_of(FILES, found) for found in connection.scalars(asked)}
    under_way = select(Upload.pieces).where(Upload.state == UploadState.RECEIVING)
    with reading() as connection:
        pieces = {piece for found in connection.scalars(under_way) for piece in found}
    return {name for name in names if name.rpartition("/")[2] in pieces}


def _erase(upload_ids: list[UUID], *, actor: Actor, state: UploadState = UploadState.ERASED) -> None:
    """Take the keys out of the rows, which destroys the files; the objects go after the commit."""
    if not upload_ids:
        return
    pieces = session.scalars(select(Upload.pieces).where(Upload.id == one_of_ids(upload_ids))).all()
    files = session.scalars(select(StoredFile.id).where(StoredFile.upload_id == one_of_ids(upload_ids))).all()
    session.execute(
        update(Upload)
        .where(Upload.id == one_of_ids(upload_ids))
        .values(state=state, key=None, pieces=[], expires_at=None)
        .execution_options(synchronize_session=False)
    )
    for upload_id in upload_ids:
        trail.record(f"materials.{state.value}", actor=actor, subject=("upload", upload_id))
    session.flush()
    places = [name_of(FILES, file_id) for file_id in files]
    places += [name_of(PIECES, UUID(hex=piece)) for found in pieces for piece in found]
    on_commit(lambda: delete_all(places))
