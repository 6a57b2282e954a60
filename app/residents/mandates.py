"""Acting for a relative (亲属代办): one invites with a code, the other accepts, the first confirms.

The code is shown once and stored as a hash; either side ends the mandate at any time, at once.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, crypto, masking
from app.foundation.database import session
from app.foundation.errors import NotFound
from app.foundation.limits import Limit, take
from app.identity import queries as identity
from app.identity.types import RealName, ResidentId
from app.residents.errors import (
    AlreadyMandated,
    InvitationInvalid,
    MandateOver,
    OwnInvitation,
    RealNameRequired,
)
from app.residents.models import Mandate
from app.residents.types import MandateState, MandateView

INVITED_FOR = timedelta(hours=24)
MANDATED_FOR = timedelta(days=365)
GUESSES = Limit("mandate.accept", burst=10, seconds=3600, closed=True)
_LIVE = (MandateState.INVITED, MandateState.ACCEPTED, MandateState.ACTIVE)


def invite(principal: ResidentId, relation: str) -> MandateView:
    """Offer a relative to act for me; the view carries the code. Raises RealNameRequired."""
    _require_real_name(principal)
    code = crypto.new_token()
    row = Mandate(
        principal_id=principal,
        relation=relation,
        code_hash=crypto.token_hash(code),
        expires_at=clock.now() + INVITED_FOR,
    )
    session.add(row)
    session.flush()
    _record("mandate.invited", principal, row)
    return _view(row, principal, code=code)


def accept(agent: ResidentId, code: str) -> MandateView:
    """Agree to act for whoever gave me the code; raises InvitationInvalid, OwnInvitation, AlreadyMandated."""
    take(GUESSES, str(agent))
    _require_real_name(agent)
    row = session.scalar(
        select(Mandate)
        .filter_by(code_hash=crypto.token_hash(code), state=MandateState.INVITED)
        .with_for_update()
    )
    if row is None or row.expires_at <= clock.now():
        raise InvitationInvalid
    if row.principal_id == agent:
        raise OwnInvitation
    if _between(row.principal_id, agent):
        raise AlreadyMandated
    row.agent_id, row.state = agent, MandateState.ACCEPTED
    session.flush()
    _record("mandate.accepted", agent, row)
    return _view(row, agent)


def confirm(principal: ResidentId, mandate_id: UUID) -> MandateView:
    """Let the one who accepted act for me from now on; raises NotFound, MandateOver."""
    row = session.scalar(select(Mandate).filter_by(id=mandate_id, principal_id=principal).with_for_update())
    if row is None:
        raise NotFound
    if row.state != MandateState.ACCEPTED or row.expires_at <= clock.now():
        raise MandateOver
    row.state, row.expires_at = MandateState.ACTIVE, clock.now() + MANDATED_FOR
    session.flush()
    _record("mandate.confirmed", principal, row)
    return _view(row, principal)


def end(resident_id: ResidentId, mandate_id: UUID) -> None:
    """End a mandate that one gave or got, at once; raises NotFound."""
    row = session.scalar(
        select(Mandate).where(Mandate.id == mandate_id, _live_of(resident_id)).with_for_update()
    )
    if row is None:
        raise NotFound
    row.state, row.ended_at = MandateState.ENDED, clock.now()
    session.flush()
    _record("mandate.ended", resident_id, row)


def end_all(resident_id: ResidentId) -> None:
    """End every mandate of somebody who leaves."""
    session.execute(
        update(Mandate)
        .where(_live_of(resident_id))
        .values(state=MandateState.ENDED, ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def listed(resident_id: ResidentId) -> list[MandateView]:
    """Return the mandates one gave or got that are not over, newest first."""
    rows = session.scalars(
        select(Mandate)
        .where(_live_of(resident_id), Mandate.expires_at > clock.now())
        .order_by(Mandate.id.desc())
        .limit(100)
    ).all()
    others = [_other(row, resident_id) for row in rows]
    names = identity.real_names(other for other in others if other is not None)
    return [_view(row, resident_id, names=names) for row in rows]


def _live_of(resident_id: ResidentId) -> ColumnElement[bool]:
    mine = or_(Mandate.principal_id == resident_id, Mandate.agent_id == resident_id)
    return and_(mine, Mandate.state.in_(_LIVE))


def _between(principal: UUID, agent: UUID) -> bool:
    live = select(Mandate.id).where(
        Mandate.principal_id == principal,
        Mandate.agent_id == agent,
        Mandate.state.in_((MandateState.ACCEPTED, MandateState.ACTIVE)),
    )
    return session.scalar(live) is not None


def _require_real_name(resident_id: ResidentId) -> None:
    if identity.real_name(resident_id) is None:
        raise RealNameRequired


def _other(row: Mandate, resident_id: ResidentId) -> ResidentId | None:
    other = row.agent_id if row.principal_id == resident_id else row.principal_id
    return None if other is None else ResidentId(other)


def _view(
    row: Mandate,
    resident_id: ResidentId,
    *,
    code: str | None = None,
    names: Mapping[ResidentId, RealName] | None = None,
) -> MandateView:
    other = _other(row, resident_id)
    if names is None:
        names = identity.real_names([] if other is None else [other])
    verified = None if other is None else names.get(other)
    return MandateView(
        id=row.id,
        state=MandateState(row.state),
        relation=row.relation,
        given_by_me=row.principal_id == resident_id,
        other_name=masking.name(verified.name) if verified else "",
        code=code,
        expires_at=row.expires_at,
    )


def _record(action: str, resident_id: ResidentId, row: Mandate) -> None:
    trail.record(action, actor=Actor(ActorKind.RESIDENT, str(resident_id)), subject=("mandate", row.id))
