"""Reads over the catalogue: an index of what is published, kept in the process while its edition lasts."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, bindparam, case, func, null, select

from app.catalogue import edition, search
from app.catalogue.errors import ServiceNotFound
from app.catalogue.models import Edition, Service
from app.catalogue.models import Theme as ThemeRow
from app.catalogue.reading import restore_service
from app.catalogue.regions import Region, tree
from app.catalogue.types import Listing, ServiceItem, ServiceStatus, Theme
from app.catalogue.vocabulary import words
from app.foundation.database import reading

KEPT_VERSIONS = 256


@dataclass(frozen=True, slots=True)
class _Index:
    """Everything published in one edition, and the earlier versions that were asked for since."""

    edition: int
    themes: tuple[Theme, ...]
    entries: tuple[search.Entry, ...]
    by_id: dict[str, Listing]
    earlier: dict[tuple[str, int], ServiceItem] = field(default_factory=dict)


_number = select(func.coalesce(func.max(Edition.number), 0)).scalar_subquery()
_services = select(
    func.jsonb_agg(func.jsonb_build_array(Service.id, Service.version, Service.checksum, Service.body))
).where(Service.status == ServiceStatus.PUBLISHED)
_themes = select(
    func.jsonb_agg(
        func.jsonb_build_array(
            ThemeRow.id, ThemeRow.audience, ThemeRow.name, ThemeRow.position, ThemeRow.services
        )
    )
)
_changed = _number != bindparam("kept", type_=BigInteger)
_EDITION = select(
    _number,
    case((_changed, _services.scalar_subquery()), else_=null()),
    case((_changed, _themes.scalar_subquery()), else_=null()),
)
"""PostgreSQL works out the two lists only where the edition changed."""
_index: list[_Index] = []
_items: OrderedDict[tuple[str, int, str], ServiceItem] = OrderedDict()
_guard = threading.RLock()


def catalogue_version() -> int:
    """Return the number that names all published content; up to a second old."""
    return edition.current()


def known_version() -> int | None:
    """Return `catalogue_version()` where the database need not be asked for it, else None."""
    return edition.known()


def service(service_id: str, version: int | None = None) -> ServiceItem | None:
    """Return the published version, or any version a case began with; None where there is none."""
    if version is None:
        listing = _published().by_id.get(service_id)
        return listing.item if listing else None
    index = _latest_known()
    if (held := _at_hand(index, service_id, version)) is not None:
        return held
    columns = select(Service.id, Service.version, Service.checksum, Service.body)
    with reading() as connection:
        row = connection.execute(
            columns.where(
                Service.id == service_id, Service.version == version, Service.status != ServiceStatus.DRAFT
            )
        ).one_or_none()
    if row is None:
        return None
    found = index.earlier[service_id, version] = _kept(row.id, row.version, row.checksum, row.body)
    return found


def listing(service_id: str) -> Listing:
    """Return a published service as lists and guides show it; raises ServiceNotFound."""
    found = _published().by_id.get(service_id)
    if found is None:
        raise ServiceNotFound
    return found


def everything() -> tuple[Listing, ...]:
    """Return all that is published, in the order of the themes of life."""
    return tuple(entry.listing for entry in _published().entries)


def find(
    *,
    q: str = "",
    theme: str = "",
    region: str = "",
    audience: str = "",
    after: int = 0,
    limit: int = 20,
) -> list[Listing]:
    """Return one page of the published services that fit, best first; `after` is how many to pass over."""
    found = search.find(_published().entries, q=q, theme=theme, region=region, audience=audience)
    return found[after : after + limit]


def themes() -> tuple[Theme, ...]:
    """Return the themes of life, persons first, in their order; empty ones too."""
    return _published().themes


def regions() -> tuple[Region, ...]:
    """Return every division, parents before children."""
    return tuple(tree().values())


def _published() -> _Index:
    if (kept := _current()) is not None:
        return kept
    with _guard:
        if (kept := _current()) is not None:  # somebody asked while we waited
            return kept
        _index[:] = [_read(_index[0] if _index else None)]
        edition.learn(_index[0].edition)
        return _index[0]


def _latest_known() -> _Index:
    """Return the index of the edition that was read last, of any age: a version never changes."""
    return _index[0] if _index and _index[0].edition == edition.last() else _published()


def _at_hand(index: _Index, service_id: str, version: int) -> ServiceItem | None:
    """Return that very version where it was read before."""
    found = index.by_id.get(service_id)
    if found is not None and found.item.version == version:
        return found.item
    return index.earlier.get((service_id, version))


def _current() -> _Index | None:
    """Return the index where it is known, without asking, to be the published one."""
    number = edition.known()
    return _index[0] if number is not None and _index and _index[0].edition == number else None


def _read(kept: _Index | None) -> _Index:
    """Ask which edition is published and, in the same statement, for what is in it where it is another."""
    with reading() as connection:
        number, services, stored = connection.execute(
            _EDITION, {"kept": -1 if kept is None else kept.edition}
        ).one()
    if kept is not None and kept.edition == number:
        return kept
    return _build(number, services or [], stored or [])


def _build(
    number: int, services: Sequence[tuple[str, int, str, dict[str, object]]], stored: Sequence[Sequence[Any]]
) -> _Index:
    found = tuple(
        sorted(
            (Theme(theme_id, audience, name, at, tuple(ids)) for theme_id, audience, name, at, ids in stored),
            key=lambda theme: (theme.audience != "person", theme.position, theme.id),
        )
    )
    by_id = {
        service_id: Listing(
            _kept(service_id, version, checksum, body),
            tuple(theme for theme in found if service_id in theme.services),
        )
        for service_id, version, checksum, body in sorted(services, key=lambda row: row[0])
    }
    ordered = dict.fromkeys([*(name for theme in found for name in theme.services if name in by_id), *by_id])
    return _Index(number, found, tuple(search.Entry.of(by_id[name]) for name in ordered), by_id)


def _kept(service_id: str, version: int, checksum: str, body: dict[str, object]) -> ServiceItem:
    """Return the parsed item, parsed once per process and version."""
    key = (service_id, version, checksum)
    with _guard:
        if key not in _items:
            _items[key] = restore_service(body, version=version, words=words())
            while len(_items) > KEPT_VERSIONS:
                _items.popitem(last=False)
        return _items[key]
