"""The life of an account: closing with a time to think again, then erasure (PIPL 47, GB/T 35273 8.5)."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock
from app.foundation.database import session
from app.identity import sessions
from app.identity.errors import CannotClose
from app.identity.models import Account, LoginSession, Verification
from app.identity.types import AccountState, Assurance, ResidentId

COOLING_OFF = timedelta(days=15)


def begin_closing(resident_id: ResidentId) -> datetime:
    """Start the cooling-off and end every session; returns when the account will be erased."""
    closing_at = clock.now() + COOLING_OFF
    closing = (
        update(Account)
        .where(Account.id == resident_id, Account.state == AccountState.ACTIVE)
        .values(state=AccountState.CLOSING, closing_at=closing_at)
        .returning(Account.id)
        .cte("closing")
    )
    ended = sessions.ending(LoginSession.resident_id == select(closing.c.id).scalar_subquery()).cte("ended")
    count, hashes = session.execute(
        select(
            select(func.count()).select_from(closing).scalar_subquery(),
            select(func.array_agg(ended.c.token_hash)).scalar_subquery(),
        )
    ).one()
    if not count:
        raise CannotClose
    sessions.bury([bytes(token_hash) for token_hash in hashes or ()])
    _record("account.closing", resident_id)
    return closing_at


def cancel_closing(resident_id: ResidentId) -> None:
    """Keep the account after all."""
    account = _locked(resident_id, AccountState.CLOSING)
    account.state = AccountState.ACTIVE
    account.closing_at = None
    session.flush()
    _record("account.kept", resident_id)


def due_for_erasure(*, limit: int) -> list[ResidentId]:
    """Lock and return accounts whose cooling-off is over."""
    found = session.scalars(
        select(Account.id)
        .where(Account.state == AccountState.CLOSING, Account.closing_at <= clock.now())
        .order_by(Account.closing_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [ResidentId(found_id) for found_id in found]


def erase(resident_id: ResidentId) -> None:
    """Forget who this was; the id stays, so that records kept by law still hang together."""
    account = _locked(resident_id, AccountState.CLOSING)
    account.state, account.closing_at = AccountState.ERASED, None
    account.assurance = Assurance.WECHAT
    account.openid = account.unionid = account.verified_at = None
    account.name = account.id_number = account.id_number_index = None
    account.phone = account.phone_index = None
    session.flush()
    session.execute(delete(Verification).where(Verification.resident_id == resident_id))
    sessions.revoke_resident(resident_id)
    trail.record(
        "account.erased",
        actor=Actor(ActorKind.SYSTEM, "erasure"),
        subject=("account", resident_id),
    )


def _locked(resident_id: ResidentId, state: AccountState) -> Account:
    account = session.scalar(select(Account).filter_by(id=resident_id, state=state).with_for_update())
    if account is None:
        raise CannotClose
    return account


def _record(action: str, resident_id: ResidentId) -> None:
    trail.record(
        action,
        actor=Actor(ActorKind.RESIDENT, str(resident_id)),
        subject=("account", resident_id),
    )
