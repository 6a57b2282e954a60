"""材料 routes: a resident's uploads, and links of five minutes for residents and officers."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, request

from app.foundation.transaction import atomic
from app.identity.types import Role
from app.materials import lending, queries, receiving, sweeping
from app.materials.types import Lent, Loan, UploadView
from blueprints.materials.schemas import LinkOut, PieceQuery, UploadIn, UploadOut, UploadsQuery
from blueprints.support.access import Audience, allow, current_officer, current_resident
from blueprints.support.blueprint import Blueprint, reads_raw_body
from blueprints.support.idempotency import idempotent
from blueprints.support.pagination import decode, page, page_of

blp = Blueprint("materials", __name__, url_prefix="/api/v1/me", description="材料上传")
staff_blp = Blueprint(
    "staff-files", __name__, url_prefix="/api/v1/staff/files", description="材料（工作人员）"
)
OFFICERS = (Role.CASE_OFFICER,)
SANDBOXED = "default-src 'none'; sandbox; frame-ancestors 'none'"
_BYTES = {"type": "string", "format": "binary"}
_BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": _BYTES}}}}


@blp.post("/uploads")
@allow(Audience.RESIDENT)
@idempotent(required=False)
@blp.arguments(UploadIn)
@blp.response(201, UploadOut)
@blp.alt_response(200, schema=UploadOut, description="the upload of the same content that exists")
@blp.alt_response(409)
@blp.alt_response(429)
def begin(payload: dict[str, Any]) -> object:
    """Begin an upload, or go on with the one of the same content (开始上传)."""
    resident = current_resident().resident_id
    announced = {**payload, "sha256": bytes.fromhex(payload["sha256"])}
    with atomic():
        upload, created = receiving.begin(resident, **announced)
    return upload, 201 if created else 200


@blp.get("/uploads")
@allow(Audience.RESIDENT)
@blp.arguments(UploadsQuery, location="query")
@blp.response(200, page_of(UploadOut))
def list_uploads(query: dict[str, Any]) -> object:
    """My uploads, newest first (我的文件)."""
    after, size = decode(query["cursor"], UUID), query["page_size"]
    resident = current_resident().resident_id
    found = queries.uploads(resident, after=after[0] if after else None, limit=size + 1)
    return page(found, size, lambda upload: (upload.id,))


@blp.get("/uploads/<uuid:upload_id>")
@allow(Audience.RESIDENT)
@blp.response(200, UploadOut)
@blp.alt_response(404)
def read(upload_id: UUID) -> object:
    """One upload: how much has arrived, where it stands (上传进度)."""
    upload = queries.upload(current_resident().resident_id, upload_id)
    return upload, 200, _progress(upload)


@blp.put("/uploads/<uuid:upload_id>/content")
@allow(Audience.RESIDENT)
@reads_raw_body
@blp.arguments(PieceQuery, location="query")
@blp.doc(**_BODY)
@blp.response(200, UploadOut)
@blp.alt_response(404)
@blp.alt_response(409)
def append(query: dict[str, Any], upload_id: UUID) -> object:
    """Send the piece that begins at `offset`, at most 1 MiB (续传)."""
    piece = request.get_data(cache=False)
    upload = receiving.append(current_resident().resident_id, upload_id, piece, offset=query["offset"])
    return upload, 200, _progress(upload)


@blp.post("/uploads/<uuid:upload_id>/completion")
@allow(Audience.RESIDENT)
@blp.response(200, UploadOut)
@blp.alt_response(404)
@blp.alt_response(409)
def finish(upload_id: UUID) -> object:
    """Say that everything has been sent; it is compared, looked at and kept (完成上传)."""
    return receiving.finish(current_resident().resident_id, upload_id)


@blp.delete("/uploads/<uuid:upload_id>")
@allow(Audience.RESIDENT)
@blp.response(204)
@blp.alt_response(404)
@blp.alt_response(409)
def drop(upload_id: UUID) -> None:
    """Erase one of my files that no case needs (删除)."""
    with atomic():
        sweeping.drop(current_resident().resident_id, upload_id)


@blp.post("/uploads/<uuid:upload_id>/link")
@allow(Audience.RESIDENT)
@blp.response(200, LinkOut)
@blp.alt_response(404)
def link_to_upload(upload_id: UUID) -> object:
    """A link of five minutes to one of my uploads (查看我的文件)."""
    return _link("/api/v1/me/files", lending.link_to_upload(current_resident(), upload_id))


@blp.post("/files/<uuid:file_id>/link")
@allow(Audience.RESIDENT)
@blp.response(200, LinkOut)
@blp.alt_response(404)
def link(file_id: UUID) -> object:
    """A link of five minutes to a file of my case (查看材料)."""
    return _link("/api/v1/me/files", lending.link(current_resident(), file_id))


@blp.get("/files/<token>")
@allow(Audience.RESIDENT)
@blp.response(200, _BYTES, content_type="application/octet-stream")
@blp.alt_response(404)
def follow(token: str) -> Response:
    """The file behind my link (下载)."""
    return _download(lending.follow(current_resident(), token))


@staff_blp.post("/<uuid:file_id>/link")
@allow(Audience.OFFICER, roles=OFFICERS)
@staff_blp.response(200, LinkOut)
@staff_blp.alt_response(404)
def staff_link(file_id: UUID) -> object:
    """A link of five minutes to a file of a case in my scope (查看材料)."""
    return _link("/api/v1/staff/files", lending.link(current_officer(), file_id))


@staff_blp.get("/<token>")
@allow(Audience.OFFICER, roles=OFFICERS)
@staff_blp.response(200, _BYTES, content_type="application/octet-stream")
@staff_blp.alt_response(404)
def staff_follow(token: str) -> Response:
    """The file behind my link (下载)."""
    return _download(lending.follow(current_officer(), token))


def _link(base: str, loan: Loan) -> dict[str, Any]:
    return {"url": f"{base}/{loan.token}", "expires_at": loan.expires_at}


def _download(lent: Lent) -> Response:
    """Hand a file out so that no browser shows, runs or keeps it as a page of ours."""
    response = Response(lent.content, mimetype=lent.media_type)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(lent.name, safe='')}"
    response.headers["Content-Security-Policy"] = SANDBOXED
    return response


def _progress(upload: UploadView) -> dict[str, str]:
    return {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size)}
