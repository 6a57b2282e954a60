"""`python -m tests.faults.daily_child PLACE`: the process of the daily runs, killed at a place.

It is `python -m app.daily` with little batches and a short lease. At its place it kills itself with -9, or,
where the place is named `slow-…`, goes slowly there for a while, so that others may restart what it needs.
"""

import os
import signal
import sys
import time
from datetime import timedelta

from app import daily as process
from app.eligibility.population import applying, daily, difference
from app.foundation import database
from app.residents import columnar, facts

PLACES = {
    "export": (columnar, "write"),
    "match": (difference, "compared"),
    "apply": (applying, "tell"),
    "slow-export": (facts, "counting"),
    "slow-apply": (applying, "settle"),
}
SECOND, SLOW_CALLS = 2, {"slow-export": 60, "slow-apply": 8}


def at(place):
    """Let the second call of what happens at a place be the last; at slow ones let each take its time."""
    module, name = PLACES[place]
    usual, calls = getattr(module, name), []

    def wrapped(*arguments, **more):
        calls.append(1)
        if place in SLOW_CALLS:
            time.sleep(2 / SLOW_CALLS[place] if len(calls) <= SLOW_CALLS[place] else 0)
        elif len(calls) == SECOND:
            if place == "apply":
                database.session.flush()  # matches are written, nothing is committed
            os.kill(os.getpid(), signal.SIGKILL)
        return usual(*arguments, **more)

    setattr(module, name, wrapped)


def main(place=""):
    """Work like the product's own process."""
    process.POLITE = 0  # the test waits
    applying.BATCH, applying.LOOK = 40, 80
    daily.LEASE, daily.BEAT_SECONDS, daily.AWAY_SECONDS = timedelta(seconds=1), 0.3, 0.2
    if place:
        at(place)
    return process.main()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
