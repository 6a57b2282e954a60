"""Tables of the catalogue."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.types import ServiceOrigin, ServiceStatus
from app.foundation.database import Base

_STATUSES = ", ".join(repr(status.value) for status in ServiceStatus)
_ORIGINS = ", ".join(repr(origin.value) for origin in ServiceOrigin)


class Service(Base):
    """One version of a service; what was published never changes (trigger `catalogue_service_frozen`)."""

    __tablename__ = "catalogue_service"
    __table_args__ = (
        CheckConstraint(f"status IN ({_STATUSES})", name="status_known"),
        CheckConstraint(f"origin IN ({_ORIGINS})", name="origin_known"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("status <> 'published' OR published_at IS NOT NULL", name="published_when"),
        Index(
            "uq_catalogue_service_published", "id", unique=True, postgresql_where=text("status = 'published'")
        ),
        Index("uq_catalogue_service_draft", "id", unique=True, postgresql_where=text("status = 'draft'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[str]
    origin: Mapped[str]
    name: Mapped[str]
    department: Mapped[str]
    item_type: Mapped[str]
    exercise_level: Mapped[str]
    regions: Mapped[list[str]]
    body: Mapped[dict[str, Any]]
    checksum: Mapped[str]
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Theme(Base):
    """A stage of life and the services that stand in it."""

    __tablename__ = "catalogue_theme"
    __table_args__ = (CheckConstraint("audience IN ('person', 'enterprise')", name="audience_known"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    audience: Mapped[str]
    name: Mapped[str]
    position: Mapped[int]
    services: Mapped[list[str]]


class Edition(Base):
    """One row per change of the catalogue; the highest number names what is published now.

    An identity is never given out twice, not even after a rollback, so that a number can name cached bytes.
    """

    __tablename__ = "catalogue_edition"

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
