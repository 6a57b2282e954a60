"""Opaque sessions (会话): the truth is a row, the token is stored as SHA-256 only (NIST SP 800-63B-4 §5).

Residents: idle 24 h, at most 30 days. Officers: idle 30 min, at most 12 h, one at a time (等保 2.0 8.1.4.1).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import ReturningUpdate

from app.foundation import clock, crypto
from app.foundation.database import reading, session
from app.foundation.errors import NotFound, Unauthenticated
from app.foundation.transaction import on_commit
from app.identity import session_cache
from app.identity.models import Account, LoginSession, Officer
from app.identity.session_cache import Cached, Revoked
from app.identity.types import (
    Assurance,
    Device,
    LiveSession,
    OfficerId,
    OfficerPrincipal,
    Principal,
    ResidentId,
    ResidentPrincipal,
    Role,
)

FRESH_FOR = timedelta(minutes=5)
SEEN_EVERY = timedelta(minutes=1)
KEPT_FOR = timedelta(days=30)
DEVICE_CHARACTERS = 200
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session may rest, and how long it may live at all."""

    idle: timedelta
    absolute: timedelta


RESIDENT = Lifetime(timedelta(hours=24), timedelta(days=30))
OFFICER = Lifetime(timedelta(minutes=30), timedelta(hours=12))


def authenticate(token: str, *, ahead: Callable[[ResidentId], str] | None = None) -> Principal:
    """Return whose live session `token` is; raises Unauthenticated.

    `ahead` names a remembered answer that the request will ask for next (see `session_cache.get`).
    """
    if not _TOKEN.fullmatch(token):
        raise Unauthenticated
    token_hash = crypto.token_hash(token)
    try:
        live = session_cache.get(token_hash, ahead=ahead)
    except Revoked:
        raise Unauthenticated from None
    if live is None:
        live = _load(token_hash)
    if live is None or live.expires_at <= clock.now():
        raise Unauthenticated
    return live.principal


def open_for_resident(resident_id: ResidentId, device: Device) -> tuple[str, datetime]:
    """Open a session; returns its token, which nobody can read again, and its last moment."""
    return _open(RESIDENT, device, resident_id=resident_id)


def open_for_officer(officer_id: OfficerId, device: Device) -> tuple[str, datetime]:
    """Open an officer's only session: every other one ends. The caller holds the officer's row."""
    revoke_officer(officer_id)
    return _open(OFFICER, device, officer_id=officer_id)


def listed(resident_id: ResidentId) -> list[LiveSession]:
    """Return a resident's live sessions, the most recently seen first."""
    now = clock.now()
    columns = (LoginSession.id, LoginSession.device, LoginSession.created_at, LoginSession.last_seen_at)
    with reading() as connection:
        rows = connection.execute(
            select(*columns)
            .where(LoginSession.resident_id == resident_id, _alive(now))
            .order_by(LoginSession.last_seen_at.desc(), LoginSession.id.desc())
        )
        return [LiveSession(*row) for row in rows]


def revoke(session_id: UUID) -> None:
    """End the session one is using (退出登录)."""
    _end(LoginSession.id == session_id)


def revoke_own(resident_id: ResidentId, session_id: UUID) -> None:
    """End one of a resident's sessions; raises NotFound where it is not theirs or not live."""
    if not _end(and_(LoginSession.id == session_id, LoginSession.resident_id == resident_id)):
        raise NotFound


def revoke_resident(resident_id: ResidentId) -> None:
    """End every session of a resident."""
    _end(LoginSession.resident_id == resident_id)


def revoke_officer(officer_id: OfficerId) -> None:
    """End every session of an officer, because of a new login, a new role, or because they may not log in."""
    _end(LoginSession.officer_id == officer_id)


def refresh_resident(resident_id: ResidentId) -> None:
    """Let a resident's live sessions be read again: their assurance changed."""
    hashes = session.scalars(
        select(LoginSession.token_hash).where(LoginSession.resident_id == resident_id, _alive(clock.now()))
    ).all()
    if hashes:
        on_commit(lambda: session_cache.forget(list(hashes)))


