"""What an uploaded file is, and where it stands; everything here may cross a border."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

LARGEST: Final = 10 << 20
"""Bytes of one file."""
QUOTA: Final = 200 << 20
"""Bytes of all files of one person."""
SMALLEST_PIECE: Final = 64 << 10
"""Only the last piece may be smaller: so a file has at most 160."""
SESSION: Final = timedelta(hours=24)
"""How long an upload may be gone on with."""
UNUSED: Final = timedelta(days=30)
"""How long a file lies here that no case needs."""
LINK: Final = timedelta(minutes=5)


class Kind(StrEnum):
    """What a file is, by its content."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    PDF = "pdf"
    OFD = "ofd"


MEDIA_TYPES: Mapping[Kind, str] = {
    Kind.JPEG: "image/jpeg",
    Kind.PNG: "image/png",
    Kind.WEBP: "image/webp",
    Kind.PDF: "application/pdf",
    Kind.OFD: "application/ofd",
}
PICTURES: Final = frozenset({Kind.JPEG, Kind.PNG, Kind.WEBP})


class UploadState(StrEnum):
    """Where an upload stands; only `clean` is lent to anybody."""

    RECEIVING = "receiving"
    PENDING_SCAN = "pending_scan"
    CLEAN = "clean"
    INFECTED = "infected"
    REFUSED = "refused"
    EXPIRED = "expired"
    ERASED = "erased"


STATE_LABELS: Mapping[UploadState, str] = {
    UploadState.RECEIVING: "正在上传",
    UploadState.PENDING_SCAN: "正在做安全检查",
    UploadState.CLEAN: "可以使用",
    UploadState.INFECTED: "未通过安全检查，已删除",
    UploadState.REFUSED: "不能使用",
    UploadState.EXPIRED: "上传超时，请重新上传",
    UploadState.ERASED: "已删除",
}
HELD: Final = frozenset({UploadState.RECEIVING, UploadState.PENDING_SCAN, UploadState.CLEAN})
"""There is content, and a key to it."""
USABLE: Final = frozenset({UploadState.PENDING_SCAN, UploadState.CLEAN})
"""May stand for a material: a scanner that is down is not the applicant's fault."""
TRANSITIONS: Final[frozenset[tuple[UploadState, UploadState]]] = frozenset(
    {
        (UploadState.RECEIVING, UploadState.PENDING_SCAN),
        (UploadState.RECEIVING, UploadState.REFUSED),
        (UploadState.RECEIVING, UploadState.EXPIRED),
        (UploadState.RECEIVING, UploadState.ERASED),
        (UploadState.PENDING_SCAN, UploadState.CLEAN),
        (UploadState.PENDING_SCAN, UploadState.INFECTED),
        (UploadState.PENDING_SCAN, UploadState.ERASED),
        (UploadState.CLEAN, UploadState.ERASED),
    }
)
"""What may follow what; a trigger in the database refuses everything else."""


@dataclass(frozen=True, slots=True)
class UploadView:
    """One upload as its owner sees it; `offset` is how much has arrived, `text` says what is the matter."""

    id: UUID
    name: str = field(repr=False)
    size: int
    offset: int
    state: UploadState
    text: str
    kind: Kind | None
    pages: int | None
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileView:
    """One file that stands for something: an upload, or its copy with a watermark."""

    id: UUID
    upload_id: UUID
    name: str = field(repr=False)
    kind: Kind
    size: int
    pages: int
    sha256: str
    watermark: str
    state: UploadState
    text: str


@dataclass(frozen=True, slots=True)
class Loan:
    """A link that somebody may follow, until when."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Lent:
    """The content behind a link."""

    content: bytes = field(repr=False)
    name: str = field(repr=False)
    media_type: str
