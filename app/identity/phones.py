"""The phone-number button (手机号快速验证): WeChat vouches for the number, and for whose code it is."""

import structlog

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, crypto
from app.foundation.database import session
from app.foundation.errors import StepUpRequired, Unauthenticated
from app.foundation.limits import Limit, take
from app.foundation.transaction import atomic
from app.gateways.wechat import errors as wechat
from app.gateways.wechat.port import wechat as gateway
from app.identity import queries, sessions
from app.identity.errors import PhoneCodeRefused, PhoneUnavailable
from app.identity.models import Account
from app.identity.types import Assurance, ResidentId, ResidentPrincipal

PER_RESIDENT = Limit("phone.resident", burst=10, seconds=3600, closed=True)
INDEX = "identity_account.phone"
_log = structlog.get_logger(__name__)


def bind_phone(principal: ResidentPrincipal, code: str) -> tuple[str, Assurance]:
    """Bind the number behind `code`; returns it and the assurance that resulted.

    To replace a number a fresh login is needed, since a shared phone must not be enough. Opens its own units
    of work, none of them while WeChat is asked. Raises StepUpRequired, PhoneCodeRefused, PhoneUnavailable.
    """
    openid = _openid_for_binding(principal)
    take(PER_RESIDENT, str(principal.resident_id))
    try:
        phone = gateway().phones.number(code, openid)
    except wechat.WeChatError as error:
        raise _told(error) from None
    foreign = phone.country_code not in {"", "86"}
    number = f"+{phone.country_code}{phone.number}" if foreign else phone.number
    with atomic():
        return number, _store(principal, number)


def unbind_phone(resident_id: ResidentId) -> None:
    """Forget a resident's phone number: they withdrew it in WeChat (撤回授权)."""
    account = session.get(Account, resident_id, with_for_update=True)
    if account is None or account.phone is None:
        return
    account.phone = account.phone_index = None
    if account.assurance == Assurance.PHONE:
        account.assurance = Assurance.WECHAT
        sessions.refresh_resident(resident_id)
    trail.record(
        "identity.phone_withdrawn",
        actor=Actor(ActorKind.WECHAT, "user_authorization_revoke"),
        subject=("account", resident_id),
    )
    session.flush()


def _openid_for_binding(principal: ResidentPrincipal) -> str:
    with atomic():
        openid = queries.openid(principal.resident_id)
        bound = queries.phone(principal.resident_id) is not None
    if openid is None:
        raise Unauthenticated
    if bound and principal.fresh_until <= clock.now():
        raise StepUpRequired
    return openid


def _told(error: wechat.WeChatError) -> Exception:
    _log.warning("phone.exchange_failed", kind=type(error).__name__, errcode=error.errcode, rid=error.rid)
    match error:
        case wechat.Relogin() | wechat.OutcomeUnknown():
            return PhoneCodeRefused()
        case _:
            return PhoneUnavailable()


def _store(principal: ResidentPrincipal, number: str) -> Assurance:
    account = session.get_one(Account, principal.resident_id, with_for_update=True)
    cipher = crypto.cipher()
    account.phone = cipher.encrypt(number, place=queries.place("phone", principal.resident_id))
    account.phone_index = cipher.index(number, column=INDEX)
    if account.assurance == Assurance.WECHAT:
        account.assurance = Assurance.PHONE
        sessions.refresh_resident(principal.resident_id)
    trail.record(
        "identity.phone_bound",
        actor=Actor(ActorKind.RESIDENT, str(principal.resident_id)),
        subject=("account", principal.resident_id),
    )
    session.flush()
    return Assurance(account.assurance)
