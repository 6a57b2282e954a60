"""An upload arrives in pieces: begun, gone on with after any break, finished by a look at what has come.

The store and the parser are never waited for inside a transaction: what they did is booked afterwards, and
what was not booked is swept up (`sweeping.py`).
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, limits
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.limits import Limit
from app.foundation.queue import Bell, ring_on_commit
from app.foundation.transaction import atomic, on_commit
from app.gateways.objects.port import name_of, objects
from app.identity.types import ResidentId
from app.materials import envelopes, inspection, names, queries
from app.materials.errors import (
    ChecksumDiffers,
    ContentRefused,
    Incomplete,
    NotReceiving,
    OffsetDiffers,
    PieceUnfit,
    QuotaUsedUp,
    UploadNotFound,
)
from app.materials.inspection import Inspected
from app.materials.models import StoredFile, Upload
from app.materials.parsing.refusals import Reason, Refused
from app.materials.types import HELD, QUOTA, SESSION, SMALLEST_PIECE, UNUSED, UploadState, UploadView

UPLOADS: Final = Limit("materials.upload", burst=30, seconds=3600)
PIECES, FILES = "pieces", "files"
"""Kinds of objects in the store."""


def begin(resident: ResidentId, *, name: str, size: int, sha256: bytes) -> tuple[UploadView, bool]:
    """Begin an upload, or find the one of the same content; returns it, and whether it is new.

    Raises TooManyRequests (30 an hour), QuotaUsedUp.
    """
    if (known := _of_content(resident, sha256)) is not None:
        return known, False
    limits.take(UPLOADS, str(resident))
    held = session.scalar(
        select(func.coalesce(func.sum(Upload.size), 0)).where(
            Upload.owner_id == resident, Upload.state.in_(HELD)
        )
    )
    if (held or 0) + size > QUOTA:
        raise QuotaUsedUp
    upload_id = new_id()
    written = session.scalar(
        insert(Upload)
        .values(
            id=upload_id,
            owner_id=resident,
            name=envelopes.seal_name(names.cleaned(name), upload_id=upload_id),
            size=size,
            sha256=sha256,
            pieces=[],
            key=envelopes.new_key(upload_id),
            expires_at=clock.now() + SESSION,
        )
        .on_conflict_do_nothing()
        .returning(Upload.id)
    )
    if written is not None:
        _record("materials.upload_begun", resident, upload_id, size=size)
    found = _of_content(resident, sha256)
    if found is None:  # the other one was refused in this very moment
        raise UploadNotFound
    return found, written is not None


def append(resident: ResidentId, upload_id: UUID, piece: bytes, *, offset: int) -> UploadView:
    """Take the piece that goes on at `offset`; a piece that has come already is no fault and changes nothing.

    Opens its own units of work. Raises UploadNotFound, NotReceiving, OffsetDiffers, PieceUnfit.
    """
    row = queries.own(resident, upload_id)
    if row.state != UploadState.RECEIVING:
        raise NotReceiving
    if offset + len(piece) <= row.received and piece:
        return queries.shown(row)
    if offset != row.received:
        raise OffsetDiffers
    _must_fit(row, piece, offset)
    piece_id = new_id()
    place = name_of(PIECES, piece_id)
    objects().put(place, envelopes.seal(piece, upload_id=upload_id, key=row.key, name=place))
    with atomic():
        booked = session.execute(
            update(Upload)
            .where(Upload.id == upload_id, Upload.received == offset, Upload.state == UploadState.RECEIVING)
            .values(
                received=offset + len(piece),
                pieces=Upload.pieces.op("||")(func.jsonb_build_array(piece_id.hex)),
            )
            .returning(Upload.__table__)
        ).one_or_none()
    if booked is None:  # another phone was faster; the sweep removes what lies there now
        raise OffsetDiffers
    return queries.shown(booked)


def finish(resident: ResidentId, upload_id: UUID) -> UploadView:
    """Compare what has come with what was announced, let it be looked at, keep what may be kept.

    Done twice it is done once. Opens its own units of work. Raises UploadNotFound, NotReceiving, Incomplete,
    ChecksumDiffers (the upload begins anew), ContentRefused, InspectionBusy.
    """
    row = queries.own(resident, upload_id)
    if row.state in HELD - {UploadState.RECEIVING}:
        return queries.shown(row)
    if row.state == UploadState.REFUSED:
        raise ContentRefused(Reason(row.finding))
    if row.state != UploadState.RECEIVING:
        raise NotReceiving
    if row.received != row.size:
        raise Incomplete
    content = _whole(row)
    if hashlib.sha256(content).digest() != row.sha256:
        _begin_anew(row)
        raise ChecksumDiffers
    try:
        inspected = inspection.inspect(content)
    except Refused as refused:
        _refuse(row, refused.reason)
        raise ContentRefused(refused.reason) from None
    return _keep(row, inspected)


def _must_fit(row: Any, piece: bytes, offset: int) -> None:
    left = row.size - offset
    if not piece:
        raise PieceUnfit({"content": ["这一段是空的"]})
    if len(piece) > left:
        raise PieceUnfit({"content": ["这一段超出了文件的大小"]})
    if len(piece) < min(SMALLEST_PIECE, left):
        raise PieceUnfit({"content": ["除最后一段外，每段至少64KB"]})


def _whole(row: Any) -> bytes:
    places = [name_of(PIECES, UUID(hex=piece)) for piece in row.pieces]
    return b"".join(
        envelopes.unseal(objects().get(place), upload_id=row.id, key=row.key, name=place) for place in places
    )


def _keep(row: Any, inspected: Inspected) -> UploadView:
    """Put the file into the store, then into the database; its pieces go once that is durable."""
    stored = put(row.id, row.key, inspected)
    with atomic():
        booked = _settle(
            row,
            UploadState.PENDING_SCAN,
            kind=inspected.kind,
            pages=inspected.pages,
            completed_at=clock.now(),
            expires_at=clock.now() + UNUSED,
        )
        if booked is None:  # finished twice at once
            return queries.shown(queries.own(ResidentId(row.owner_id), row.id))
        session.execute(insert(StoredFile).values(**stored))
        _record(
            "materials.uploaded", ResidentId(row.owner_id), row.id, kind=inspected.kind, size=stored["size"]
        )
        ring_on_commit(Bell.SCANS)
        on_commit(lambda: discard(row.pieces))
    return queries.shown(booked)


def put(upload_id: UUID, key: bytes, inspected: Inspected, *, watermark: str = "") -> dict[str, Any]:
    """Seal a file into the store; returns its row, to be written by the caller."""
    file_id = new_id()
    place = name_of(FILES, file_id)
    objects().put(place, envelopes.seal(inspected.content, upload_id=upload_id, key=key, name=place))
    return {
        "id": file_id,
        "upload_id": upload_id,
        "watermark": watermark,
        "kind": inspected.kind,
        "size": len(inspected.content),
        "pages": inspected.pages,
        "sha256": hashlib.sha256(inspected.content).digest(),
    }


def discard(pieces: Sequence[str]) -> None:
    """Remove pieces from the store."""
    delete_all([name_of(PIECES, UUID(hex=piece)) for piece in pieces])


def delete_all(places: Sequence[str]) -> None:
    """Remove objects from the store; what cannot be removed now is an orphan that the sweep finds."""
    for place in places:
        objects().delete(place)


def _refuse(row: Any, reason: Reason) -> None:
    with atomic():
        if (
            _settle(row, UploadState.REFUSED, key=None, finding=reason.value, expires_at=None, pieces=[])
            is None
        ):
            return
        _record("materials.refused", ResidentId(row.owner_id), row.id, reason=reason.value)
        on_commit(lambda: discard(row.pieces))


def _begin_anew(row: Any) -> None:
    with atomic():
        if _settle(row, UploadState.RECEIVING, received=0, pieces=[]) is not None:
            on_commit(lambda: discard(row.pieces))


def _settle(row: Any, state: UploadState, **values: object) -> Any:
    """Write what became of an upload that is still as `row` saw it; returns the row, None where it is not."""
    return session.execute(
        update(Upload)
        .where(Upload.id == row.id, Upload.state == row.state, Upload.received == row.received)
        .values(state=state, **values)
        .returning(Upload.__table__)
    ).one_or_none()


def _of_content(resident: ResidentId, sha256: bytes) -> UploadView | None:
    row = session.execute(
        select(Upload.__table__).where(
            Upload.owner_id == resident, Upload.sha256 == sha256, Upload.state.in_(HELD)
        )
    ).one_or_none()
    return queries.shown(row) if row is not None else None


def _record(action: str, resident: ResidentId, upload_id: UUID, **details: object) -> None:
    trail.record(
        action,
        actor=Actor(ActorKind.RESIDENT, str(resident)),
        subject=("upload", upload_id),
        details=details,
    )
    session.flush()
