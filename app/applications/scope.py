"""Which cases an officer sees: their own department's, within their own region; ancestry by whole pairs."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select

from app.applications.errors import TaskNotFound
from app.applications.models import Case, CaseStage
from app.applications.types import Status
from app.foundation.database import session
from app.foundation.regions import covers, significant
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
    """Return the condition that a case lies in a region."""
    return in_region_of(Case.region_code, region_code)


def in_region_of(column: Any, region_code: str) -> ColumnElement[bool]:
    """Return the condition that a code lies in a region; the same rule as `regions.covers`."""
    lies: ColumnElement[bool] = column.startswith(significant(region_code), autoescape=True)
    return lies


def readable(officer: OfficerPrincipal) -> ColumnElement[bool]:
    """Return the condition for reading one case: one's own, or one that has a stage for one's department."""
    theirs = select(CaseStage.id).where(
        CaseStage.case_id == Case.id,
        CaseStage.department == officer.department,
        in_region_of(CaseStage.region_code, officer.region_code),
    )
    return or_(within(officer), theirs.exists())


def leads(officer: OfficerPrincipal, row: Any) -> bool:
    """Say whether a case that the officer may read is theirs to decide, not only a stage of it."""
    return row.department == officer.department and covers(officer.region_code, row.region_code)


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


def task_with_stages(officer: OfficerPrincipal, case_id: UUID) -> tuple[Case, list[CaseStage]]:
    """Return the same with its stages; raises TaskNotFound.

    The stages are as they stood before the lock was waited for: whoever goes on compares the case's version,
    which each end of a stage moves.
    """
    return _together(
        _joined(isouter=True).where(Case.id == case_id, within(officer)).with_for_update(of=Case)
    )


def with_stages(*conditions: ColumnElement[bool]) -> tuple[Case, list[CaseStage]]:
    """Return the one case that the conditions name and its stages, all locked; raises TaskNotFound.

    A case without stages is not found: PostgreSQL locks no row that an outer join made up, and a row that was
    only joined is the one of before the wait.
    """
    return _together(_joined(isouter=False).where(*conditions).with_for_update())


def _joined(*, isouter: bool) -> Select[Case, CaseStage]:
    return select(Case, CaseStage).join(CaseStage, CaseStage.case_id == Case.id, isouter=isouter)


def _together(asked: Select[Case, CaseStage]) -> tuple[Case, list[CaseStage]]:
    found = session.execute(asked.execution_options(populate_existing=True)).all()
    if not found:
        raise TaskNotFound
    return found[0].Case, [row.CaseStage for row in found if row.CaseStage is not None]