def purge() -> int:
    """Forget sessions that ended more than thirty days ago; returns how many."""
    gone = session.execute(
        delete(LoginSession)
        .where(LoginSession.absolute_expires_at < clock.now() - KEPT_FOR)
        .returning(LoginSession.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _open(
    lifetime: Lifetime,
    device: Device,
    *,
    resident_id: ResidentId | None = None,
    officer_id: OfficerId | None = None,
) -> tuple[str, datetime]:
    token, now = crypto.new_token(), clock.now()
    absolute = now + lifetime.absolute
    session.add(
        LoginSession(
            token_hash=crypto.token_hash(token),
            resident_id=resident_id,
            officer_id=officer_id,
            device=device.label[:DEVICE_CHARACTERS],
            created_at=now,
            last_seen_at=now,
            idle_expires_at=min(now + lifetime.idle, absolute),
            absolute_expires_at=absolute,
            fresh_at=now,
        )
    )
    session.flush()
    return token, absolute


def ending(which: Any) -> ReturningUpdate[Any]:
    """Return the statement that ends sessions and says their hashes, which the caller gives to `bury`."""
    return (
        update(LoginSession)
        .where(which, LoginSession.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(LoginSession.token_hash)
        .execution_options(synchronize_session=False)
    )


def bury(hashes: Sequence[bytes]) -> None:
    """Let ended sessions be known as ended everywhere once this unit of work is durable."""
    if hashes:
        on_commit(lambda: session_cache.bury(list(hashes)))


def _end(which: Any) -> int:
    ended = session.scalars(ending(which)).all()
    bury(ended)
    return len(ended)


def _alive(now: datetime | ColumnElement[datetime]) -> Any:
    return and_(LoginSession.revoked_at.is_(None), LoginSession.idle_expires_at > now)


_MOMENT = DateTime(timezone=True)
_NOW = bindparam("now", type_=_MOMENT)
_LIVE = (
    select(
        LoginSession.id,
        LoginSession.resident_id,
        LoginSession.officer_id,
        LoginSession.last_seen_at,
        LoginSession.idle_expires_at,
        LoginSession.fresh_at,
        func.least(
            case(
                (LoginSession.resident_id.is_not(None), bindparam("resident_idle", type_=_MOMENT)),
                else_=bindparam("officer_idle", type_=_MOMENT),
            ),
            LoginSession.absolute_expires_at,
        ).label("moved"),
        Account.assurance,
        Officer.roles,
        Officer.department,
        Officer.region_code,
    )
    .outerjoin(Account, Account.id == LoginSession.resident_id)
    .outerjoin(Officer, Officer.id == LoginSession.officer_id)
    .where(LoginSession.token_hash == bindparam("asked"), _alive(_NOW), Officer.disabled_at.is_(None))
)
"""A live session; `moved` is when its rest ends if it is seen now.

No parameter bears the name of a column: an UPDATE that is sent with it would take it for a value to set.
"""


def _noting() -> Select[Any]:
    """Return what reads a live session and moves the end of its rest on unless somebody holds the row."""
    live = _LIVE.cte("live")
    rested = (
        select(live.c.id).where(live.c.last_seen_at < bindparam("rested", type_=_MOMENT)).scalar_subquery()
    )
    free = (
        select(LoginSession.id)
        .where(LoginSession.id == rested, LoginSession.revoked_at.is_(None))
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    noted = (
        update(LoginSession)
        .where(LoginSession.id == free.c.id, LoginSession.id == live.c.id)
        .values(last_seen_at=_NOW, idle_expires_at=live.c.moved)
        .cte("noted")
    )
    return select(live).add_cte(noted)


_LIVE_AND_NOTED = _noting()


def _load(token_hash: bytes) -> Cached | None:
    """Read a session from its row, note that it was seen, and remember it for the next requests."""
    now = clock.now()
    moments = {
        "now": now,
        "rested": now - SEEN_EVERY,
        "resident_idle": now + RESIDENT.idle,
        "officer_idle": now + OFFICER.idle,
    }
    with reading() as connection:
        row, noted = _read_and_note(connection, {"asked": token_hash, **moments})
    if row is None:
        return None
    moves = noted and now - row.last_seen_at > SEEN_EVERY
    live = Cached(_principal(row), row.moved if moves else row.idle_expires_at)
    session_cache.put(token_hash, live, read_at=now)
    return live


def _read_and_note(
    connection: Connection, asked: Mapping[str, object]
) -> tuple[Row[*tuple[Any, ...]] | None, bool]:
    """Return a live session's row, and whether it could be noted as seen; it is read in any case."""
    try:
        return connection.execute(_LIVE_AND_NOTED, asked).one_or_none(), True
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        _log.warning("session.not_touched", kind=type(error).__name__)
    return connection.execute(_LIVE, asked).one_or_none(), False


def _principal(row: Row[*tuple[Any, ...]]) -> Principal:
    fresh_until = row.fresh_at + FRESH_FOR
    if row.resident_id is not None:
        return ResidentPrincipal(row.id, ResidentId(row.resident_id), Assurance(row.assurance), fresh_until)
    roles = frozenset(map(Role, row.roles))
    return OfficerPrincipal(
        row.id, OfficerId(row.officer_id), roles, row.department, row.region_code, fresh_until
    )
