"""Reads of uploads and files."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.foundation import clock
from app.foundation.database import one_of_ids, reading
from app.identity.types import ResidentId
from app.materials import envelopes, names
from app.materials.errors import UploadNotFound
from app.materials.models import StoredFile, Upload
from app.materials.parsing.refusals import SENTENCES, Reason
from app.materials.types import STATE_LABELS, FileView, Kind, UploadState, UploadView


def own(resident: ResidentId, upload_id: UUID) -> Any:
    """Return the row of one's own upload; raises UploadNotFound."""
    asked = select(Upload.__table__).where(Upload.id == upload_id, Upload.owner_id == resident)
    with reading() as connection:
        row = connection.execute(asked).one_or_none()
    if row is None:
        raise UploadNotFound
    return row


def upload(resident: ResidentId, upload_id: UUID) -> UploadView:
    """Return one's own upload; raises UploadNotFound."""
    return shown(own(resident, upload_id))


def uploads(resident: ResidentId, *, after: UUID | None, limit: int) -> list[UploadView]:
    """Return one's own uploads that are not gone, newest first; `after` is the last id of the page before."""
    gone = (UploadState.EXPIRED, UploadState.ERASED)
    asked = select(Upload.__table__).where(Upload.owner_id == resident, Upload.state.not_in(gone))
    if after is not None:
        asked = asked.where(Upload.id < after)
    with reading() as connection:
        return [shown(row) for row in connection.execute(asked.order_by(Upload.id.desc()).limit(limit))]


def files(file_ids: Collection[UUID]) -> Mapping[UUID, FileView]:
    """Return files by their id; those that are gone are left out."""
    if not file_ids:
        return {}
    asked = (
        select(StoredFile.__table__, Upload.name, Upload.state, Upload.finding)
        .join(Upload, Upload.id == StoredFile.upload_id)
        .where(StoredFile.id == one_of_ids(file_ids))
    )
    with reading() as connection:
        return {row.id: _file(row) for row in connection.execute(asked)}


def files_of(upload_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Return the files of uploads, copies included, each with its upload."""
    asked = select(StoredFile.id, StoredFile.upload_id).where(StoredFile.upload_id == one_of_ids(upload_ids))
    with reading() as connection:
        return {row.id: row.upload_id for row in connection.execute(asked)}


def shown(row: Any) -> UploadView:
    """Show an upload's row."""
    state = UploadState(row.state)
    late = state is UploadState.RECEIVING and row.expires_at is not None and row.expires_at <= clock.now()
    return UploadView(
        row.id,
        envelopes.unseal_name(row.name, upload_id=row.id),
        row.size,
        row.received,
        UploadState.EXPIRED if late else state,
        what_is_said(UploadState.EXPIRED if late else state, row.finding),
        Kind(row.kind) if row.kind else None,
        row.pages,
        row.created_at,
        row.expires_at,
    )


def what_is_said(state: UploadState, finding: str | None) -> str:
    """Return the sentence for where an upload stands."""
    if state is UploadState.REFUSED and finding is not None:
        return SENTENCES[Reason(finding)]
    if state is UploadState.INFECTED:
        return SENTENCES[Reason.VIRUS]
    return STATE_LABELS[state]


def _file(row: Any) -> FileView:
    state, kind = UploadState(row.state), Kind(row.kind)
    return FileView(
        row.id,
        row.upload_id,
        names.ending_with(envelopes.unseal_name(row.name, upload_id=row.upload_id), kind),
        kind,
        row.size,
        row.pages,
        row.sha256.hex(),
        row.watermark,
        state,
        what_is_said(state, row.finding),
    )
