"""WeChat login (小程序登录): a wx.login code counts once, whatever happens to Redis, to WeChat or to us."""

import hashlib
from datetime import timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import cache, clock
from app.foundation.database import session
from app.foundation.limits import Limit, take
from app.foundation.transaction import atomic
from app.gateways.wechat import errors as wechat
from app.gateways.wechat.port import WeChatIdentity
from app.gateways.wechat.port import wechat as gateway
from app.identity import sessions
from app.identity.errors import CodeRefused, CodeUsed, LoginNotPossible, LoginUncertain, WeChatUnavailable
from app.identity.models import Account, LoginCode
from app.identity.types import Assurance, Device, LoggedIn, ResidentId

CODE_SECONDS = 600
"""Twice the life of a code at WeChat."""
CODE_KEPT_FOR = timedelta(days=1)
PER_ADDRESS = Limit("login.address", burst=240, seconds=60, closed=True)
"""Guards capacity only: whole districts share a carrier's address, and a code cannot be guessed."""
PER_PERSON = Limit("login.person", burst=10, seconds=60, closed=True)
_log = structlog.get_logger(__name__)


def login_with_wechat(code: str, device: Device) -> LoggedIn:
    """Exchange a code for a session; opens its own units of work, none of them while WeChat is asked.

    Raises CodeUsed, CodeRefused, LoginUncertain, LoginNotPossible, WeChatUnavailable, TooManyRequests.
    """
    _claim(code, device)
    try:
        identity = gateway().login.exchange(code)
    except wechat.WeChatError as error:
        raise _told(error) from None
    take(PER_PERSON, hashlib.sha256(identity.openid.encode()).hexdigest())
    with atomic():
        return _admit(identity, device)


def purge_codes() -> int:
    """Forget codes that WeChat has long forgotten; returns how many."""
    gone = session.execute(
        delete(LoginCode)
        .where(LoginCode.claimed_at < clock.now() - CODE_KEPT_FOR)
        .returning(LoginCode.code_hash)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _claim(code: str, device: Device) -> None:
    """Make the code ours, first in Redis, which is cheap, then in a row, which stays; raises CodeUsed."""
    digest = hashlib.sha256(code.encode()).digest()
    try:
        key = f"login:code:{digest.hex()}"
        first = cache.patiently(lambda: cache.client().set(key, b"1", nx=True, ex=CODE_SECONDS))
    except cache.RedisError as error:
        _log.warning("login.cache_silent", kind=type(error).__name__)
        first = True
    if not first:
        raise CodeUsed
    take(PER_ADDRESS, device.address)
    claim = insert(LoginCode).values(code_hash=digest, claimed_at=clock.now())
    with atomic():
        claimed = session.scalar(claim.on_conflict_do_nothing().returning(LoginCode.code_hash))
    if claimed is None:
        raise CodeUsed


def _told(error: wechat.WeChatError) -> Exception:
    """Say what a failed exchange means to the person; it is never tried again, the code is used up."""
    _log.warning("login.exchange_failed", kind=type(error).__name__, errcode=error.errcode, rid=error.rid)
    match error:
        case wechat.Relogin():
            return CodeUsed() if error.kind is wechat.CodeProblem.USED else CodeRefused()
        case wechat.LoginBlocked():
            _note_blocked(error)
            return LoginNotPossible()
        case wechat.OutcomeUnknown():
            return LoginUncertain()
        case _:
            return WeChatUnavailable()


def _note_blocked(error: wechat.LoginBlocked) -> None:
    with atomic():
        trail.record(
            "identity.login",
            actor=Actor(ActorKind.WECHAT, "login"),
            subject=("login", error.rid or "unknown"),
            outcome="blocked",
            details={"errcode": error.errcode},
        )


def _admit(identity: WeChatIdentity, device: Device) -> LoggedIn:
    """Find or open the account of an openid and open a session; the session_key is dropped here."""
    now = clock.now()
    opened = session.scalar(
        insert(Account)
        .values(openid=identity.openid, unionid=identity.unionid, created_at=now)
        .on_conflict_do_nothing(index_elements=[Account.openid])
        .returning(Account.id)
    )
    account = session.scalars(select(Account).filter_by(openid=identity.openid).with_for_update()).one()
    account.unionid = identity.unionid or account.unionid
    account.last_login_at = now
    resident_id = ResidentId(account.id)
    token, expires_at = sessions.open_for_resident(resident_id, device)
    trail.record(
        "identity.login",
        actor=Actor(ActorKind.RESIDENT, str(resident_id)),
        subject=("account", resident_id),
        details={"new": opened is not None},
    )
    return LoggedIn(
        token=token,
        expires_at=expires_at,
        resident_id=resident_id,
        assurance=Assurance(account.assurance),
        is_new=opened is not None,
        closing_at=account.closing_at,
    )
