"""Work as rows: claimed in `SKIP LOCKED` batches under a lease, fenced by the attempt number.

A worker that was killed loses its lease and another takes the row; a worker that comes back late finds its
attempt number gone and changes nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.database import Model, session
from app.foundation.transaction import atomic


class Leased(Model):
    """Base of tables whose rows are work: who holds a row, until when, and how often it was tried."""

    __abstract__ = True

    leased_until: Mapped[datetime | None] = mapped_column(default=None)
    attempts: Mapped[int] = mapped_column(default=0)


def claim(
    table: type[Leased], ready: ColumnElement[bool], *, limit: int, lease: timedelta, **values: object
) -> list[tuple[UUID, int]]:
    """Claim up to `limit` ready rows; returns each id with its fencing attempt number.

    `values` are written to the claimed rows. The caller commits before it works on them.
    """
    free = (table.leased_until.is_(None)) | (table.leased_until < func.now())
    chosen = (
        select(table.id).where(ready, free).order_by(table.id).limit(limit).with_for_update(skip_locked=True)
    ).scalar_subquery()
    claimed = session.execute(
        update(table)
        .where(table.id.in_(chosen))
        .values(leased_until=func.now() + lease, attempts=table.attempts + 1, **values)
        .returning(table.id, table.attempts)
        .execution_options(synchronize_session=False)
    )
    return [(row.id, row.attempts) for row in claimed]


def work_off(
    table: type[Leased],
    ready: Callable[[], ColumnElement[bool]],
    *,
    lease: timedelta,
    step: Callable[[UUID, int], bool],
) -> int:
    """Claim ready rows one after the other and take steps on each; returns the steps done.

    `step(id, attempt)` is a unit of work of its own and says whether there is another one to do.
    """
    steps = 0
    while True:
        with atomic():
            claimed = claim(table, ready(), limit=1, lease=lease)
        if not claimed:
            return steps
        while step(*claimed[0]):
            steps += 1
