"""What every process opens and connects: web, worker, scheduler, command."""

from typing import Any

from app.foundation import cache, crypto, database, deadlines, queue, working_days
from config import files
from config.settings import Settings


def open_process(settings: Settings, *, pool: int | None = None) -> None:
    """Open what a process holds once (engine, Redis, cipher, calendar, broker), connect the capabilities."""
    engine = database.open_engine(settings, pool=pool)
    deadlines.guard(engine)
    database.bind(engine)
    cache.use(cache.open_client(settings))
    crypto.use(crypto.FieldCipher.from_settings(settings))
    working_days.use(official_calendar())
    queue.open_broker(settings)
    connect(settings)


def official_calendar() -> working_days.WorkingDays:
    """Read every year of the official calendar (工作日) that was entered in config/calendar/."""
    years: dict[int, dict[str, Any]] = {}
    for year in files.calendar_years():
        entry = files.read_calendar(year)
        years[year] = {"off": entry.off, "working": entry.working_weekends}
    return working_days.WorkingDays.from_years(years)


def connect(settings: Settings) -> None:
    """Subscribe the capabilities to one another's events and choose the gateways."""
    del settings


def close_process() -> None:
    """Give back what `open_process` took."""
    database.session.remove()
    database.engine().dispose()
    cache.client().close()
