"""The daily search for what is to be announced (预告): `python -m app.foreseeing`, which loads NumPy.

The scheduler starts it as a child (`app.wiring`); an operator may start it by hand. What is done is not done
again, and two at once share the work by leases.
"""

import sys

import structlog

from app import wiring
from app.eligibility import announcing
from app.eligibility.population import searching
from app.foundation import logging
from config.settings import Settings

CONNECTIONS = 2
_log = structlog.get_logger(__name__)


def main() -> int:
    """Search today's snapshots, tell whom it found; returns the exit code."""
    settings = Settings.model_validate({})  # reads the environment
    logging.configure(settings)
    if settings.snapshot_folder is None:
        _log.error("foresight.no_snapshot_folder")
        return 1
    wiring.open_process(settings, pool=CONNECTIONS)
    try:
        parts = searching.search(settings.snapshot_folder)
        told = announcing.tell_due()
    finally:
        wiring.close_process()
    _log.info("foresight.done", parts=parts, told=told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
