"""Reads over the catalogue: an index of what is published, kept in the process while its edition lasts."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import select

from app.catalogue import edition, search
from app.catalogue.errors import ServiceNotFound
from app.catalogue.models import Service
from app.catalogue.models import Theme as ThemeRow
from app.catalogue.reading import restore_service
from app.catalogue.regions import Region, tree
from app.catalogue.types import Listing, ServiceItem, ServiceStatus, Theme
from app.catalogue.vocabulary import words
from app.foundation.database import reading

KEPT_VERSIONS = 256


@dataclass(frozen=True, slots=True)
class _Index:
    """Everything published in one edition."""

    edition: int
    themes: tuple[Theme, ...]
    entries: tuple[search.Entry, ...]
    by_id: dict[str, Listing]


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
    columns = select(Service.id, Service.version, Service.checksum)
    with reading() as connection:
        row = connection.execute(
            columns.where(
                Service.id == service_id, Service.version == version, Service.status != ServiceStatus.DRAFT
            )
        ).one_or_none()
    return None if row is None else _item(row.id, row.version, row.checksum)


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
    number = edition.current()
    if _index and _index[0].edition == number:
        return _index[0]
    with _guard:
        if not (_index and _index[0].edition == number):
            _index[:] = [_build(number)]
        return _index[0]


def _build(number: int) -> _Index:
    with reading() as connection:
        rows = connection.execute(
            select(Service.id, Service.version, Service.checksum, Service.body)
            .where(Service.status == ServiceStatus.PUBLISHED)
            .order_by(Service.id)
        ).all()
        stored = connection.execute(select(ThemeRow).order_by(ThemeRow.position, ThemeRow.id)).all()
    found = tuple(
        sorted(
            (Theme(row.id, row.audience, row.name, row.position, tuple(row.services)) for row in stored),
            key=lambda theme: (theme.audience != "person", theme.position),
        )
    )
    by_id = {
        row.id: Listing(
            _kept(row.id, row.version, row.checksum, row.body),
            tuple(theme for theme in found if row.id in theme.services),
        )
        for row in rows
    }
    ordered = dict.fromkeys([*(name for theme in found for name in theme.services if name in by_id), *by_id])
    return _Index(number, found, tuple(search.Entry.of(by_id[name]) for name in ordered), by_id)


def _item(service_id: str, version: int, checksum: str) -> ServiceItem:
    kept = _items.get((service_id, version, checksum))
    if kept is not None:
        return kept
    with reading() as connection:
        body = connection.scalar(
            select(Service.body).where(Service.id == service_id, Service.version == version)
        )
    return _kept(service_id, version, checksum, body or {})


def _kept(service_id: str, version: int, checksum: str, body: dict[str, object]) -> ServiceItem:
    """Return the parsed item, parsed once per process and version."""
    key = (service_id, version, checksum)
    with _guard:
        if key not in _items:
            _items[key] = restore_service(body, version=version, words=words())
            while len(_items) > KEPT_VERSIONS:
                _items.popitem(last=False)
        return _items[key]
