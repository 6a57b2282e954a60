"""Tables of uploads; private to this package. Content lies in the object store, never here.

Which state may follow which is kept by a trigger: migrations/sql/materials_upload_states.sql.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.database import Model
from app.foundation.leases import Leased
from app.materials.types import HELD, LARGEST, Kind, UploadState


def _in(column: str, values: object) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in sorted(values))})"  # type: ignore[call-overload] # any of our enums


class Upload(Leased):
    """One file of one person: as it arrives, while it is looked through, and as long as it is kept.

    `name` and `key` are sealed; without `key` whatever lies in the store, or in a copy of it, is noise.
    """

    __tablename__ = "materials_upload"
    __table_args__ = (
        CheckConstraint(_in("state", UploadState), "state_known"),
        CheckConstraint(_in("kind", Kind), "kind_known"),
        CheckConstraint(f"size BETWEEN 1 AND {LARGEST}", "size"),
        CheckConstraint("received BETWEEN 0 AND size", "received"),
        CheckConstraint("octet_length(sha256) = 32", "sha256"),
        CheckConstraint(f"(key IS NOT NULL) = ({_in('state', HELD)})", "key_while_held"),
        Index(
            "uq_materials_upload_one_of_a_content",
            "owner_id",
            "sha256",
            unique=True,
            postgresql_where=text(_in("state", HELD)),
        ),
        Index(None, "owner_id", "id"),
        Index("ix_materials_upload_to_scan", "id", postgresql_where=text("state = 'pending_scan'")),
        Index("ix_materials_upload_to_expire", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )

    owner_id: Mapped[UUID] = mapped_column(ForeignKey("identity_account.id"))
    name: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12), default=UploadState.RECEIVING)
    received: Mapped[int] = mapped_column(default=0)
    pieces: Mapped[list[str]] = mapped_column(default=list)
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    kind: Mapped[str | None] = mapped_column(String(8))
    pages: Mapped[int | None]
    finding: Mapped[str | None] = mapped_column(String(200))
    """Why it was refused, or the name of the virus."""
    expires_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    scanned_at: Mapped[datetime | None]


class StoredFile(Model):
    """One object in the store: what an upload became, or a copy of it with a watermark."""

    __tablename__ = "materials_file"
    __table_args__ = (
        UniqueConstraint("upload_id", "watermark"),
        CheckConstraint(_in("kind", Kind), "kind_known"),
        CheckConstraint("octet_length(sha256) = 32", "sha256"),
        CheckConstraint("size > 0 AND pages > 0", "size"),
    )

    upload_id: Mapped[UUID] = mapped_column(ForeignKey("materials_upload.id"))
    watermark: Mapped[str] = mapped_column(String(60), default="")
    kind: Mapped[str] = mapped_column(String(8))
    size: Mapped[int]
    pages: Mapped[int]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
