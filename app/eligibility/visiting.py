"""Visits as the grid worker (网格员) has them: their own region, masked in lists, every look audited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.catalogue import regions
from app.eligibility import accounts, policies
from app.eligibility.errors import VisitClosed, VisitNotFound
from app.eligibility.models import News, Visit
from app.eligibility.outreach import wording
from app.eligibility.types import VISIT_REASONS, Policy, VisitResult
from app.foundation import clock, masking
from app.foundation.database import reading, session
from app.foundation.errors import StaleVersion
from app.foundation.regions import significant
from app.foundation.transaction import atomic
from app.gateways.registries.errors import RegistryError
from app.gateways.registries.port import registries
from app.identity import queries as identity
from app.identity.types import OfficerPrincipal, RealName, ResidentId
from app.notifications.types import STATE_LABELS, SUPPRESSION_LABELS

UNVERIFIED, UNKNOWN = "未实名", "未注册人员"
PURPOSE = "outreach_visit"
"""For which purpose a registry is asked who somebody is: 主动发现, a visit that the policy's law allows."""


class Whereabouts(StrEnum):
    """Where name and address of a card come from, or why they are missing."""

    ACCOUNT = "account"
    FOUND = "found"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"


WHEREABOUTS: dict[Whereabouts, str] = {
    Whereabouts.ACCOUNT: "本人注册时的信息",
    Whereabouts.FOUND: "公安人口库刚刚返回，只用于这次上门，系统不保存",
    Whereabouts.NOT_FOUND: "公安人口库没有查到这个人，请向社区核实；找不到的按“找不到本人”办结",
    Whereabouts.UNAVAILABLE: "公安人口库暂时没有应答，请稍后重新打开这项任务",
}


@dataclass(frozen=True, slots=True)
class VisitItem:
    """One visit of a list; the name is masked."""

    id: UUID
    name: str = field(repr=False)
    registered: bool
    policy_id: str
    policy_title: str
    region_code: str
    region_name: str
    why: str
    created_at: datetime
    result: VisitResult | None
    closed_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class VisitCard:
    """One visit as the grid worker needs it at the door.

    `name`, `address`: of somebody who never registered they are asked of the registry at this moment and kept
    nowhere; `whereabouts` says how that went.
    """

    item: VisitItem
    name: str | None = field(repr=False)
    phone: str | None = field(repr=False)
    address: str | None = field(repr=False)
    whereabouts: Whereabouts
    note: str
    summary: str
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which visits of the officer's region to list."""

    closed: bool = False
    run_id: UUID | None = None
    delivery_id: UUID | None = None
    region_code: str | None = None
    registered: bool | None = None


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


def listed(officer: OfficerPrincipal, wanted: Wanted, *, after: UUID | None, limit: int) -> list[VisitItem]:
    """Return the visits of the officer's region, oldest first; reading them is audited."""
    query = (
        select(Visit.__table__)
        .where(_mine(officer), *_wanted(wanted), *([Visit.id > after] if after else []))
        .order_by(Visit.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    region = wanted.region_code or officer.region_code
    _record("visit.listed", officer, ("region", region), {"count": len(rows)})
    return _items(rows)


def card(visit_id: UUID, *, officer: OfficerPrincipal) -> VisitCard:
    """Return one open visit with who it is and how to find them; audited.

    Raises VisitNotFound, VisitClosed, also where the person has registered by now. No transaction is open
    while the registry is asked.
    """
    with atomic():
        row = _row(visit_id, officer)
        person_index = row.person_index
        needless = person_index is not None and _close_if_registered(row, person_index)
        _record("visit.read", officer, ("visit", visit_id), {})
        (item,) = _items([row])
        policy = _policies([row]).get(row.policy_id)
        about = ("", []) if policy is None else (policy.summary, wording.reasons(policy, row.region_code))
        if person_index is None:
            return _registered_card(item, ResidentId(row.resident_id or visit_id), about)
    if needless:
        raise VisitClosed
    return _unregistered_card(item, person_index, about, officer)


def close(visit_id: UUID, *, result: VisitResult, version: int, officer: OfficerPrincipal) -> None:
    """Close a visit with its result; raises VisitNotFound, VisitClosed, StaleVersion."""
    row = _row(visit_id, officer)
    if row.version != version:
        raise StaleVersion
    row.result, row.closed_at, row.closed_by = result, clock.now(), officer.officer_id
    row.version += 1
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


def _close_if_registered(row: Visit, person_index: bytes) -> bool:
    """Close a visit to somebody who has registered by now: they are told on the phone, as they chose."""
    if not identity.registered({person_index}):
        return False
    row.result, row.closed_at = VisitResult.REGISTERED, clock.now()
    row.version += 1
    return True


def _registered_card(item: VisitItem, resident: ResidentId, about: tuple[str, list[str]]) -> VisitCard:
    name, phone = identity.real_name(resident), identity.phone(resident)
    shown = name.name if name else UNVERIFIED
    return VisitCard(item, shown, phone, None, Whereabouts.ACCOUNT, WHEREABOUTS[Whereabouts.ACCOUNT], *about)


def _unregistered_card(
    item: VisitItem, person_index: bytes, about: tuple[str, list[str]], officer: OfficerPrincipal
) -> VisitCard:
    """Ask the registry who somebody is; a registry that is down leaves the rest of the card as it is."""
    name = address = record_no = None
    try:
        found = registries().whereabouts(person_index, purpose=PURPOSE)
        name, address, record_no = found.name, found.address, found.record_no
        how = Whereabouts.FOUND if found.found else Whereabouts.NOT_FOUND
    except RegistryError:
        how = Whereabouts.UNAVAILABLE
    with atomic():
        details: dict[str, object] = {"outcome": how, "record_no": record_no, "purpose": PURPOSE}
        _record("visit.person_looked_up", officer, ("visit", item.id), details)
    return VisitCard(item, name, None, address, how, WHEREABOUTS[how], *about)


def _wanted(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = Visit
    asked: list[ColumnElement[bool]] = [
        table.closed_at.is_not(None) if wanted.closed else table.closed_at.is_(None)
    ]
    if wanted.run_id is not None:
        asked.append(table.run_id == wanted.run_id)
    if wanted.delivery_id is not None:
        asked.append(table.delivery_id == wanted.delivery_id)
    if wanted.registered is not None:
        asked.append(table.person_index.is_(None) if wanted.registered else table.person_index.is_not(None))
    if wanted.region_code is not None:
        asked.append(table.region_code.startswith(significant(wanted.region_code), autoescape=True))
    return asked


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
    known = _policies(rows)
    return [
        VisitItem(
            id=row.id,
            name=_shown(row, names),
            registered=row.person_index is None,
            policy_id=row.policy_id,
            policy_title=known[row.policy_id].title if row.policy_id in known else row.policy_id,
            region_code=row.region_code,
            region_name=regions.name(row.region_code),
            why=_why(row.why),
            created_at=row.created_at,
            result=None if row.result is None else VisitResult(row.result),
            closed_at=row.closed_at,
            version=row.version,
        )
        for row in rows
    ]


def _shown(row: Any, names: Mapping[ResidentId, RealName]) -> str:
    """Return a masked name; of somebody who never registered none is known here."""
    if row.person_index is not None:
        return UNKNOWN
    return masking.name(names[row.resident_id].name) if row.resident_id in names else UNVERIFIED


def _policies(rows: Sequence[Any]) -> dict[str, Policy]:
    """Return the policies that visits are about and that are published."""
    wanted = {row.policy_id for row in rows}
    return {policy.id: policy for policy in policies.all_published() if policy.id in wanted}


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
