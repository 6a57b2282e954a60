"""What residents allow, purpose by purpose (授权管理, PIPL 13-16); the latest decision counts at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Subquery, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock
from app.foundation.database import one_of_ids, session
from app.foundation.ids import new_id
from app.foundation.transaction import seen_here
from app.identity.types import ResidentId
from app.residents import events
from app.residents.errors import ConsentRequired, NoticeChanged
from app.residents.models import Consent
from app.residents.notices import NOTICES
from app.residents.types import ConsentView, Purpose

_ONE_PER_VERSION = "uq_resident_consent_resident_id_purpose_version"


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision about one purpose, about which text, and when."""

    granted: bool
    version: int
    notice_version: int
    decided_at: datetime
    id: UUID


def granted(resident_id: ResidentId, purpose: Purpose) -> bool:
    """Say whether a resident allows something now."""
    latest = _latest(resident_id).get(purpose)
    return latest is not None and latest.granted


def require(resident_id: ResidentId, purposes: Iterable[Purpose], *, holding: Subquery | None = None) -> None:
    """Raise ConsentRequired unless the resident allows all of `purposes`.

    With `holding` (see `locks.held`) it is read now, and the lock is taken in the same statement.
    """
    if holding is not None:
        seen_here()["consents", resident_id] = _read(resident_id, holding)
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
        .where(Consent.purpose == purpose, Consent.resident_id == one_of_ids(resident_ids))
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
    return _view(purpose, _decide(resident_id, [purpose], decision=True).get(purpose))


def withdraw(resident_id: ResidentId, purpose: Purpose) -> ConsentView:
    """Stop allowing something, at once (撤回同意, PIPL 15)."""
    return _view(purpose, _decide(resident_id, [purpose], decision=False).get(purpose))


def withdraw_all(resident_id: ResidentId) -> None:
    """Stop allowing everything."""
    _decide(resident_id, list(Purpose), decision=False)


def decided_here(resident_id: ResidentId) -> frozenset[Purpose]:
    """Return about what a resident decided in this unit of work: for those who hear `consent_changed`."""
    found: frozenset[Purpose] = seen_here().get(("consents.decided", resident_id), frozenset())
    return found


def _decide(resident_id: ResidentId, purposes: list[Purpose], *, decision: bool) -> dict[Purpose, Decision]:
    """Write the next versions; the same decision about the same text again is nothing new.

    The unique key makes a second decision at the same moment wait for the first and then be asked anew.
    """
    latest = _latest(resident_id)
    while wanted := {
        purpose: Decision(
            decision,
            latest[purpose].version + 1 if purpose in latest else 1,
            NOTICES[purpose].version,
            clock.now(),
            new_id(),
        )
        for purpose in purposes
        if _is_new(latest.get(purpose), purpose, decision=decision)
    }:
        written = _write(resident_id, wanted)
        latest = {**(latest if len(written) == len(wanted) else _read(resident_id)), **written}
        if written:
            _tell(resident_id, latest, written)
    return latest


def _is_new(before: Decision | None, purpose: Purpose, *, decision: bool) -> bool:
    if before is None or before.granted is not decision:
        return decision or before is not None
    return decision and before.notice_version != NOTICES[purpose].version


def _write(resident_id: ResidentId, wanted: Mapping[Purpose, Decision]) -> dict[Purpose, Decision]:
    """Write decisions in one statement; returns those that no other decision forestalled."""
    rows = [
        {
            "id": made.id,
            "resident_id": resident_id,
            "purpose": purpose.value,
            "version": made.version,
            "granted": made.granted,
            "notice_version": made.notice_version,
        }
        for purpose, made in wanted.items()
    ]
    statement = insert(Consent).values(rows).on_conflict_do_nothing(constraint=_ONE_PER_VERSION)
    written = session.execute(statement.returning(Consent.purpose, Consent.created_at))
    return {Purpose(name): replace(wanted[Purpose(name)], decided_at=moment) for name, moment in written}


def _tell(
    resident_id: ResidentId, latest: dict[Purpose, Decision], written: Mapping[Purpose, Decision]
) -> None:
    seen_here()["consents", resident_id] = latest
    seen_here()["consents.decided", resident_id] = frozenset(written)
    for purpose, made in written.items():
        trail.record(
            "resident.consent",
            actor=Actor(ActorKind.RESIDENT, str(resident_id)),
            subject=("consent", made.id),
            outcome="granted" if made.granted else "withdrawn",
            details={"purpose": purpose, "version": made.version, "notice": made.notice_version},
        )
    events.consent_changed.send(resident_id)


def _latest(resident_id: ResidentId) -> dict[Purpose, Decision]:
    """Return the latest decisions by purpose, read once per unit of work."""
    found: dict[Purpose, Decision] | None = seen_here().get(("consents", resident_id))
    if found is None:
        found = seen_here()["consents", resident_id] = _read(resident_id)
    return found


def _read(resident_id: ResidentId, holding: Subquery | None = None) -> dict[Purpose, Decision]:
    asked, own = select(Consent.__table__), Consent.resident_id == resident_id
    asked = asked.where(own) if holding is None else asked.select_from(holding.outerjoin(Consent, own))
    rows = session.execute(
        asked.ext(distinct_on(Consent.purpose)).order_by(Consent.purpose, Consent.version.desc())
    )
    return {
        Purpose(row.purpose): Decision(row.granted, row.version, row.notice_version, row.created_at, row.id)
        for row in rows
        if row.id is not None
    }


def _view(purpose: Purpose, made: Decision | None) -> ConsentView:
    notice = NOTICES[purpose]
    return ConsentView(
        purpose=purpose,
        granted=made is not None and made.granted,
        title=notice.title,
        notice=notice.text,
        notice_version=notice.version,
        version=made.version if made else 0,
        decided_at=made.decided_at if made else None,
    )
