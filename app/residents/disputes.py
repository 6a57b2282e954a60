"""Objections to what a department says (异议, PIPL 46): kept for the department, shown beside the fact."""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import exists, select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import crypto
from app.foundation.database import session
from app.foundation.ids import new_id
from app.identity.types import ResidentId
from app.residents import fact_catalogue
from app.residents.errors import AlreadyDisputed, NothingToDispute, UnknownFact
from app.residents.models import Dispute, ResidentFact
from app.residents.subjects import own_subject
from app.residents.types import FactKind


def dispute(resident_id: ResidentId, name: str, reason: str, *, subject_id: UUID | None = None) -> UUID:
    """Object to a department's fact; raises UnknownFact, NothingToDispute, AlreadyDisputed."""
    subject = own_subject(resident_id, subject_id)
    if fact_catalogue.entry(subject.kind, name) is None:
        raise UnknownFact
    source = session.scalar(
        select(ResidentFact.source)
        .filter_by(subject_id=subject.id, name=name, kind=FactKind.REGISTRY)
        .with_for_update()
    )
    if source is None:
        raise NothingToDispute
    if name in open_about(subject.id):
        raise AlreadyDisputed
    row_id = new_id()
    sealed = crypto.cipher().encrypt(reason, place=_place(row_id))
    session.add(
        Dispute(
            id=row_id,
            resident_id=resident_id,
            subject_id=subject.id,
            name=name,
            department=source,
            reason=sealed,
        )
    )
    session.flush()
    _record(resident_id, row_id, name)
    return row_id


def dispute_all(
    resident_id: ResidentId, names: Collection[str], reason: str, *, subject_id: UUID | None = None
) -> int:
    """Object to every one of `names` that a department stated, each to its department; returns how many.

    What is disputed already stays as it is. Raises NothingToDispute where no department stated any of them.
    """
    subject = own_subject(resident_id, subject_id)
    open_already = exists().where(
        Dispute.subject_id == ResidentFact.subject_id,
        Dispute.name == ResidentFact.name,
        Dispute.closed_at.is_(None),
    )
    stated = session.execute(
        select(ResidentFact.name, ResidentFact.source, open_already)
        .where(
            ResidentFact.subject_id == subject.id,
            ResidentFact.name.in_(names),
            ResidentFact.kind == FactKind.REGISTRY,
        )
        .with_for_update()
    ).all()
    if not stated:
        raise NothingToDispute
    fresh = [(new_id(), name, source) for name, source, known in stated if not known]
    for row_id, name, source in fresh:
        sealed = crypto.cipher().encrypt(reason, place=_place(row_id))
        session.add(
            Dispute(
                id=row_id,
                resident_id=resident_id,
                subject_id=subject.id,
                name=name,
                department=source,
                reason=sealed,
            )
        )
        _record(resident_id, row_id, name)
    session.flush()
    return len(fresh)


def open_about(subject_id: UUID) -> set[str]:
    """Return the names of the facts that are disputed now."""
    return set(session.scalars(select(Dispute.name).filter_by(subject_id=subject_id, closed_at=None)))


def of_resident(resident_id: ResidentId) -> list[Dispute]:
    """Return the rows of a resident's own objections, oldest first."""
    return list(session.scalars(select(Dispute).filter_by(resident_id=resident_id).order_by(Dispute.id)))


def exported(rows: Iterable[Dispute]) -> list[dict[str, object]]:
    """Return objections for their owner's copy of everything."""
    return [
        {
            "name": row.name,
            "department": row.department,
            "reason": crypto.cipher().decrypt(row.reason, place=_place(row.id)),
            "created_at": row.created_at,
            "closed_at": row.closed_at,
        }
        for row in rows
    ]


def _record(resident_id: ResidentId, row_id: UUID, name: str) -> None:
    trail.record(
        "resident.fact_disputed",
        actor=Actor(ActorKind.RESIDENT, str(resident_id)),
        subject=("dispute", row_id),
        details={"fact": name},
    )


def _place(row_id: UUID) -> str:
    return f"resident_dispute|reason|{row_id}"
