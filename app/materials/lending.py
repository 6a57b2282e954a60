"""Files are lent by a link of five minutes that only who asked for it can follow (限时链接).

A link is sealed, so that nobody else can make or read one: who, which file, until when. Whether they still
may is asked again when it is followed; both are in the audit trail.
"""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, crypto
from app.foundation.crypto import Undecipherable
from app.foundation.database import reading, session
from app.foundation.transaction import atomic
from app.gateways.objects.port import ObjectMissing, name_of, objects
from app.identity.types import Principal, ResidentPrincipal
from app.materials import envelopes, names
from app.materials.errors import FileNotFound, LinkExpired
from app.materials.models import StoredFile, Upload
from app.materials.readers import readers
from app.materials.receiving import FILES
from app.materials.types import LINK, MEDIA_TYPES, Kind, Lent, Loan, UploadState

_PLACE: Final = "materials_link|token|"


def link(principal: Principal, file_id: UUID) -> Loan:
    """Make a link for who asks; raises FileNotFound where it is not theirs to see, or not clean yet."""
    row = _readable(principal, file_id)
    until = clock.now() + LINK
    content = f"{_who(principal).id}|{row.id}|{int(until.timestamp())}"
    sealed = crypto.cipher().encrypt(content, place=_PLACE)
    with atomic():
        _record("materials.lent", principal, file_id)
    return Loan(base64.urlsafe_b64encode(sealed).decode().rstrip("="), until)


def link_to_upload(principal: ResidentPrincipal, upload_id: UUID) -> Loan:
    """Make a link to one's own upload; raises FileNotFound."""
    asked = (
        select(StoredFile.id)
        .join(Upload, Upload.id == StoredFile.upload_id)
        .where(
            StoredFile.upload_id == upload_id,
            StoredFile.watermark == "",
            Upload.owner_id == principal.resident_id,
        )
    )
    with reading() as connection:
        file_id = connection.scalar(asked)
    if file_id is None:
        raise FileNotFound
    return link(principal, file_id)


def follow(principal: Principal, token: str) -> Lent:
    """Return the content behind a link.

    Raises LinkExpired where it is over or somebody else's, FileNotFound where they may not see it any more.
    """
    who, file_id, until = _opened(token)
    if who != _who(principal).id or until <= clock.now():
        raise LinkExpired
    row = _readable(principal, file_id)
    place = name_of(FILES, row.id)
    try:
        content = envelopes.unseal(objects().get(place), upload_id=row.upload_id, key=row.key, name=place)
    except ObjectMissing:
        raise FileNotFound from None
    with atomic():
        _record("materials.read", principal, file_id)
    kind = Kind(row.kind)
    name = names.ending_with(envelopes.unseal_name(row.name, upload_id=row.upload_id), kind)
    return Lent(content, name, MEDIA_TYPES[kind])


def _readable(principal: Principal, file_id: UUID) -> Any:
    asked = (
        select(StoredFile.id, StoredFile.upload_id, StoredFile.kind, Upload.name, Upload.key, Upload.owner_id)
        .join(Upload, Upload.id == StoredFile.upload_id)
        .where(StoredFile.id == file_id, Upload.state == UploadState.CLEAN)
    )
    with reading() as connection:
        row = connection.execute(asked).one_or_none()
    if row is None:
        raise FileNotFound
    mine = isinstance(principal, ResidentPrincipal) and row.owner_id == principal.resident_id
    if not mine and not readers().may_read(principal, file_id):
        raise FileNotFound
    return row


def _opened(token: str) -> tuple[str, UUID, datetime]:
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        who, file_id, until = crypto.cipher().decrypt(sealed, place=_PLACE).split("|")
        return who, UUID(file_id), datetime.fromtimestamp(int(until), UTC)
    except (Undecipherable, ValueError, binascii.Error):
        raise LinkExpired from None


def _who(principal: Principal) -> Actor:
    if isinstance(principal, ResidentPrincipal):
        return Actor(ActorKind.RESIDENT, str(principal.resident_id))
    return Actor(ActorKind.OFFICER, str(principal.officer_id))


def _record(action: str, principal: Principal, file_id: UUID) -> None:
    trail.record(action, actor=_who(principal), subject=("file", file_id))
    session.flush()
