"""Officers log in with a password and a one-time code (等保 2.0: two factors, lock-out, one session).

An unknown name, a wrong password, a wrong or repeated one-time code and a locked account get the same words
after the same work, so that nobody learns which names exist.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, crypto
from app.foundation.database import session
from app.foundation.errors import NotFound
from app.foundation.ids import new_id
from app.foundation.limits import Limit, take
from app.foundation.transaction import atomic
from app.identity import sessions
from app.identity.errors import OfficerRefused
from app.identity.models import Officer
from app.identity.queries import card
from app.identity.types import Device, OfficerId, OfficerLoggedIn, OfficerRecord

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's argon2id minimum: about 20 ms, so that a flood of guesses does not starve residents."""
ATTEMPTS, LOCKED_FOR = 5, timedelta(minutes=15)
OTP_SECONDS, OTP_WINDOW = 30, 1
PER_ADDRESS = Limit("officer.address", burst=30, seconds=60, closed=True)
PER_NAME = Limit("officer.name", burst=10, seconds=300, closed=True)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is compared, read before the slow hash so that no connection waits for it."""

    officer_id: UUID | None
    password_hash: str = field(repr=False)
    totp_secret: str = field(repr=False)


def login(username: str, password: str, otp: str, device: Device) -> OfficerLoggedIn:
    """Open the officer's only session, in units of work of its own.

    Raises OfficerRefused, TooManyRequests.
    """
    take(PER_ADDRESS, device.address)
    take(PER_NAME, _mark(username))
    with atomic():
        known = _known(username)
    right_password = _fits(known.password_hash, password)
    step = _otp_step(known.totp_secret, otp)
    with atomic():
        admitted = _admit(known, device, step=step if right_password else None)
        if admitted is None:
            _record("refused", username, known.officer_id)
    if admitted is None:
        raise OfficerRefused
    return admitted


def import_officers(records: Iterable[OfficerRecord]) -> int:
    """Enter the roster: new officers are added, known ones changed; whose rights changed must log in again.

    Returns how many rows were added or changed.
    """
    return sum(_entered(record) for record in records)


def by_name(username: str) -> OfficerId:
    """Return whose user name it is; raises NotFound."""
    found = session.scalar(select(Officer.id).filter_by(username=username))
    if found is None:
        raise NotFound
    return OfficerId(found)


def disable(officer_id: OfficerId, *, by: Actor) -> None:
    """Close an officer's account at once, live sessions included; raises NotFound."""
    row = session.get(Officer, officer_id, with_for_update=True)
    if row is None:
        raise NotFound
    row.disabled_at = clock.now()
    session.flush()
    sessions.revoke_officer(officer_id)
    trail.record("officer.disabled", actor=by, subject=("officer", officer_id))


def _known(username: str) -> _Known:
    row = session.scalar(select(Officer).filter_by(username=username))
    if row is None:
        return _nobody()
    return _Known(row.id, row.password_hash, crypto.cipher().decrypt(row.totp_secret, place=_place(row.id)))


@cache
def _nobody() -> _Known:
    """Somebody to compare with where the name is unknown, so that the work is the same."""
    return _Known(None, HASHER.hash(crypto.new_token()), pyotp.random_base32())


def _fits(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _otp_step(secret: str, otp: str) -> int | None:
    """Return the time step (RFC 6238) whose code this is, one step of clock drift allowed."""
    totp, now = pyotp.TOTP(secret, interval=OTP_SECONDS), clock.now()
    current = int(now.timestamp()) // OTP_SECONDS
    candidates = range(current - OTP_WINDOW, current + OTP_WINDOW + 1)
    fitting = [step for step in candidates if pyotp.utils.strings_equal(totp.generate_otp(step), otp)]
    return fitting[0] if fitting else None


def _admit(known: _Known, device: Device, *, step: int | None) -> OfficerLoggedIn | None:
    """Open the session, or count the failure; a one-time code counts once."""
    if known.officer_id is None:
        return None
    row, now = session.get_one(Officer, known.officer_id, with_for_update=True), clock.now()
    if row.disabled_at is not None or (row.locked_until is not None and row.locked_until > now):
        return None
    if step is None or step <= row.last_otp_step or row.password_hash != known.password_hash:
        _failed(row, now)
        return None
    row.last_otp_step, row.failed_attempts, row.locked_until = step, 0, None
    session.flush()
    token, expires_at = sessions.open_for_officer(OfficerId(row.id), device)
    _record("ok", row.username, row.id)
    return OfficerLoggedIn(token, expires_at, card(row))


def _failed(row: Officer, now: datetime) -> None:
    row.failed_attempts += 1
    if row.failed_attempts >= ATTEMPTS:
        row.failed_attempts, row.locked_until = 0, now + LOCKED_FOR
    session.flush()


def _entered(record: OfficerRecord) -> bool:
    row = session.scalar(select(Officer).filter_by(username=record.username).with_for_update())
    if row is None:
        row = Officer(id=new_id(), username=record.username)
        _set(row, record)
        session.add(row)
        session.flush()
        return True
    known = _Known(row.id, row.password_hash, crypto.cipher().decrypt(row.totp_secret, place=_place(row.id)))
    same_secrets = _fits(known.password_hash, record.password) and known.totp_secret == record.totp_secret
    same_rights = (sorted(row.roles), row.department, row.region_code, row.name, row.disabled_at) == (
        sorted(record.roles),
        record.department,
        record.region_code,
        record.name,
        None,
    )
    if same_secrets and same_rights:
        return False
    _set(row, record)
    session.flush()
    sessions.revoke_officer(OfficerId(row.id))
    return True


def _set(row: Officer, record: OfficerRecord) -> None:
    row.name, row.department, row.region_code = record.name, record.department, record.region_code
    row.roles = sorted(record.roles)
    row.password_hash = HASHER.hash(record.password)
    row.totp_secret = crypto.cipher().encrypt(record.totp_secret, place=_place(row.id))
    row.disabled_at = None


def _record(outcome: str, username: str, officer_id: UUID | None) -> None:
    subject = str(officer_id) if officer_id else _mark(username)
    trail.record(
        "officer.login",
        actor=Actor(ActorKind.OFFICER, subject),
        subject=("officer", subject),
        outcome=outcome,
    )


def _mark(username: str) -> str:
    """Name a user name without writing down what somebody typed: it may be a password."""
    return hashlib.sha256(username.encode()).hexdigest()[:16]


def _place(officer_id: UUID) -> str:
    return f"identity_officer|totp_secret|{officer_id}"
