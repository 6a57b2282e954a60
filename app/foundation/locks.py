"""Advisory locks of PostgreSQL: held to the end of the transaction, gone with the connection."""

import hashlib

from sqlalchemy import Subquery, func, select

from app.foundation.database import session


def try_lock(purpose: str, subject: object) -> bool:
    """Take the lock for this transaction if it is free; False, without waiting, where somebody holds it."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_key(purpose, subject)))))


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
