"""What residents allow, purpose by purpose (授权管理, PIPL 13-16); the latest decision counts at once."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import locks
from app.foundation.database import session
from app.identity.types import ResidentId
from app.residents import events
from app.residents.errors import ConsentRequired, NoticeChanged
from app.residents.models import Consent
from app.residents.notices import NOTICES
from app.residents.types import ConsentView, Purpose


def granted(resident_id: ResidentId, purpose: Purpose) -> bool:
    """Say whether a resident allows something now."""
    latest = _latest(resident_id).get(purpose)
    return latest is not None and latest.granted


def require(resident_id: ResidentId, purposes: Iterable[Purpose]) -> None:
    """Raise ConsentRequired unless the resident allows all of `purposes`."""
    latest = _latest(resident_id)
    for purpose in purposes:
        if purpose not in latest or not latest[purpose].granted:
            raise ConsentRequired(f"需要您先同意“{NOTICES[purpose].title}”授权，请到“授权管理”中开启后再试")


def granting(purpose: Purpose, *, after: ResidentId | None = None, limit: int = 1000) -> list[ResidentId]:
    """Return residents who allow something now, in the order of their ids, for work in batches."""
    latest = (
        select(Consent.resident_id, Consent.granted)
        .where(Consent.purpose == purpose, *([Consent.resident_id > after] if after else []))
        .ext(distinct_on(Consent.resident_id))
        .order_by(Consent.resident_id, Consent.version.desc())
        .subquery()
    )
    asked = select(latest.c.resident_id).where(latest.c.granted).order_by(latest.c.resident_id).limit(limit)
    return [ResidentId(found) for found in session.scalars(asked)]


def granted_by(resident_ids: Iterable[ResidentId], purpose: Purpose) -> set[ResidentId]:
    """Return those of `resident_ids` who allow something now."""
    asked = (
        select(Consent.resident_id, Consent.granted)
        .where(Consent.purpose == purpose, Consent.resident_id.in_(list(resident_ids)))
        .ext(distinct_on(Consent.resident_id))
        .order_by(Consent.resident_id, Consent.version.desc())
    )
    return {ResidentId(row.resident_id) for row in session.execute(asked) if row.granted}


def listed(resident_id: ResidentId) -> list[ConsentView]:
    """Return every purpose with its notice and the resident's decision."""
    latest = _latest(resident_id)
    return [_view(purpose, latest.get(purpose)) for purpose in Purpose]


def view(resident_id: ResidentId, purpose: Purpose) -> ConsentView:
    """Return one purpose with its notice and the resident's decision."""
    return _view(purpose, _latest(resident_id).get(purpose))


def grant(resident_id: ResidentId, purpose: Purpose, *, notice_version: int | None = None) -> ConsentView:
    """Allow something; raises NoticeChanged where another text was read than the one in force."""
    if notice_version not in {None, NOTICES[purpose].version}:
        raise NoticeChanged
    _decide(resident_id, purpose, decision=True)
    return view(resident_id, purpose)


def withdraw(resident_id: ResidentId, purpose: Purpose) -> ConsentView:
    """Stop allowing something, at once (撤回同意, PIPL 15)."""
    _decide(resident_id, purpose, decision=False)
    return view(resident_id, purpose)


def withdraw_all(resident_id: ResidentId) -> None:
    """Stop allowing everything."""
    for purpose, row in _latest(resident_id).items():
        if row.granted:
            _decide(resident_id, purpose, decision=False)


def _decide(resident_id: ResidentId, purpose: Purpose, *, decision: bool) -> None:
    """Write the next version; the same decision about the same text again is nothing new."""
    locks.lock("resident.consent", f"{resident_id}|{purpose}")
    before, notice = _latest(resident_id).get(purpose), NOTICES[purpose]
    same = before is not None and before.granted is decision
    if (not decision and (before is None or same)) or (
        same and before is not None and before.notice_version == notice.version
    ):
        return
    row = Consent(
        resident_id=resident_id,
        purpose=purpose,
        version=before.version + 1 if before else 1,
        granted=decision,
        notice_version=notice.version,
    )
    session.add(row)
    session.flush()
    trail.record(
        "resident.consent",
        actor=Actor(ActorKind.RESIDENT, str(resident_id)),
        subject=("consent", row.id),
        outcome="granted" if decision else "withdrawn",
        details={"purpose": purpose, "version": row.version, "notice": notice.version},
    )
    events.consent_changed.send(resident_id)


def _latest(resident_id: ResidentId | UUID) -> dict[Purpose, Consent]:
    rows = session.scalars(
        select(Consent)
        .where(Consent.resident_id == resident_id)
        .ext(distinct_on(Consent.purpose))
        .order_by(Consent.purpose, Consent.version.desc())
    )
    return {Purpose(row.purpose): row for row in rows}


def _view(purpose: Purpose, row: Consent | None) -> ConsentView:
    notice = NOTICES[purpose]
    return ConsentView(
        purpose=purpose,
        granted=row is not None and row.granted,
        title=notice.title,
        notice=notice.text,
        notice_version=notice.version,
        version=row.version if row else 0,
        decided_at=row.created_at if row else None,
    )
