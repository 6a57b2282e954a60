"""What came of deliveries, for officers: per 区县, numbers under five only for those whose region it is."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from app.catalogue import regions
from app.eligibility.models import Visit
from app.eligibility.outreach.errors import DeliveryNotFound
from app.eligibility.outreach.models import Delivery, DeliveryRegion
from app.eligibility.outreach.types import DeliveryAccount, DeliveryState, DeliveryView, RegionAccount
from app.foundation.database import reading
from app.foundation.regions import COUNTY, NATIONAL, covers, significant
from app.identity.types import OfficerPrincipal

LEAST = 5
"""A smaller number may point at somebody; it is for those whose region it is, who know them anyway."""
OPEN = "open"
_SHOWN = (
    Delivery.id,
    Delivery.as_of,
    Delivery.state,
    Delivery.error_code,
    Delivery.error_message,
    Delivery.people,
    Delivery.created_at,
    Delivery.finished_at,
)


def listed(*, after: UUID | None, limit: int) -> list[DeliveryView]:
    """Return deliveries, newest first."""
    query = select(*_SHOWN).where(*([Delivery.id < after] if after else []))
    with reading() as connection:
        return [_view(row) for row in connection.execute(query.order_by(Delivery.id.desc()).limit(limit))]


def view(delivery_id: UUID) -> DeliveryView:
    """Return one delivery; raises DeliveryNotFound."""
    with reading() as connection:
        row = connection.execute(select(*_SHOWN).where(Delivery.id == delivery_id)).one_or_none()
    if row is None:
        raise DeliveryNotFound
    return _view(row)


def account(delivery_id: UUID, *, officer: OfficerPrincipal) -> DeliveryAccount:
    """Return what a delivery came to, region by region; raises DeliveryNotFound."""
    shown = view(delivery_id)
    asked = select(DeliveryRegion.__table__).where(DeliveryRegion.delivery_id == delivery_id)
    county = func.substring(Visit.region_code, 1, COUNTY)
    visits = (
        select(county, Visit.result, func.count())
        .where(Visit.delivery_id == delivery_id)
        .group_by(county, Visit.result)
    )
    with reading() as connection:
        rows = connection.execute(asked.order_by(DeliveryRegion.region_code)).all()
        by_region: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for code, result, count in connection.execute(visits):
            by_region[code][result or OPEN] += count
    return DeliveryAccount(shown, [_region(row, by_region[row.region_code], officer) for row in rows])


def _view(row: Any) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        as_of=row.as_of,
        state=DeliveryState(row.state),
        error_code=row.error_code,
        error_message=row.error_message,
        people=row.people,
        started_at=row.created_at,
        finished_at=row.finished_at,
    )


def _region(row: Any, visits: Mapping[str, int], officer: OfficerPrincipal) -> RegionAccount:
    own = _is_own(officer.region_code, row.region_code)
    kept = {name: _cell(int(number), own=own) for name, number in row.kept.items()}
    closed = {name: _cell(number, own=own) for name, number in visits.items() if name != OPEN}
    return RegionAccount(
        region_code=row.region_code or NATIONAL,
        region_name=regions.name(row.region_code) if row.region_code else "不知道住在哪里",
        eligible=_cell(row.eligible, own=own),
        begins=_cell(row.begins, own=own),
        registered=kept.pop("registered", 0),
        not_visited=kept,
        visits_open=_cell(visits.get(OPEN, 0), own=own),
        visits_closed=closed,
    )


def _is_own(scope: str, region: str) -> bool:
    """Say whether a region lies in an officer's; what nobody can place belongs to the whole country."""
    return covers(scope, region) if region else not significant(scope)


def _cell(number: int, *, own: bool) -> int | None:
    return number if own or number == 0 or number >= LEAST else None
