"""A day's run over everybody: export the snapshot → match it → apply the difference to matches → finished.

Every stage may be interrupted anywhere and begun again with the same result: an export replaces an unfinished
one, matching goes on behind the last whole partition, what is applied moves its position in its transaction.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pyarrow as pa
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility import daily_runs, policies
from app.eligibility.errors import DailyRunDisk, DailyRunGaveUp
from app.eligibility.models import DailyRun
from app.eligibility.population import applying, running
from app.eligibility.population.placing import placed
from app.eligibility.population.results import ResultFaulty, ResultOfAnotherDay
from app.eligibility.population.rulebook import Rulebook
from app.eligibility.population.running import Result
from app.eligibility.types import Audience, DailyState
from app.foundation import clock
from app.foundation.database import engine, session
from app.foundation.errors import DomainError
from app.foundation.leases import claim
from app.foundation.transaction import atomic
from app.residents import snapshots
from app.residents.types import SubjectKind

LEASE, BEAT_SECONDS = timedelta(seconds=60), 15.0
MOST_TRIES = 10
"""So often a run may be found without a word of whoever worked on it."""
AWAY_SECONDS, AWAY_TIMES = 2.0, 150
"""How long the database may be away before this process gives up, for another to be started."""
_AWAY = (psycopg.OperationalError, OperationalError, DBAPIError, PoolTimeout)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """One claimed run as it stands; whoever has another attempt number has lost it."""

    id: UUID
    attempts: int
    as_of: date
    scope: str
    state: str
    tries: int
    result: str
    last: str | None
    part: int
    position: int
    counts: dict[str, Any]

    @property
    def kind(self) -> SubjectKind:
        """Whom the snapshot is about."""
        return SubjectKind(self.scope)


def advance_due() -> int:
    """Work on what nobody works on until nothing is left; returns how many runs were taken up."""
    taken = 0
    while True:
        with atomic():
            found = claim(DailyRun, daily_runs.due(), limit=1, lease=LEASE, tries=DailyRun.tries + 1)
        if not found:
            return taken
        taken += 1
        work(*found[0])


def work(run_id: UUID, attempt: int) -> None:
    """Take a claimed run to its end, through restarts of the database; what is wrong with it is written down.

    Raises what is nobody's fault but ours: the lease ends, and the run is taken up again, a few times.
    """
    with _beating(run_id, attempt):
        for tried in range(AWAY_TIMES):
            try:
                while _step(run_id, attempt):
                    pass
            except _AWAY as error:
                if not _is_away(error) or tried + 1 == AWAY_TIMES:
                    raise
                _log.warning("daily_run.database_away", kind=type(error).__name__)
                session.remove()
                time.sleep(AWAY_SECONDS)
            else:
                return


def _is_away(error: Exception) -> bool:
    """Say whether the database is gone, or wants this transaction to be tried again."""
    if isinstance(error, DBAPIError) and not isinstance(error, OperationalError):
        return error.connection_invalidated
    return True


def _step(run_id: UUID, attempt: int) -> bool:
    """Do the stage a run is in; False when it has ended, or is another's."""
    run = _read(run_id)
    if run is None or run.attempts != attempt or run.state not in STAGES:
        return False
    try:
        if run.tries > MOST_TRIES:
            raise DailyRunGaveUp
        return STAGES[run.state](run)
    except DomainError as error:
        return _fail(run, error)
    except pa.ArrowException:
        return _fail(run, ResultFaulty())
    except OSError as error:
        _log.error("daily_run.disk", errno=error.errno)
        return _fail(run, DailyRunDisk())


def _read(run_id: UUID) -> Run | None:
    columns = [getattr(DailyRun, one.name) for one in fields(Run)]
    with atomic():
        row = session.execute(select(*columns).where(DailyRun.id == run_id)).one_or_none()
    return None if row is None else Run(*row)


