"""容缺受理: accepted now without a material; one list, a day, and the decision waits for it.

The machine only tells: reminders before the day, and that the day is over. What follows is an officer's to
decide.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.applications import material_rows, notices, promises
from app.applications.errors import DecisionWaits
from app.applications.history import SYSTEM
from app.applications.items import item_of
from app.applications.material_rows import Change, Standing
from app.applications.material_types import OPEN_PROMISES, WAITED_FOR, MaterialState, MaterialView
from app.applications.models import Case, CaseMaterial
from app.applications.types import OPEN, Action
from app.foundation import clock, working_days
from app.foundation.database import session
from app.foundation.working_days import CalendarMissing

WORKING_DAYS: Final = 10
"""To supply what is missing; places differ (容缺受理 rules of provinces: mostly 5 to 20)."""
REMIND_DAYS: Final = 3
BATCH: Final = 100
_DECISIONS: Final = frozenset({Action.APPROVE, Action.REJECT})


def supply_by(start: date) -> date | None:
    """Return the day by which what is missing is to be supplied; None in a year without a calendar yet."""
    try:
        return working_days.calendar().add(start, WORKING_DAYS)
    except CalendarMissing:
        return None


def decision_may_come(case: Case, action: Action) -> None:
    """Refuse an approval while anything is waited for, a refusal while there is time; raises DecisionWaits.

    An approval sets, in the same statement, the day by which each promise of the case is to be checked.
    """
    if action not in _DECISIONS:
        return
    concerned = CaseMaterial.case_id == case.id, CaseMaterial.state.in_(WAITED_FOR | OPEN_PROMISES)
    asked: Executable = select(CaseMaterial.state).where(*concerned)
    if action is Action.APPROVE:
        asked = (
            update(CaseMaterial)
            .where(*concerned)
            .values(due_on=promises.check_by())
            .returning(CaseMaterial.state)
            .execution_options(synchronize_session=False)
        )
    if action in _waits([MaterialState(row.state) for row in session.execute(asked)]):
        raise DecisionWaits


def waits(case_id: ColumnElement[UUID] | InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Return the condition that a case's decision waits for a material (容缺)."""
    asked = select(CaseMaterial.id).where(CaseMaterial.case_id == case_id, CaseMaterial.state.in_(WAITED_FOR))
    return asked.exists()


def without_waiting(actions: Sequence[Action], asked: Sequence[MaterialView]) -> list[Action]:
    """Leave out of what may be done those decisions that wait for a material."""
    waits = _waits([material.state for material in asked])
    return [action for action in actions if action not in waits]


def _waits(states: Sequence[MaterialState]) -> frozenset[Action]:
    if MaterialState.DEFERRED in states:
        return _DECISIONS
    return frozenset({Action.APPROVE}) if MaterialState.LAPSED in states else frozenset()


def remind_due() -> int:
    """Remind applicants of what is due within three days, once; returns how many materials."""
    soon = clock.today() + timedelta(days=REMIND_DAYS)
    return _each(
        CaseMaterial.due_on.between(clock.today(), soon) & CaseMaterial.reminded_on.is_(None), _remind
    )


def lapse_due() -> int:
    """Note what was not supplied by its day, and tell both sides; returns how many materials."""
    return _each(CaseMaterial.due_on < clock.today(), _lapse)


def date_the_undated() -> int:
    """Give those their day that fell into a year whose calendar was not entered yet; returns how many."""
    return _each(CaseMaterial.due_on.is_(None), _date)


def _each(condition: object, work: object) -> int:
    asked = (
        select(CaseMaterial, Case)
        .join(Case, Case.id == CaseMaterial.case_id)
        .where(CaseMaterial.state == MaterialState.DEFERRED, Case.status.in_(OPEN), condition)  # type: ignore[arg-type] # a condition of SQLAlchemy
        .order_by(CaseMaterial.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    rows = session.execute(asked).all()
    for row, case in rows:
        work(row, case)  # type: ignore[operator] # one of the three below
    session.flush()
    return len(rows)


def _remind(row: CaseMaterial, case: Case) -> None:
    row.reminded_on = clock.today()
    name = _name(row, case)
    notices.tell_about_material(
        case,
        key=f"material:{row.position}:remind:{row.due_on}",
        what=f"请补交：{name}",
        text=f"“{name}”是容缺受理的材料，请在{notices.in_words(row.due_on)}前补交，补交后部门才能作出决定。",
        due_on=row.due_on,
    )


def _lapse(row: CaseMaterial, case: Case) -> None:
    standing = Standing(row.id, MaterialState.DEFERRED, row.due_on, row.details)
    due = row.due_on
    material_rows.change(case, row.position, standing, Change(MaterialState.LAPSED, due_on=due), actor=SYSTEM)
    name = _name(row, case)
    notices.tell_about_material(
        case,
        key=f"material:{row.position}:lapsed:{due}",
        what=f"逾期未补：{name}",
        text=f"“{name}”没有在{notices.in_words(due)}前补交。部门可能据此作出不予通过的决定；决定之前您仍可补交。",
        due_on=due,
    )


def _date(row: CaseMaterial, case: Case) -> None:
    if case.submitted_at is not None:
        row.due_on = supply_by(clock.local(case.submitted_at).date())


def _name(row: CaseMaterial, case: Case) -> str:
    return item_of(case.service_id, case.service_version).materials[row.position].name
