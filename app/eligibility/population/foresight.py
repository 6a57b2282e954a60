"""What the calendar alone will bring: an 80th birthday, a third one, a policy that begins or ends.

Day by day only those are asked whom a date turns on that day, and on the first or last day of a policy
everybody about that policy. Facts stay as they are known today. For one subject: `app.eligibility.foresight`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from app.eligibility.foresight import HORIZON
from app.eligibility.population.incremental import stepped
from app.eligibility.population.rulebook import Rulebook
from app.rules.planes.answers import Changes
from app.rules.planes.columns import Table
from app.rules.planes.kernel import Planes


@dataclass(frozen=True, slots=True)
class Ahead:
    """What turns on one day for a population."""

    day: date
    changes: Changes


def ahead(today: Planes, table: Table, rulebook: Rulebook, *, days: int = HORIZON) -> Iterator[Ahead]:
    """Yield, day by day, what becomes true or ends; `today` answers `rulebook` on the rows of `table`."""
    nobody = np.zeros(table.size, np.bool_)
    planes, book = today, rulebook
    for _ in range(days):
        tomorrow = book.tomorrow()
        planes, found = stepped(planes, table, book, tomorrow, changed=nobody)
        book = tomorrow
        if len(found):
            yield Ahead(book.as_of, found)
