"""Real name (实名认证): the server asks the provider how it ended; a phone's word counts for nothing.

Whether somebody else was verified as the same person is told only to whom the provider vouches for (no
enumeration of 身份证号). Each function opens its own units of work, none of them while the provider is asked.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, crypto
from app.foundation.database import session
from app.foundation.errors import NotFound, Unauthenticated
from app.foundation.ids import new_id
from app.foundation.limits import Limit, take
from app.foundation.transaction import atomic
from app.gateways.wechat import errors as wechat
from app.gateways.wechat.face import cert_hash
from app.gateways.wechat.port import FaceOutcome, FaceResult, FaceTicket
from app.gateways.wechat.port import wechat as gateway
from app.identity import events, persons, queries, sessions
from app.identity.errors import AlreadyVerified, PersonTaken, VerificationOver, VerificationUnavailable
from app.identity.models import Account, Verification
from app.identity.types import (
    Assurance,
    ResidentId,
    VerificationStarted,
    VerificationState,
    VerificationView,
)

PROVIDER = "wechat_face"
PER_RESIDENT = Limit("real_name.resident", burst=5, seconds=3600, closed=True)
PER_PERSON = Limit("real_name.person", burst=5, seconds=3600, closed=True)
QUESTIONS = 20
"""How often one verification may be asked about."""
STARTING_FOR = timedelta(minutes=10)
_OPEN = (VerificationState.STARTING, VerificationState.PENDING)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Question:
    """What the provider is asked about one verification."""

    ticket: str = field(repr=False)
    out_seq_no: str
    cert_hash: str
    openid: str = field(repr=False)


def start(resident_id: ResidentId, name: str, id_number: str) -> VerificationStarted:
    """Open a verification; raises InvalidInput, AlreadyVerified, VerificationUnavailable, TooManyRequests."""
    name, id_number = persons.checked(name, id_number)
    take(PER_RESIDENT, str(resident_id))
    take(PER_PERSON, crypto.cipher().index(id_number, column=persons.INDEX).hex())
    with atomic():
        verification_id, out_seq_no, openid = _opened(resident_id, name, id_number)
    try:
        ticket = gateway().faces.start(out_seq_no, name=name, id_number=id_number, openid=openid)
    except wechat.WeChatError as error:
        _log.warning(
            "real_name.start_failed", kind=type(error).__name__, errcode=error.errcode, rid=error.rid
        )
        raise VerificationUnavailable from None
    with atomic():
        _ticketed(verification_id, ticket)
    return VerificationStarted(verification_id, ticket.verify_id, ticket.expires_in)


def confirm(resident_id: ResidentId, verification_id: UUID) -> VerificationView:
    """Ask the provider how it ended; only `passed` raises the assurance.

    Raises NotFound, VerificationOver, PersonTaken, VerificationUnavailable.
    """
    with atomic():
        row, openid = _own(resident_id, verification_id)
        if row.state == VerificationState.PASSED:
            return _view(row, Assurance.REAL_NAME)
        question = _counted(row, openid)
    if question is None:
        raise VerificationOver
    try:
        result = gateway().faces.result(
            question.ticket,
            out_seq_no=question.out_seq_no,
            cert_hash=question.cert_hash,
            openid=question.openid,
        )
    except wechat.WeChatError as error:
        raise _unavailable(error) from None
    with atomic():
        row, _ = _own(resident_id, verification_id)
        with session.no_autoflush:  # what changes is written together
            view = _concluded(row, result)
    if view.state is VerificationState.TAKEN:
        raise PersonTaken
    return view


def expire() -> int:
    """Close what was never finished, and forget its name and number; returns how many."""
    late = session.scalars(
        select(Verification)
        .where(Verification.state.in_(_OPEN), Verification.expires_at < clock.now())
        .with_for_update(skip_locked=True)
        .limit(500)
    ).all()
    for row in late:
        _close(row, VerificationState.EXPIRED)
    session.flush()
    return len(late)


def _unavailable(error: wechat.WeChatError) -> VerificationUnavailable:
    _log.warning("real_name.failed", kind=type(error).__name__, errcode=error.errcode, rid=error.rid)
    return VerificationUnavailable()


def _opened(resident_id: ResidentId, name: str, id_number: str) -> tuple[UUID, str, str]:
    account = session.get_one(Account, resident_id)
    if account.openid is None:
        raise Unauthenticated
    if account.assurance == Assurance.REAL_NAME:
        raise AlreadyVerified
    row_id, cipher = new_id(), crypto.cipher()
    row = Verification(
        id=row_id,
        resident_id=resident_id,
        out_seq_no=new_id().hex,
        provider=PROVIDER,
        cert_hash=cert_hash(name, id_number),
        expires_at=clock.now() + STARTING_FOR,
        name=cipher.encrypt(name, place=_place("name", row_id)),
        id_number=cipher.encrypt(id_number, place=_place("id_number", row_id)),
    )
    session.add(row)
    session.flush()
    return row_id, row.out_seq_no, account.openid


def _ticketed(verification_id: UUID, ticket: FaceTicket) -> None:
    row = session.get_one(Verification, verification_id, with_for_update=True)
    row.ticket = crypto.cipher().encrypt(ticket.verify_id, place=_place("ticket", row.id))
    row.state = VerificationState.PENDING
    row.expires_at = clock.now() + timedelta(seconds=ticket.expires_in)
    session.flush()


def _own(resident_id: ResidentId, verification_id: UUID) -> tuple[Verification, str | None]:
    """Lock one's own verification; returns it with the openid of its account (None: erased)."""
    found = session.execute(
        select(Verification, Account.openid)
        .join(Account, Account.id == Verification.resident_id)
        .where(Verification.id == verification_id, Verification.resident_id == resident_id)
        .with_for_update(of=Verification)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def _counted(row: Verification, openid: str | None) -> _Question | None:
    """Count one more question; None where this verification is over."""
    if row.state not in _OPEN or row.ticket is None:
        return None
    if row.expires_at <= clock.now() or row.attempts >= QUESTIONS:
        _close(row, VerificationState.EXPIRED)
        return None
    row.attempts += 1
    ticket = crypto.cipher().decrypt(row.ticket, place=_place("ticket", row.id))
    return None if openid is None else _Question(ticket, row.out_seq_no, row.cert_hash, openid)


def _concluded(row: Verification, result: FaceResult) -> VerificationView:
    account = session.get_one(Account, row.resident_id, with_for_update=True)
    row.result_code = result.code
    if row.state in _OPEN:
        match result.outcome:
            case FaceOutcome.PASSED:
                _passed(row, account)
            case FaceOutcome.FAILED:
                _close(row, VerificationState.FAILED)
            case FaceOutcome.PENDING:
                pass
    session.flush()
    return _view(row, Assurance(account.assurance))


def _passed(row: Verification, account: Account) -> None:
    """Give the account its person, unless another account has it."""
    if row.name is None or row.id_number is None:
        raise VerificationOver
    cipher, resident_id = crypto.cipher(), ResidentId(account.id)
    name = cipher.decrypt(row.name, place=_place("name", row.id))
    id_number = cipher.decrypt(row.id_number, place=_place("id_number", row.id))
    index = cipher.index(id_number, column=persons.INDEX)
    holder = session.scalar(select(Account.id).filter_by(id_number_index=index))
    if holder not in {None, account.id}:
        _close(row, VerificationState.TAKEN)
        return
    account.name = cipher.encrypt(name, place=queries.place("name", resident_id))
    account.id_number = cipher.encrypt(id_number, place=queries.place("id_number", resident_id))
    account.id_number_index = index
    account.assurance = Assurance.REAL_NAME
    account.verified_at = clock.now()
    _close(row, VerificationState.PASSED)
    session.flush()
    sessions.refresh_resident(resident_id)
    events.verified.send(resident_id)


def _close(row: Verification, state: VerificationState) -> None:
    row.state = state
    row.name = row.id_number = row.ticket = None
    trail.record(
        "identity.real_name",
        actor=Actor(ActorKind.RESIDENT, str(row.resident_id)),
        subject=("verification", row.id),
        outcome=state,
        details={"code": row.result_code, "attempts": row.attempts},
    )


def _view(row: Verification, assurance: Assurance) -> VerificationView:
    return VerificationView(row.id, VerificationState(row.state), assurance)


def _place(column: str, row_id: UUID) -> str:
    return f"identity_verification|{column}|{row_id}"