def _move(run: Run, **values: object) -> bool:
    """Bring a run further, in the caller's transaction, unless another has taken it over."""
    moved = session.execute(
        update(DailyRun)
        .where(DailyRun.id == run.id, DailyRun.attempts == run.attempts, DailyRun.state == run.state)
        .values(leased_until=func.now() + LEASE, **values)
        .returning(DailyRun.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(moved)


def _export(run: Run) -> bool:
    root = daily_runs.folder()
    snapshot = snapshots.export(root, run.kind, run.as_of)
    with atomic():
        last = run.last or daily_runs.newest_result(run.scope)
        if last is not None and not (root / last).is_dir():
            _log.warning("daily_run.without_last", folder=last)
            last = None
        subjects = sum(part.rows for part in snapshot.parts)
        counts = {"subjects": subjects}
        _log.info("daily_run.exported", scope=run.scope, subjects=subjects)
        return _move(run, state=DailyState.MATCHING, last=last, exported_at=clock.now(), counts=counts)


def _match(run: Run) -> bool:
    root = daily_runs.folder()
    snapshot = snapshots.opened(root, run.kind, run.as_of)
    with atomic():
        book = Rulebook.of(policies.all_published(), Audience(run.scope), run.as_of)
    last = None if run.last is None else _opened(root, run.last)
    with placed(daily_runs.placement()) as where:
        result = running.run(snapshot, book, root / run.result, last=last, placement=where)
    with atomic():
        _log.info("daily_run.matched", scope=run.scope, parts=len(result.parts))
        return _move(run, state=DailyState.APPLYING, matched_at=clock.now())


def _apply(run: Run) -> bool:
    result = _opened(daily_runs.folder(), run.result)
    if applying.apply(run.id, run.attempts, result, run.kind, first=run.last is None, lease=LEASE):
        return _finish(run)
    return False


def _finish(run: Run) -> bool:
    """Close a run and discard what is older than the last two results."""
    with atomic():
        whole = _read_counts(run.id)
        closed = _move(run, state=DailyState.FINISHED, finished_at=clock.now())
        if closed:
            trail.record(
                "daily_run.finished",
                actor=Actor(ActorKind.SYSTEM, "daily-run"),
                subject=("daily_run", run.id),
                details=whole,
            )
        kept = daily_runs.kept_since()
    if closed:
        _log.info("daily_run.finished", scope=run.scope, counts=whole)
        if kept is not None:
            snapshots.discard(daily_runs.folder(), kept)
    return False


def _read_counts(run_id: UUID) -> dict[str, Any]:
    counts: dict[str, Any] = session.execute(
        select(DailyRun.counts).where(DailyRun.id == run_id)
    ).scalar_one()
    return counts


def _fail(run: Run, error: DomainError) -> bool:
    """Write down why a day's run cannot go on; nothing of it is taken for whole."""
    _log.error("daily_run.failed", scope=run.scope, stage=run.state, code=error.code, message=error.message)
    with atomic():
        _move(run, state=DailyState.FAILED, error_code=error.code, error=error.message)
    return False


def _opened(root: Path, folder: str) -> Result:
    """Open a finished result; raises ResultFaulty, ResultOfAnotherDay."""
    result = running.opened(root / folder)
    if result.as_of.isoformat() != folder.partition("/")[0]:
        raise ResultOfAnotherDay(f"{folder} 里是 {result.as_of} 的匹配结果，不是当天的，请重新运行")
    return result


@contextmanager
def _beating(run_id: UUID, attempt: int) -> Iterator[None]:
    """Keep the lease of a run while a long stage says nothing."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            try:
                with engine().begin() as connection:
                    connection.execute(
                        update(DailyRun)
                        .where(DailyRun.id == run_id, DailyRun.attempts == attempt, daily_runs.due())
                        .values(leased_until=func.now() + LEASE)
                    )
            except SQLAlchemyError as error:  # the next beat comes soon enough
                _log.warning("daily_run.beat_missed", kind=type(error).__name__)

    thread = threading.Thread(target=beat, name="daily-run-lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


STAGES: dict[str, Callable[[Run], bool]] = {
    DailyState.EXPORTING: _export,
    DailyState.MATCHING: _match,
    DailyState.APPLYING: _apply,
}
"""What is done at each state; a state that is not here is an end."""
