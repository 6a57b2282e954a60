"""`python -m tests.faults.herd WORK WORKERS KILLS SHORTEST LONGEST`: workers, killed one by one at random.

The keeper opens what a worker of the product opens, connects to nothing and forks; every worker makes its own
connections. After KILLS kills the last ones are left to finish. When its standard input is closed the keeper
ends, and everyone with it, and says how many it has killed.
"""

import os
import random
import select
import signal
import sys
import time
from datetime import timedelta

from app import wiring
from app.eligibility import announcing, endings, runs, trials
from app.eligibility.population import applying, daily, searching
from app.foundation import database
from app.notifications import delivery, wechat_events
from config.settings import Settings


def _pushes():
    delivery.deliver_due(concurrency=4)
    wechat_events.apply_due()


def _match_runs():
    runs.BATCH, runs.LEASE = 10, timedelta(seconds=1)
    runs.advance_due()


def _trials():
    trials.BATCH, trials.LEASE = 10, timedelta(seconds=1)
    trials.advance_due()


def _endings():
    endings.BATCH, endings.LEASE = 10, timedelta(seconds=1)
    endings.advance_due()


def _daily():
    applying.BATCH, applying.LOOK, daily.LEASE = 10, 40, timedelta(seconds=1)
    daily.MOST_TRIES = 1000
    daily.advance_due()


def _foresight():
    searching.LEASE, announcing.BATCH = timedelta(seconds=1), 10
    searching.search(Settings.model_validate({}).snapshot_folder)
    announcing.tell_due()


WORK = {
    "daily": _daily,
    "pushes": _pushes,
    "match-runs": _match_runs,
    "trials": _trials,
    "endings": _endings,
    "foresight": _foresight,
}


def labour(work):
    """Look for work until killed; a failure is looked at again, as behind the bell."""
    while True:
        try:
            work()
        except Exception as error:  # noqa: BLE001 the row keeps its lease, as in the product's worker
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        database.session.remove()
        time.sleep(0.01)


def born(work):
    """Fork one worker."""
    child = os.fork()
    if child == 0:
        try:
            labour(work)
        finally:
            os._exit(1)
    return child


def main(name, workers, kills, shortest, longest):
    """Keep the herd."""
    work, killed, chance = WORK[name], 0, random.SystemRandom()
    wiring.open_process(Settings.model_validate({}), pool=4)
    herd = [born(work) for _ in range(int(workers))]
    while not select.select([sys.stdin], [], [], chance.uniform(float(shortest), float(longest)))[0]:
        if killed < int(kills):
            killed += 1
            victim = chance.randrange(len(herd))
            os.kill(herd[victim], signal.SIGKILL)
            os.waitpid(herd[victim], 0)
            herd[victim] = born(work)
    for child in herd:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    sys.stdout.write(str(killed))


if __name__ == "__main__":
    main(*sys.argv[1:])
