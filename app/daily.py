"""`python -m app.daily`: works off the daily runs (每日匹配) that are open, then ends (docs/adr/0010).

Started by the scheduler's leader, by `run-day`, or by hand on a machine of its own. Killed at any moment and
started again, it goes on where it was. Two on one folder: the second ends at once.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from app import wiring
from app.eligibility import daily_runs
from app.eligibility.errors import NoSnapshotFolder
from app.eligibility.population import daily
from app.foundation import logging
from config.settings import Settings

CONNECTIONS = 3
"""One works, one says that we live, one reads."""
POLITE = 5
"""Added to the niceness: everybody who waits for an answer goes first."""
_log = structlog.get_logger(__name__)


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Hold the folder against others on this machine; False where somebody has it.

    A folder that cannot be written is nobody's: the run that meets it says so in its row.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (folder / ".lock").open("ab")
    except OSError:
        yield True
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def main() -> int:
    """Work until nothing is open; returns the exit code."""
    settings = Settings.model_validate({})  # reads the environment
    logging.configure(settings)
    os.nice(POLITE)
    wiring.open_process(settings, pool=CONNECTIONS)
    try:
        with alone(daily_runs.folder()) as ours:
            if ours:
                daily.advance_due()
    except NoSnapshotFolder as error:
        _log.error("daily_run.no_folder", message=error.message)
        return 1
    finally:
        wiring.close_process()
    return 0


if __name__ == "__main__":
    sys.exit(main())
