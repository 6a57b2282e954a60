"""Advisory locks of PostgreSQL: held to the end of the transaction, gone with the connection."""

import hashlib
from collections.abc import Collection, Hashable
from typing import TypeVar

from sqlalchemy import BigInteger, Subquery, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.foundation.database import session

T = TypeVar("T", bound=Hashable)
_keys = select(func.unnest(bindparam("keys", type_=ARRAY(BigInteger))).label("key")).subquery()
_FREE = select(_keys.c.key).where(func.pg_try_advisory_xact_lock(_keys.c.key))


def try_locks(purpose: str, subjects: Collection[T]) -> set[T]:
    """Take for this transaction those of many locks that are free, in one statement; returns whose."""
    by_key = {_key(purpose, subject): subject for subject in subjects}
    if not by_key:
        return set()
    return {by_key[key] for key in session.scalars(_FREE, {"keys": list(by_key)})}


def lock_all(purpose: str, subjects: Collection[Hashable]) -> None:
    """Wait for many locks and hold them for this transaction, in one statement.

    They are taken in one order, so that two who want the same ones do not wait for one another.
    """
    if subjects:
        wanted = literal(sorted(_key(purpose, subject) for subject in subjects), ARRAY(BigInteger))
        session.execute(select(func.pg_advisory_xact_lock(func.unnest(wanted))))


def lock(purpose: str, subject: object) -> None:
    """Wait for the lock and hold it for this transaction."""
    session.execute(select(func.pg_advisory_xact_lock(_key(purpose, subject))))


def held(purpose: str, subject: object) -> Subquery:
    """Return, for a statement, the one row that is there once the lock is held for this transaction.

    Whatever else the statement reads, it reads as of its beginning: before the wait.
    """
    return select(func.pg_advisory_xact_lock(_key(purpose, subject)).label("held")).subquery("lock")


def _key(purpose: str, subject: object) -> int:
    digest = hashlib.blake2b(f"{purpose}|{subject}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
