"""Asking twice, doing once: the answer is stored in the transaction of its effect and given again.

Concurrent requests with one key are told apart by an advisory lock of the transaction, so the second is
refused at once instead of waiting for the first.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import orjson
from sqlalchemy import BigInteger, Boolean, bindparam, column, delete, func, select

from app.foundation import crypto
from app.foundation.database import session
from app.foundation.errors import DomainError, RuleViolation
from app.foundation.ids import new_id
from app.foundation.models import StoredReply

KEPT_FOR = timedelta(hours=72)
_FIELD = "http_idempotency|sealed|"
_KEPT = StoredReply.__table__.columns
_LOCKED_AND_READ = select(
    func.http_idempotency_earlier(
        bindparam("lock", type_=BigInteger), bindparam("principal"), bindparam("key")
    ).table_valued(
        column("free", Boolean),
        *(column(name, _KEPT[name].type) for name in ("id", "body_hash", "status", "sealed")),
    )
)
"""Locks first and reads then, in one statement (migrations/sql/http_idempotency_earlier.sql)."""


class KeyReused(DomainError):
    """The key was used for another request."""

    code = "idempotency.key_reused"
    message = "这次请求与上次内容不同，请刷新页面后重新提交"


class InProgress(RuleViolation):
    """The same request is being worked on right now."""

    code = "idempotency.in_progress"
    message = "正在处理您的上一次提交，请稍候"
    retry_after = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: who asks, under which key, for what; `body_hash` is SHA-256 of path, query and body."""

    principal: str
    key: str
    route: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: status, the headers that belong to it, the body as text."""

    status: int
    body: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


def earlier(asked: Asked) -> Reply | None:
    """Return the stored answer, or None where the effect is still to be made, by the caller, under our lock.

    Raises InProgress while another transaction holds the key, KeyReused where it was for something else.
    """
    lock = hashlib.sha256(f"{asked.principal}\0{asked.key}".encode()).digest()[:8]
    row = session.execute(
        _LOCKED_AND_READ,
        {
            "lock": int.from_bytes(lock, "big", signed=True),
            "principal": asked.principal,
            "key": asked.key,
        },
    ).one()
    if not row.free:
        raise InProgress
    if row.id is None:
        return None
    if row.body_hash != asked.body_hash:
        raise KeyReused
    kept = orjson.loads(crypto.cipher().decrypt(row.sealed, place=f"{_FIELD}{row.id}"))
    return Reply(row.status, kept["body"], kept["headers"])


def keep(asked: Asked, reply: Reply) -> None:
    """Store the answer beside its effect."""
    row_id = new_id()
    text = orjson.dumps({"body": reply.body, "headers": dict(reply.headers)}).decode()
    session.add(
        StoredReply(
            id=row_id,
            principal=asked.principal,
            key=asked.key,
            route=asked.route,
            body_hash=asked.body_hash,
            status=reply.status,
            sealed=crypto.cipher().encrypt(text, place=f"{_FIELD}{row_id}"),
        )
    )
    session.flush()


def purge() -> int:
    """Forget answers older than three days; returns how many."""
    gone = session.execute(
        delete(StoredReply)
        .where(StoredReply.created_at < func.now() - KEPT_FOR)
        .returning(StoredReply.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())
