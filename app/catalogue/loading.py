"""Loads config/services/ and config/themes.yaml into the catalogue; what is there unchanged is left alone.

A changed file becomes a new version and the old one is withdrawn; cases keep the version they began with.
A file that is gone withdraws its service. Versions written by staff stand until the file itself changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from app.catalogue import checks, edition
from app.catalogue.errors import CatalogueRefused
from app.catalogue.models import Edition, Service, Theme
from app.catalogue.reading import plain, read_service
from app.catalogue.types import ServiceItem, ServiceOrigin, ServiceStatus
from app.catalogue.vocabulary import words
from app.foundation import clock
from app.foundation.database import session
from app.foundation.locks import lock
from app.foundation.transaction import on_commit
from app.rules.faults import Fault, joined
from config import files


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load changed, and what an administrator should look at."""

    published: tuple[tuple[str, int], ...]
    withdrawn: tuple[str, ...]
    unchanged: int
    notices: tuple[Fault, ...]


def load(*, root: Path = files.FOLDER) -> LoadReport:
    """Bring the catalogue to what config/ says; needs an enclosing `atomic()`.

    Raises CatalogueRefused with every fault of every file, and then changes nothing.
    """
    lock("catalogue", "load")
    raw = files.read_all("services", root=root)
    themes = files.read("themes", root=root)["themes"]
    items = _checked(raw, themes)
    latest = _latest()
    published = tuple(
        (item.id, _publish(item, one, latest))
        for item, one in zip(items, raw, strict=True)
        if latest.get(item.id, (0, ""))[1] != item.checksum
    )
    withdrawn = _withdraw_absent({item.id for item in items}, latest)
    rearranged = _replace_themes(themes)
    if published or withdrawn or rearranged:
        session.add(Edition())
    session.flush()
    on_commit(edition.forget)
    notes = tuple(
        Fault(joined(item.id, note.path), note.message)
        for item in items
        for note in checks.notices(item.content)
    )
    return LoadReport(published, withdrawn, len(items) - len(published), notes)


def _checked(raw: Sequence[Mapping[str, Any]], themes: Sequence[Mapping[str, Any]]) -> list[ServiceItem]:
    """Read every service before any is stored; what points to another service must find it."""
    faults: list[Fault] = []
    items: list[ServiceItem] = []
    for one in raw:
        try:
            items.append(read_service(one, version=1, words=words()))
        except CatalogueRefused as refused:
            faults += [Fault(path, text) for path, texts in refused.errors.items() for text in texts]
    known = {str(one.get("id")) for one in raw}
    for item in items:
        for index, stage in enumerate(item.stages):
            if stage.starts_service is not None and stage.starts_service not in known:
                faults.append(
                    Fault(f"{item.id}.stages[{index}].starts_service", f"没有事项“{stage.starts_service}”")
                )
    for theme in themes:
        faults += [
            Fault(f"themes.{theme['id']}", f"没有事项“{name}”")
            for name in theme["services"]
            if name not in known
        ]
    if faults:
        raise CatalogueRefused(faults)
    return items


def _latest() -> dict[str, tuple[int, str]]:
    """Return the highest version of each service, and the checksum of the last that came from a release."""
    rows = session.execute(
        select(Service.id, Service.version, Service.checksum, Service.origin).order_by(Service.version)
    )
    latest: dict[str, tuple[int, str]] = {}
    for row in rows:
        released = row.checksum if row.origin == ServiceOrigin.RELEASE else latest.get(row.id, (0, ""))[1]
        latest[row.id] = (row.version, released)
    return latest


def _publish(item: ServiceItem, raw: Mapping[str, Any], latest: Mapping[str, tuple[int, str]]) -> int:
    version = latest.get(item.id, (0, ""))[0] + 1
    _withdraw([item.id])
    content = item.content
    session.add(
        Service(
            id=item.id,
            version=version,
            status=ServiceStatus.PUBLISHED,
            origin=ServiceOrigin.RELEASE,
            name=content.name,
            department=content.department,
            item_type=content.item_type,
            exercise_level=content.exercise_level,
            regions=list(content.regions),
            body=plain(raw),
            checksum=item.checksum,
            published_at=clock.now(),
        )
    )
    session.flush()
    return version


def _withdraw(ids: Sequence[str]) -> None:
    session.execute(
        update(Service)
        .where(Service.id.in_(ids), Service.status == ServiceStatus.PUBLISHED)
        .values(status=ServiceStatus.WITHDRAWN)
        .execution_options(synchronize_session=False)
    )


def _withdraw_absent(present: set[str], latest: Mapping[str, tuple[int, str]]) -> tuple[str, ...]:
    published = set(session.scalars(select(Service.id).where(Service.status == ServiceStatus.PUBLISHED)))
    gone = sorted(name for name in published - present if latest.get(name, (0, ""))[1])
    if gone:
        _withdraw(gone)
    return tuple(gone)


def _replace_themes(themes: Sequence[Mapping[str, Any]]) -> bool:
    """Store the themes where they differ; says whether they did."""
    rows = {row.id: row for row in session.scalars(select(Theme))}
    wanted = {
        theme["id"]: (theme["audience"], theme["name"], theme["order"], list(theme["services"]))
        for theme in themes
    }
    if wanted == {
        row.id: (row.audience, row.name, row.position, list(row.services)) for row in rows.values()
    }:
        return False
    for row in rows.values():
        session.delete(row)
    session.flush()
    for name, (audience, label, position, services) in wanted.items():
        session.add(Theme(id=name, audience=audience, name=label, position=position, services=services))
    return True
