"""A copy of what we hold about somebody (个人信息副本, PIPL 45), in clear: only after a fresh login."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock
from app.foundation.database import session
from app.foundation.limits import Limit, take
from app.identity import queries as identity
from app.identity.types import RealName, ResidentId
from app.residents import disputes, facts, holdings, mandates, profiles
from app.residents.holdings import Holding
from app.residents.models import Consent, Dispute
from app.residents.types import SubjectView

PER_DAY = Limit("export", burst=5, seconds=86_400, closed=True)


def export(resident_id: ResidentId) -> dict[str, Any]:
    """Return the copy, and record that it was given; raises TooManyRequests."""
    take(PER_DAY, str(resident_id))
    trail.record(
        "resident.exported",
        actor=Actor(ActorKind.RESIDENT, str(resident_id)),
        subject=("account", resident_id),
    )
    verified, account = identity.real_name(resident_id), identity.account(resident_id)
    own = disputes.of_resident(resident_id)
    return {
        "exported_at": clock.now(),
        "account": {
            **(asdict(account) if account else {}),
            "openid": identity.openid(resident_id),
            "name": verified.name if verified else None,
            "id_number": verified.id_number if verified else None,
            "phone": identity.phone(resident_id),
        },
        "profile": asdict(profiles.profile(resident_id)),
        "subjects": _subjects(resident_id, verified, own),
        "consents": _consents(resident_id),
        "disputes": disputes.exported(own),
        "mandates": [asdict(found) for found in mandates.listed(resident_id)],
    }


def _subjects(
    resident_id: ResidentId, verified: RealName | None, disputed: list[Dispute]
) -> list[dict[str, Any]]:
    """Return the facts about oneself and one's enterprises; a relative's are the relative's to export."""
    before = facts.earlier(resident_id)
    opened = {(row.subject_id, row.name) for row in disputed if row.closed_at is None}
    return [
        {
            "subject": asdict(_view(held, verified)),
            "facts": _facts(held, {name for subject_id, name in opened if subject_id == held.subject.id}),
            "earlier_facts": before.get(held.subject.id, []),
        }
        for held in sorted(holdings.current(resident_id), key=lambda held: held.name or "")
    ]


def _view(held: Holding, verified: RealName | None) -> SubjectView:
    name = held.name or (verified.name if verified else "本人")
    return SubjectView(held.subject.id, held.subject.kind, held.subject.relation, name)


def _facts(held: Holding, open_disputes: set[str]) -> list[dict[str, Any]]:
    return [
        {
            "name": entry.name,
            "label": entry.label,
            "counts": asdict(entry.known) if entry.known else None,
            "own_statement": asdict(entry.statement) if entry.statement else None,
            "disputed": entry.disputed,
        }
        for entry in facts.entries(held.subject.kind, held.rows.values(), open_disputes=open_disputes)
        if entry.known or entry.statement
    ]


def _consents(resident_id: ResidentId) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(Consent).filter_by(resident_id=resident_id).order_by(Consent.purpose, Consent.version)
    )
    return [
        {
            "purpose": row.purpose,
            "version": row.version,
            "granted": row.granted,
            "notice_version": row.notice_version,
            "decided_at": row.created_at,
        }
        for row in rows
    ]
