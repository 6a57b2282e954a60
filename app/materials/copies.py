"""Copies of identity papers carry what they are for, all over them: 仅用于办理… (watermark)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

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
    rows = _own(resident, upload_ids, watermark)
    if watermark and any(row.kind == Kind.OFD for row in rows.values()):
        raise NoWatermarkOnOfd
    known = {upload_id: row.known_id for upload_id, row in rows.items() if row.known_id is not None}
    made = [_copy(rows[upload_id], watermark) for upload_id in upload_ids if upload_id not in known]
    if made:
        with atomic():
            known |= _write(made)
    return [known[upload_id] for upload_id in upload_ids]


def _own(resident: ResidentId, upload_ids: Collection[UUID], watermark: str) -> Mapping[UUID, Any]:
    """Return one's own usable uploads by their id, each with its file and the copy that is there already."""
    file, known = aliased(StoredFile), aliased(StoredFile)
    asked = (
        select(Upload.id, Upload.key, Upload.kind, file.id.label("file_id"), known.id.label("known_id"))
        .join(file, (file.upload_id == Upload.id) & (file.watermark == ""))
        .outerjoin(known, (known.upload_id == Upload.id) & (known.watermark == watermark))
        .where(Upload.id == one_of_ids(upload_ids), Upload.owner_id == resident, Upload.state.in_(USABLE))
    )
    with reading() as connection:
        rows = {row.id: row for row in connection.execute(asked)}
    if set(upload_ids) - set(rows):
        raise UploadNotFound
    return rows


def _copy(row: Any, watermark: str) -> dict[str, Any]:
    place = name_of(FILES, row.file_id)
    content = envelopes.unseal(objects().get(place), upload_id=row.id, key=row.key, name=place)
    try:
        marked = inspection.inspect(content, watermark=watermark)
    except Refused as refused:
        raise ContentRefused(refused.reason) from None
    return put(row.id, row.key, marked, watermark=watermark)


def _write(made: list[dict[str, Any]]) -> dict[UUID, UUID]:
    """Write the rows of copies; where another request was faster, its copy counts, and ours is an orphan."""
    written = insert(StoredFile).values(made)
    asked = written.on_conflict_do_update(
        index_elements=["upload_id", "watermark"], set_={"watermark": written.excluded.watermark}
    ).returning(StoredFile.upload_id, StoredFile.id)
    return {row.upload_id: row.id for row in session.execute(asked)}
