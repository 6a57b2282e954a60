"""Visits as the grid worker (网格员) has them: their own region, masked in lists, every look audited."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.catalogue import regions
from app.eligibility import accounts, policies
from app.eligibility.errors import VisitClosed, VisitNotFound
from app.eligibility.models import News, Visit
from app.eligibility.types import VISIT_REASONS, VisitResult
from app.foundation import clock, masking
from app.foundation.database import reading, session
from app.foundation.regions import significant
from app.identity import queries as identity
from app.identity.types import OfficerPrincipal, ResidentId
from app.notifications.types import STATE_LABELS, SUPPRESSION_LABELS


@dataclass(frozen=True, slots=True)
class VisitItem:
    """One visit of a list; the name is masked."""

    id: UUID
    name: str = field(repr=False)
    policy_id: str
    policy_title: str
    region_code: str
    region_name: str
    why: str
    created_at: datetime
    result: VisitResult | None
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class VisitCard:
    """One visit as the grid worker needs it at the door."""

    item: VisitItem
    name: str = field(repr=False)
    phone: str | None = field(repr=False)
    summary: str


@dataclass(frozen=True, slots=True)
class RegionVisits:
    """How the visits of one community stand."""

    region_code: str
    region_name: str
    open: int
    closed: int


@dataclass(frozen=True, slots=True)
class VisitReport:
    """The visits of a run by community; `undecided` were told, and whether that reached them will show."""

    run_id: UUID
    regions: list[RegionVisits]
    undecided: int


def listed(
    officer: OfficerPrincipal, *, closed: bool, run_id: UUID | None, after: UUID | None, limit: int
) -> list[VisitItem]:
    """Return the visits of the officer's region, oldest first; reading them is audited."""
    query = (
        select(Visit.__table__)
        .where(
            _mine(officer),
            Visit.closed_at.is_not(None) if closed else Visit.closed_at.is_(None),
            *([Visit.run_id == run_id] if run_id else []),
            *([Visit.id > after] if after else []),
        )
        .order_by(Visit.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    _record("visit.listed", officer, ("region", officer.region_code), {"count": len(rows)})
    return _items(rows)


def card(visit_id: UUID, *, officer: OfficerPrincipal) -> VisitCard:
    """Return one open visit with name and phone number; audited. Raises VisitNotFound, VisitClosed."""
    row = _row(visit_id, officer)
    resident = ResidentId(row.resident_id or visit_id)
    name, phone = identity.real_name(resident), identity.phone(resident)
    _record("visit.read", officer, ("visit", visit_id), {})
    (item,) = _items([row])
    summary = _titles([row])[row.policy_id][1]
    return VisitCard(item, name.name if name else "未实名", phone, summary)


def close(visit_id: UUID, *, result: VisitResult, officer: OfficerPrincipal) -> None:
    """Close a visit with its result; raises VisitNotFound, VisitClosed."""
    row = _row(visit_id, officer)
    row.result, row.closed_at, row.closed_by = result, clock.now(), officer.officer_id
    _record("visit.closed", officer, ("visit", visit_id), {"result": result})


def report(run_id: UUID, *, officer: OfficerPrincipal) -> VisitReport:
    """Return the visits of a run by community; raises RunNotFound."""
    accounts.run_of(run_id, officer)
    is_open = func.sum(case((Visit.closed_at.is_(None), 1), else_=0))
    query = (
        select(Visit.region_code, is_open, func.count())
        .where(Visit.run_id == run_id)
        .group_by(Visit.region_code)
        .order_by(Visit.region_code)
    )
    undecided = select(func.count()).where(
        News.run_id == run_id, News.message_id.is_not(None), News.reach.is_(None)
    )
    with reading() as connection:
        rows = connection.execute(query).all()
        waiting = connection.scalar(undecided) or 0
    found = [
        RegionVisits(code, regions.name(code), int(still), total - int(still)) for code, still, total in rows
    ]
    return VisitReport(run_id, found, waiting)


def _mine(officer: OfficerPrincipal) -> ColumnElement[bool]:
    return Visit.region_code.startswith(significant(officer.region_code), autoescape=True)


def _row(visit_id: UUID, officer: OfficerPrincipal) -> Visit:
    row = session.scalar(select(Visit).where(Visit.id == visit_id, _mine(officer)).with_for_update())
    if row is None:
        raise VisitNotFound
    if row.closed_at is not None:
        raise VisitClosed
    return row


def _items(rows: Sequence[Any]) -> list[VisitItem]:
    names = identity.real_names({ResidentId(row.resident_id) for row in rows if row.resident_id})
    titles = _titles(rows)
    return [
        VisitItem(
            id=row.id,
            name=masking.name(names[row.resident_id].name) if row.resident_id in names else "未实名",
            policy_id=row.policy_id,
            policy_title=titles[row.policy_id][0],
            region_code=row.region_code,
            region_name=regions.name(row.region_code),
            why=_why(row.why),
            created_at=row.created_at,
            result=None if row.result is None else VisitResult(row.result),
            closed_at=row.closed_at,
        )
        for row in rows
    ]


def _titles(rows: Sequence[Any]) -> dict[str, tuple[str, str]]:
    """Return title and summary by policy; one that was replaced or ended keeps its id."""
    known = {policy.id: (policy.title, policy.summary) for policy in policies.all_published()}
    return {row.policy_id: known.get(row.policy_id, (row.policy_id, "")) for row in rows}


def _why(code: str) -> str:
    words = dict(VISIT_REASONS)
    words |= {reason.value: label for reason, label in SUPPRESSION_LABELS.items()}
    words |= {state.value: label for state, label in STATE_LABELS.items()}
    return words.get(code, code)


def _record(
    action: str, officer: OfficerPrincipal, subject: tuple[str, object], details: dict[str, object]
) -> None:
    trail.record(
        action,
        actor=Actor(ActorKind.OFFICER, str(officer.officer_id)),
        subject=subject,
        details=details,
    )
