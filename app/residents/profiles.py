"""A resident's own settings (我的设置)."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.forms.fields import texts
from app.foundation import clock
from app.foundation.database import one_of_ids, session
from app.foundation.errors import InvalidInput, StaleVersion
from app.identity.types import ResidentId
from app.residents import events
from app.residents.models import ResidentProfile
from app.residents.types import Profile, QuietHours
from config import files

UNNAMED = "微信用户"


def profile(resident_id: ResidentId) -> Profile:
    """Return the settings, the usual ones where nothing was chosen (version 0)."""
    row = session.get(ResidentProfile, resident_id)
    return _usual(resident_id) if row is None else _shown(row)


def many(resident_ids: Iterable[ResidentId]) -> dict[ResidentId, Profile]:
    """Return the settings of many in one statement; for work in batches."""
    wanted = list(resident_ids)
    rows = session.scalars(select(ResidentProfile).where(ResidentProfile.resident_id == one_of_ids(wanted)))
    chosen = {ResidentId(row.resident_id): _shown(row) for row in rows}
    return {resident_id: chosen.get(resident_id) or _usual(resident_id) for resident_id in wanted}


def change(resident_id: ResidentId, changes: Mapping[str, Any], *, version: int) -> Profile:
    """Set what `changes` names (fields of Profile); raises StaleVersion, InvalidInput."""
    row = _locked(resident_id)
    if (row.version if row else 0) != version:
        raise StaleVersion
    if row is None:
        row = ResidentProfile(resident_id=resident_id, version=0)
        session.add(row)
    before = row.region_code
    _apply(row, changes)
    row.version, row.updated_at = version + 1, clock.now()
    session.flush()
    trail.record(
        "resident.profile_changed",
        actor=Actor(ActorKind.RESIDENT, str(resident_id)),
        subject=("account", resident_id),
        details={"fields": sorted(changes)},
    )
    if row.region_code != before:
        events.facts_changed.send(resident_id)
    return _shown(row)


@cache
def themes() -> frozenset[str]:
    """Return the life-cycle themes (全生命周期主题) one can be interested in."""
    return frozenset(theme["id"] for theme in files.read("themes")["themes"])


def _usual(resident_id: ResidentId) -> Profile:
    return Profile(resident_id, UNNAMED, False, None, None, (), True, 0)  # noqa: FBT003 a record's fields


def _locked(resident_id: ResidentId) -> ResidentProfile | None:
    return session.scalar(select(ResidentProfile).filter_by(resident_id=resident_id).with_for_update())


def _apply(row: ResidentProfile, changes: Mapping[str, Any]) -> None:
    for name in ("care_mode", "region_code", "personalised"):
        if name in changes:
            setattr(row, name, changes[name])
    if "display_name" in changes:
        row.display_name = _readable(changes["display_name"])
    if "lifecycle" in changes:
        if not themes().issuperset(changes["lifecycle"]):
            raise InvalidInput({"lifecycle": ["请从列出的主题中选择"]})
        row.lifecycle = list(dict.fromkeys(changes["lifecycle"]))
    if "quiet_hours" in changes:
        quiet: QuietHours | None = changes["quiet_hours"]
        if quiet is not None and quiet.start == quiet.until:
            raise InvalidInput({"quiet_hours": ["开始和结束时间不能相同"]})
        row.quiet_from, row.quiet_until = (quiet.start, quiet.until) if quiet else (None, None)


def _readable(name: str) -> str:
    if not texts.visible(name):
        raise InvalidInput({"display_name": ["称呼里有看不见的字符，请重新输入"]})
    return name.strip()


def _shown(row: ResidentProfile) -> Profile:
    quiet = (
        QuietHours(row.quiet_from, row.quiet_until)
        if row.quiet_from is not None and row.quiet_until is not None
        else None
    )
    return Profile(
        resident_id=ResidentId(row.resident_id),
        display_name=row.display_name or UNNAMED,
        care_mode=row.care_mode,
        quiet_hours=quiet,
        region_code=row.region_code,
        lifecycle=tuple(row.lifecycle),
        personalised=row.personalised,
        version=row.version,
    )
