"""The push worker: takes a credit, says `sending`, commits, calls WeChat, books what is proved.

The order is what keeps the promises: `sending` is committed before a byte leaves, so a killed worker leaves
`unknown`, never a second message; no database connection is held during the call. While some calls are under
way the next are prepared, and what has come back is booked together.
"""

import time
from collections.abc import Collection, Mapping
from datetime import datetime

import structlog
from sqlalchemy import func, update

from app.foundation import queue
from app.foundation.database import session
from app.foundation.queue import Bell
from app.foundation.transaction import atomic
from app.identity import queries as identity
from app.identity.types import ResidentId
from app.notifications import campaigns, circuits, gate, outcomes, pace, sending, subscriptions
from app.notifications.calling import Attempt, Calls, Finished
from app.notifications.claiming import Due, claim
from app.notifications.gate import Stops
from app.notifications.models import Delivery
from app.notifications.outcomes import Kept
from app.notifications.subscriptions import Payment
from app.notifications.types import DeliveryState, Purse, SuppressionReason

AHEAD, SCARCE = 10, 4
"""Calls per thread prepared ahead, and how few are left when the next are: at ten seconds each at most, all
are over before the lease."""
TURN_SECONDS = 20.0
"""After this a worker rings again and returns, so that one told to stop does so in a campaign too."""
PAUSE_SECONDS = 0.1
"""How long a worker waits for the token bucket to hold something again."""
_log = structlog.get_logger(__name__)


def deliver_due(*, concurrency: int = 16) -> int:
    """Send what is due until nothing is left or a circuit is open; returns how many sends were begun."""
    with atomic():
        settle_abandoned()
    begun, ends = 0, time.monotonic() + TURN_SECONDS
    with Calls(concurrency) as calls:
        while (on_time := time.monotonic() < ends) or calls.under_way:
            more = on_time and not calls.halted.is_set() and calls.under_way <= SCARCE * concurrency
            fresh = _begin(calls, AHEAD * concurrency - calls.under_way) if more else 0
            begun += fresh or 0
            if calls.under_way:
                _book(calls.finished())
            elif fresh is None or calls.halted.is_set():
                return begun
    queue.ring(Bell.PUSHES)
    return begun


def _begin(calls: Calls, limit: int) -> int | None:
    """Prepare and start up to `limit` sends, return how many; None where nothing is due."""
    allowed = pace.take(limit)
    if not allowed:
        time.sleep(PAUSE_SECONDS)
        return 0
    with atomic():
        attempts, progress = _prepare(allowed)
    calls.begin(attempts)
    return len(attempts) if progress else None


def settle_abandoned() -> None:
    """Call a send whose worker died before it could book the outcome what it is: unknown."""
    session.execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.leased_until < func.now())
        .values(state=DeliveryState.UNKNOWN, reason="lease_expired", leased_until=None)
        .execution_options(synchronize_session=False)
    )


def _book(finished: Finished) -> None:
    """Book what has come back, together where WeChat simply accepted it."""
    try:
        with atomic():
            rest = outcomes.book_accepted([(a.delivery_id, a.number, result) for a, result in finished])
    except Exception as error:  # noqa: BLE001 together they failed, one by one most will not
        _log.warning("push.not_booked_together", kind=type(error).__name__)
        rest = {attempt.delivery_id for attempt, _ in finished}
    for attempt, result in finished:
        if attempt.delivery_id in rest:
            _book_one(attempt, result)


def _book_one(attempt: Attempt, result: outcomes.Outcome) -> None:
    try:
        with atomic():
            outcomes.book(attempt.delivery_id, attempt.number, result)
    except Exception as error:  # noqa: BLE001 the others' outcomes are still to be booked; this one is unknown
        _log.error("push.not_booked", kind=type(error).__name__)


def _prepare(limit: int) -> tuple[list[Attempt], bool]:
    """Turn due rows into attempts and settle those that must not be sent.

    False where there was nothing to do.
    """
    stops = circuits.stopped()
    if circuits.SENDING in stops:
        return [], False
    waiting, cancelled = campaigns.halted()
    claimed = claim(limit, waiting=waiting)
    if not claimed:
        return [], False
    openids = identity.openids(claimed)
    rows = [row for rows in claimed.values() for row in rows]
    passed, kept = gate.passing(rows, Stops(stops, cancelled), openids)
    going, unpaid = _pay(passed, stops)
    outcomes.keep([*kept, *unpaid])
    return sending.say_sending(going, openids), True


def _pay(passed: Collection[Due], stops: Mapping[str, datetime]) -> tuple[list[sending.Going], list[Kept]]:
    """Take what pays for one push per person; who has nothing to pay with is told in the inbox only."""
    together = _by_person(passed)
    wanted = [(person, rows[0].template) for person, rows in together.items() if not rows[0].resent]
    payments = subscriptions.take_many(wanted, stopped=stops)
    payments |= {
        person: Payment(Purse.EARLIER, rows[0].sent_as or rows[0].template)
        for person, rows in together.items()
        if rows[0].resent
    }
    going, unpaid = [], []
    for person, rows in together.items():
        if (payment := payments.get(person)) is not None:
            going.append(sending.Going(rows, payment))
        else:
            same = [row for row in rows if row.template == rows[0].template]
            unpaid += [_unpaid(row, stops) for row in same]
    return going, unpaid


def _by_person(rows: Collection[Due]) -> dict[ResidentId, list[Due]]:
    together: dict[ResidentId, list[Due]] = {}
    for row in rows:
        together.setdefault(row.resident, []).append(row)
    return together


def _unpaid(row: Due, stops: Mapping[str, datetime]) -> Kept:
    """Settle a push that nothing pays for; where one way of telling it is stopped, what pays may be there."""
    closed = [stops[way] for way in subscriptions.ways(row.template) if way in stops]
    if closed:
        return Kept(row.id, DeliveryState.HELD, "template_stopped", min(closed))
    return Kept(row.id, DeliveryState.SUPPRESSED, SuppressionReason.NO_CREDIT)
