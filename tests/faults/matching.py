"""`python -m tests.faults.matching SNAPSHOTS INTO PLACEMENT [LAST]`: one population run as a process."""

import sys
from pathlib import Path

from app.eligibility.population import running
from app.eligibility.population.placing import placed
from app.residents import snapshots
from tests.app.eligibility.population import people as some
from tests.app.eligibility.population.snapshots import PERSON


def main(root, into, placement, last=None):
    """Match."""
    snapshot = snapshots.opened(Path(root), PERSON, some.DAY)
    before = None if last is None else running.opened(Path(last))
    with placed(placement) as where:
        running.run(snapshot, some.book(), Path(into), last=before, placement=where)


if __name__ == "__main__":
    main(*sys.argv[1:])
