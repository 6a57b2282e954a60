"""Live sessions in Redis for at most 30 seconds, and nearby for less, so that most requests ask nobody.

A revoked session leaves a tombstone under its key, and is called back from every process that holds it. A
slow request that read the session before it was revoked cannot put it back: it writes with NX, and a record
counts only for 30 seconds after it was read from PostgreSQL, which is less than the tombstone stays. Without
Redis every request asks PostgreSQL.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
import structlog

from app.foundation import cache, clock, nearby
from app.identity.types import (
    Assurance,
    OfficerId,
    OfficerPrincipal,
    Principal,
    ResidentId,
    ResidentPrincipal,
    Role,
)

CACHED_FOR = timedelta(seconds=30)
TOMBSTONE_FOR = timedelta(seconds=90)
"""Longer than a record counts plus any difference between two machines' clocks."""
MOST_SEEN = 10_000
_last_seen: dict[bytes, ResidentId] = {}
_log = structlog.get_logger(__name__)


class Revoked(Exception):
    """The cache knows that this session was ended."""


@dataclass(frozen=True, slots=True)
class Cached:
    """A live session: who, and until when (UTC)."""

    principal: Principal
    expires_at: datetime


def get(token_hash: bytes, *, ahead: Callable[[ResidentId], str] | None = None) -> Cached | None:
    """Return the cached session, None where it is not there or too old; raises Revoked at a tombstone.

    `ahead` names the key that the request will want once it is known whose session this is. It is read along
    for whom the session was last time; that guess is never an answer.
    """
    key, guess = _key(token_hash), _last_seen.get(token_hash) if ahead else None
    try:
        record = nearby.process.fetch(key, ahead=ahead(guess) if ahead and guess else None)
    except cache.RedisError as error:
        _log.warning("session.cache_silent", kind=type(error).__name__)
        return None
    if record is None:
        return None
    if record == cache.GONE:
        raise Revoked
    read_at, session = _read(record)
    if ahead and guess is None and isinstance(session.principal, ResidentPrincipal):
        if len(_last_seen) >= MOST_SEEN:
            _last_seen.clear()
        _last_seen[token_hash] = session.principal.resident_id
    if abs(clock.now() - read_at) > CACHED_FOR:
        nearby.process.drop([key])
        return None
    return session


def put(token_hash: bytes, session: Cached, *, read_at: datetime) -> None:
    """Remember a session as PostgreSQL told it at `read_at`; never over a tombstone."""
    record = orjson.dumps([read_at.timestamp(), session.expires_at.timestamp(), *_packed(session.principal)])
    try:
        cache.patiently(lambda: cache.client().set(_key(token_hash), record, nx=True, px=CACHED_FOR))
    except cache.RedisError as error:
        _log.warning("session.cache_silent", kind=type(error).__name__)


def bury(token_hashes: list[bytes]) -> None:
    """Put tombstones over ended sessions; called once their end is durable. Raises RedisError."""
    keys = [_key(token_hash) for token_hash in token_hashes]
    with nearby.process.calling_back(keys) as pipe:
        for key in keys:
            pipe.set(key, cache.GONE, px=TOMBSTONE_FOR)


def forget(token_hashes: list[bytes]) -> None:
    """Let PostgreSQL be asked again, because something about these sessions changed. Raises RedisError."""
    keys = [_key(token_hash) for token_hash in token_hashes]
    with nearby.process.calling_back(keys) as pipe:
        for key in keys:
            pipe.eval(_DELETE_UNLESS_GONE, 1, key, cache.GONE)


_DELETE_UNLESS_GONE = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then redis.call('DEL', KEYS[1]) end return 1"


def _key(token_hash: bytes) -> str:
    return f"session:{token_hash.hex()}"


@lru_cache(maxsize=4096)
def _read(record: bytes) -> tuple[datetime, Cached]:
    """Return when a record was read and what it says; the same bytes say the same, and nothing is mutable."""
    read_at, expires, *rest = orjson.loads(record)
    return _moment(read_at), Cached(_unpacked(rest), _moment(expires))


def _packed(principal: Principal) -> list[Any]:
    fresh = principal.fresh_until.timestamp()
    if isinstance(principal, ResidentPrincipal):
        return [principal.session_id, fresh, principal.resident_id, principal.assurance]
    return [
        principal.session_id,
        fresh,
        principal.officer_id,
        sorted(principal.roles),
        principal.department,
        principal.region_code,
    ]


def _unpacked(record: list[Any]) -> Principal:
    session_id, fresh = UUID(record[0]), _moment(record[1])
    if len(record) == 4:  # noqa: PLR2004 a resident's record has four fields, an officer's six
        return ResidentPrincipal(session_id, ResidentId(UUID(record[2])), Assurance(record[3]), fresh)
    roles = frozenset(map(Role, record[3]))
    return OfficerPrincipal(session_id, OfficerId(UUID(record[2])), roles, record[4], record[5], fresh)


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
