"""The scheduler: rings every bell every two seconds and does the jobs of the clock; one leader at a time.

Leadership is an advisory lock of a PostgreSQL session: a leader that dies or loses its database loses it, and
the next tick of another scheduler takes over. A tick twice would be harmless, only wasteful.
"""

import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from app import wiring
from app.foundation import database, logging, queue
from config.settings import Settings

LOCK = 7_317_001
"""Any number nobody else uses."""
RING_SECONDS, CONNECTIONS, GRACE_SECONDS = 2, 4, 30
_log = structlog.get_logger(__name__)


class Leadership:
    """The right to tick, held by one database session; safe to ask from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._guard = threading.Lock()

    def held(self) -> bool:
        """Say whether we lead, trying to if nobody does."""
        with self._guard:
            try:
                return self._alive() if self._connection is not None else self._take()
            except SQLAlchemyError as error:
                _log.warning("leadership.lost", kind=type(error).__name__)
                self._drop()
                return False

    def release(self) -> None:
        """Let another lead."""
        with self._guard:
            self._drop()

    def _alive(self) -> bool:
        return self._connection is not None and self._connection.scalar(select(1)) == 1

    def _take(self) -> bool:
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if connection.scalar(select(func.pg_try_advisory_lock(LOCK))):
            self._connection = connection
            return True
        connection.close()
        return False

    def _drop(self) -> None:
        """Close the session for good: back in the pool it would keep the lock."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None


def ring_all() -> None:
    """Ring every bell: what a lost bell left lying is found now."""
    for bell in queue.Bell:
        queue.ring(bell)


def build(leadership: Leadership) -> BlockingScheduler:
    """Make the clockwork; nothing runs yet."""
    clockwork = BlockingScheduler(
        timezone="UTC",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": GRACE_SECONDS},
    )
    clockwork.add_job(led(leadership, "bells", ring_all), "interval", seconds=RING_SECONDS, id="bells")
    for job in wiring.JOBS:
        work = led(leadership, job.name, partial(wiring.run, job))
        clockwork.add_job(work, "interval", seconds=job.every.total_seconds(), id=job.name)
    return clockwork


def main() -> None:
    """Run until told to stop."""
    settings = Settings.model_validate({})  # reads the environment
    logging.configure(settings)
    wiring.open_process(settings, pool=CONNECTIONS)
    leadership = Leadership(database.engine())
    clockwork = build(leadership)

    def stop(*_: Any) -> None:
        clockwork.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    logging.announce("scheduler.ready")
    clockwork.start()
    leadership.release()
    wiring.close_process()


def led(leadership: Leadership, name: str, work: Callable[[], object]) -> Callable[[], None]:
    """Let `work` be done at a tick only where we lead; its failure is logged and waits for the next tick."""

    def tick() -> None:
        if not leadership.held():
            return
        try:
            work()
        except Exception as error:  # noqa: BLE001 the next tick tries again
            _log.error("job.failed", job=name, kind=type(error).__name__)

    return tick


if __name__ == "__main__":
    main()
