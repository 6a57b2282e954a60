"""Tables of the foundation: answers kept for clients that ask twice."""

from sqlalchemy import CheckConstraint, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.database import Model


class StoredReply(Model):
    """The answer to one write with an `Idempotency-Key`; committed with the effect it describes."""

    __tablename__ = "http_idempotency"
    __table_args__ = (
        UniqueConstraint("principal", "key"),
        CheckConstraint("status BETWEEN 200 AND 399", "only_successes"),
        CheckConstraint("octet_length(body_hash) = 32", "sha256"),
    )

    principal: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(255))
    route: Mapped[str] = mapped_column(String(200))
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
