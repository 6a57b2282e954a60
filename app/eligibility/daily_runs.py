"""Daily runs (每日匹配) as rows: opened by the clock or by hand, worked on elsewhere, read by operators.

The work itself is `app.eligibility.population.daily`, in a process of its own (docs/adr/0010): nothing here
reads columns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import ColumnElement, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.eligibility.errors import NoSnapshotFolder
from app.eligibility.models import DailyRun
from app.eligibility.types import UNDER_WAY, Audience, DailyState
from app.foundation import clock
from app.foundation.database import reading, session
from app.foundation.ids import new_id
from config.settings import Settings

_log = structlog.get_logger(__name__)
_ended = (DailyState.FINISHED, DailyState.FAILED, DailyState.SUPERSEDED)
_settings: list[Settings] = []
RESULTS_KEPT = 2
"""The last finished result of each scope, and the one before."""
_ONE_A_DAY = ["as_of", "scope"]
_ANEW: dict[str, Any] = {
    "state": DailyState.EXPORTING,
    "tries": 0,
    "last": None,
    "part": 0,
    "position": 0,
    "counts": {},
    "error_code": None,
    "error": None,
    "exported_at": None,
    "matched_at": None,
    "finished_at": None,
}
"""A run of which nothing is done."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One daily run as operators read it; `counts` are explained in the interface."""

    as_of: date
    scope: str
    state: str
    rounds: int
    tries: int
    counts: Mapping[str, int]
    error_code: str | None
    error: str | None
    begun_at: datetime
    exported_at: datetime | None
    matched_at: datetime | None
    finished_at: datetime | None


def use(settings: Settings) -> None:
    """Take the folder and the hour of the day from the settings."""
    _settings[:] = [settings]


def folder() -> Path:
    """Return where snapshots and results lie; raises NoSnapshotFolder."""
    if not _settings or _settings[0].snapshot_folder is None:
        raise NoSnapshotFolder
    return _settings[0].snapshot_folder


def placement() -> str:
    """Return where partitions are worked on (POPULATION_PLACEMENT)."""
    return _settings[0].population_placement if _settings else "serial"


def open_due() -> int:
    """Open today's runs once their hour has come, in the caller's transaction; returns how many.

    A machine that was off opens the latest day alone: its difference holds all that came meanwhile.
    """
    if _settings[0].snapshot_folder is None or clock.local(clock.now()).hour < _settings[0].daily_hour:
        return 0
    return _open(clock.today(), anew=False)


def open_now() -> int:
    """Open today's runs whatever the hour, and those anew that have ended; raises NoSnapshotFolder."""
    folder()
    return _open(clock.today(), anew=True)


def due() -> ColumnElement[bool]:
    """Say which runs there is work on."""
    return DailyRun.state.in_(UNDER_WAY)


def waiting() -> bool:
    """Say whether there is work that nobody is at."""
    free = DailyRun.leased_until.is_(None) | (DailyRun.leased_until < func.now())
    with reading() as connection:
        return bool(connection.scalar(select(select(DailyRun.id).where(due(), free).exists())))


def newest_result(scope: str) -> str | None:
    """Return the folder of the newest finished result."""
    return session.scalar(
        select(DailyRun.result)
        .where(DailyRun.scope == scope, DailyRun.state == DailyState.FINISHED)
        .order_by(DailyRun.as_of.desc())
        .limit(1)
    )


def kept_since() -> date | None:
    """Return from which day on results are kept; None where none is finished."""
    ranked = (
        select(
            DailyRun.as_of,
            func.row_number().over(partition_by=DailyRun.scope, order_by=DailyRun.as_of.desc()).label("rank"),
        )
        .where(DailyRun.state == DailyState.FINISHED)
        .subquery()
    )
    kept: date | None = session.scalar(select(func.min(ranked.c.as_of)).where(ranked.c.rank <= RESULTS_KEPT))
    return kept


def listed(*, after: tuple[date, str] | None, limit: int) -> list[Listed]:
    """Return the runs, newest day first."""
    names = [one.name for one in fields(Listed)]
    query = select(*(getattr(DailyRun, name) for name in names))
    query = query.order_by(DailyRun.as_of.desc(), DailyRun.scope.desc()).limit(limit)
    if after is not None:
        query = query.where(tuple_(DailyRun.as_of, DailyRun.scope) < after)
    with reading() as connection:
        return [Listed(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 the name SQLAlchemy gives its public mapping


def latest() -> list[Listed]:
    """Return each scope's latest run."""
    names = [one.name for one in fields(Listed)]
    query = (
        select(*(getattr(DailyRun, name) for name in names))
        .ext(distinct_on(DailyRun.scope))
        .order_by(DailyRun.scope, DailyRun.as_of.desc())
    )
    with reading() as connection:
        return [Listed(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 as above


def _open(day: date, *, anew: bool) -> int:
    opened = 0
    for scope in Audience:
        _supersede(scope, before=day)
        opened += _opened(scope, day) or (anew and _opened_anew(scope, day))
    if opened:
        _log.info("daily_run.opened", as_of=day.isoformat(), count=opened)
    return opened


def _supersede(scope: Audience, *, before: date) -> None:
    """Leave unfinished days behind: the next one is compared with the last that was finished."""
    session.execute(
        update(DailyRun)
        .where(DailyRun.scope == scope, DailyRun.as_of < before, due())
        .values(state=DailyState.SUPERSEDED, leased_until=None, attempts=DailyRun.attempts + 1)
        .execution_options(synchronize_session=False)
    )


def _opened(scope: Audience, day: date) -> bool:
    row = {"id": new_id(), "as_of": day, "scope": scope, "result": result_folder(day, scope, 1)}
    begun: dict[str, Any] = {**_ANEW, "rounds": 1, "attempts": 0, "begun_at": clock.now()}
    entered = insert(DailyRun).values(**row, **begun).on_conflict_do_nothing(index_elements=_ONE_A_DAY)
    return session.scalar(entered.returning(DailyRun.id)) is not None


def _opened_anew(scope: Audience, day: date) -> bool:
    """Begin an ended day again, into another folder; a finished one is compared with its own result."""
    row = session.scalar(
        select(DailyRun)
        .where(DailyRun.scope == scope, DailyRun.as_of == day, DailyRun.state.in_(_ended))
        .with_for_update()
    )
    if row is None:
        return False
    last = row.result if row.state == DailyState.FINISHED else None
    for name, value in {**_ANEW, "last": last, "leased_until": None, "begun_at": clock.now()}.items():
        setattr(row, name, value)
    row.rounds, row.attempts = row.rounds + 1, row.attempts + 1
    row.result = result_folder(day, scope, row.rounds)
    session.flush()
    return True


def result_folder(day: date, scope: str, number: int) -> str:
    """Return where a run's result lies, relative to the folder of all."""
    return f"{day.isoformat()}/{scope}-result-{number}"
