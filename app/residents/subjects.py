"""For whom a resident may act (办理对象): themselves, relatives who mandated them, their enterprises."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, or_, select

from app.foundation.database import one_of_ids, session
from app.foundation.errors import NotFound
from app.identity import queries as identity
from app.identity.types import RealName, ResidentId
from app.residents.models import Enterprise, Mandate
from app.residents.types import MandateState, SubjectKind, SubjectRelation, SubjectView


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody whom facts are about; `owner_id` is the resident whose rows they are.

    `uscc` is an enterprise's code, where it was asked for by its id (`subject`).
    """

    id: UUID
    kind: SubjectKind
    relation: SubjectRelation
    owner_id: ResidentId
    uscc: str | None = None


def subject(resident_id: ResidentId, subject_id: UUID | None = None) -> Subject:
    """Return whom a resident means, themselves by default; raises NotFound where they may not act for it."""
    if subject_id is None or subject_id == resident_id:
        return Subject(resident_id, SubjectKind.PERSON, SubjectRelation.SELF, resident_id)
    represented = select(Enterprise.uscc).filter_by(id=subject_id, resident_id=resident_id, ended_at=None)
    mandated = select(Mandate.id).filter_by(
        principal_id=subject_id, agent_id=resident_id, state=MandateState.ACTIVE
    )
    asked = select(represented.scalar_subquery(), mandated.exists())
    uscc, is_relative = session.execute(asked).one()
    if uscc is not None:
        kind, relation = SubjectKind.ENTERPRISE, SubjectRelation.REPRESENTATIVE
        return Subject(subject_id, kind, relation, resident_id, uscc)
    if is_relative:
        return Subject(subject_id, SubjectKind.PERSON, SubjectRelation.FAMILY, ResidentId(subject_id))
    raise NotFound


def acts_for(resident_id: ResidentId, person: SQLColumnExpression[UUID]) -> ColumnElement[bool]:
    """Return the condition that `person` is the resident or a relative who mandated them, for a statement."""
    mandated = select(Mandate.id).filter_by(agent_id=resident_id, state=MandateState.ACTIVE)
    return or_(person == resident_id, mandated.where(Mandate.principal_id == person).exists())


def own_subject(resident_id: ResidentId, subject_id: UUID | None = None) -> Subject:
    """Return whose facts are the resident's to state: themselves or their enterprise, no relative."""
    found = subject(resident_id, subject_id)
    if found.relation is SubjectRelation.FAMILY:
        raise NotFound
    return found


def asked_about(owner_id: ResidentId, subject_id: UUID) -> dict[str, str]:
    """Return what departments know a subject by: `{"id_number": …}`, `{"uscc": …}`, or nothing."""
    if subject_id == owner_id:
        known = identity.real_name(owner_id)
        return {} if known is None else {"id_number": known.id_number}
    uscc = session.scalar(select(Enterprise.uscc).where(Enterprise.id == subject_id))
    if uscc is not None:
        return {"uscc": uscc}
    known = identity.real_name(ResidentId(subject_id))
    return {} if known is None else {"id_number": known.id_number}


def representatives(enterprise_ids: Collection[UUID]) -> dict[UUID, ResidentId]:
    """Return who represents each of many enterprises now; one that nobody represents is left out."""
    asked = select(Enterprise.id, Enterprise.resident_id).where(
        Enterprise.id == one_of_ids(enterprise_ids), Enterprise.ended_at.is_(None)
    )
    return {enterprise: ResidentId(resident) for enterprise, resident in session.execute(asked)}


def listed(resident_id: ResidentId) -> list[SubjectView]:
    """Return everybody whom a resident may act for, themselves first."""
    enterprises = session.scalars(
        select(Enterprise).filter_by(resident_id=resident_id, ended_at=None).order_by(Enterprise.name)
    )
    relatives = session.scalars(
        select(Mandate).filter_by(agent_id=resident_id, state=MandateState.ACTIVE).order_by(Mandate.id)
    ).all()
    names = identity.real_names([resident_id, *(ResidentId(row.principal_id) for row in relatives)])
    found = [_person(resident_id, SubjectRelation.SELF, "本人", names)]
    found += [
        SubjectView(row.id, SubjectKind.ENTERPRISE, SubjectRelation.REPRESENTATIVE, row.name)
        for row in enterprises
    ]
    return found + [
        _person(ResidentId(row.principal_id), SubjectRelation.FAMILY, row.relation, names)
        for row in relatives
    ]


def _person(
    person: ResidentId,
    relation: SubjectRelation,
    unnamed: str,
    names: Mapping[ResidentId, RealName],
) -> SubjectView:
    return SubjectView(
        person, SubjectKind.PERSON, relation, names[person].name if person in names else unnamed
    )
