"""Which cases an officer sees: their own department's, within their own region; ancestry by whole pairs."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from app.applications.errors import TaskNotFound
from app.applications.models import Case
from app.applications.types import Status
from app.foundation.database import session
from app.foundation.regions import significant
from app.identity.types import OfficerPrincipal


def within(officer: OfficerPrincipal) -> ColumnElement[bool]:
    """Return the condition of every staff query; a draft is nobody's but its owner's."""
    return and_(
        Case.department == officer.department,
        in_region(officer.region_code),
        Case.submitted_at.is_not(None),
        Case.status != Status.DRAFT,
    )


def in_region(region_code: str) -> ColumnElement[bool]:
    """Return the condition that a case lies in a region; the same rule as `regions.covers`."""
    return Case.region_code.startswith(significant(region_code), autoescape=True)


def task_locked(officer: OfficerPrincipal, case_id: UUID) -> Case:
    """Return a case of the officer's scope, locked to the end of the transaction; raises TaskNotFound."""
    case = session.scalar(
        select(Case)
        .where(Case.id == case_id, within(officer))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if case is None:
        raise TaskNotFound
    return case
