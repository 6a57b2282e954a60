"""Copies of identity papers carry what they are for, all over them: 仅用于办理… (watermark)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.foundation.database import one_of_ids, reading, session
from app.foundation.transaction import atomic
from app.gateways.objects.port import name_of, objects
from app.identity.types import ResidentId
from app.materials import envelopes, inspection
from app.materials.errors import ContentRefused, NoWatermarkOnOfd, UploadNotFound
from app.materials.models import StoredFile, Upload
from app.materials.parsing.refusals import Refused
from app.materials.receiving import FILES, put
from app.materials.types import USABLE, Kind


def for_case(resident: ResidentId, upload_ids: Collection[UUID], *, watermark: str = "") -> list[UUID]:
    """Return the files by which one's own uploads stand for a material, in their order.

    With a watermark these are copies, made now where there is none yet. Opens its own units of work.
    Raises UploadNotFound, NoWatermarkOnOfd, ContentRefused, InspectionBusy.
    """
    rows = _own(resident, upload_ids)
    if watermark and any(row.kind == Kind.OFD for row in rows.values()):
        raise NoWatermarkOnOfd
    known = _known(upload_ids, watermark)
    for upload_id in upload_ids:
        if upload_id not in known:
            known[upload_id] = _copy(rows[upload_id], watermark)
    return [known[upload_id] for upload_id in upload_ids]


def _own(resident: ResidentId, upload_ids: Collection[UUID]) -> Mapping[UUID, Any]:
    asked = (
        select(Upload.id, Upload.key, Upload.kind, StoredFile.id.label("file_id"))
        .join(StoredFile, (StoredFile.upload_id == Upload.id) & (StoredFile.watermark == ""))
        .where(Upload.id == one_of_ids(upload_ids), Upload.owner_id == resident, Upload.state.in_(USABLE))
    )
    with reading() as connection:
        rows = {row.id: row for row in connection.execute(asked)}
    if set(upload_ids) - set(rows):
        raise UploadNotFound
    return rows


def _known(upload_ids: Collection[UUID], watermark: str) -> dict[UUID, UUID]:
    asked = select(StoredFile.upload_id, StoredFile.id).where(
        StoredFile.upload_id == one_of_ids(upload_ids), StoredFile.watermark == watermark
    )
    with reading() as connection:
        return {row.upload_id: row.id for row in connection.execute(asked)}


def _copy(row: Any, watermark: str) -> UUID:
    place = name_of(FILES, row.file_id)
    content = envelopes.unseal(objects().get(place), upload_id=row.id, key=row.key, name=place)
    try:
        marked = inspection.inspect(content, watermark=watermark)
    except Refused as refused:
        raise ContentRefused(refused.reason) from None
    stored = put(row.id, row.key, marked, watermark=watermark)
    with atomic():
        session.execute(insert(StoredFile).values(**stored).on_conflict_do_nothing())
        file_id: UUID | None = session.scalar(
            select(StoredFile.id).where(StoredFile.upload_id == row.id, StoredFile.watermark == watermark)
        )
    if file_id is None:
        raise UploadNotFound
    return file_id
