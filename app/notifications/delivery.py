"""The push worker: takes a credit, says `sending`, commits, calls WeChat, books what is proved.

The order is what keeps the promises: `sending` is committed before a byte leaves, so a killed worker leaves
`unknown`, never a second message; no database connection is held during the call. While some calls are under
way the next are prepared, and what has come back is booked together.
"""

import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from uuid import UUID

import structlog
from sqlalchemy import func, select, update

from app.foundation import clock, queue
from app.foundation.database import session
from app.foundation.queue import Bell
from app.foundation.transaction import atomic
from app.gateways.wechat import errors, port
from app.identity import queries as identity
from app.identity.types import ResidentId
from app.notifications import campaigns, circuits, gate, outcomes, pace, subscriptions, templates
from app.notifications.claiming import claim
from app.notifications.gate import Stops
from app.notifications.models import Delivery
from app.notifications.types import DeliveryState, Lane, Purse, SuppressionReason

ROUNDS, LEASE = 5, timedelta(seconds=60)
"""Calls per thread prepared ahead: at ten seconds each at most, all are over long before the lease."""
TURN_SECONDS = 20.0
"""After this a worker rings again and returns, so that one told to stop does so in a campaign too."""
PAUSE_SECONDS = 0.1
"""How long a worker waits for the token bucket to hold something again."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One send that has been committed as `sending`; the number fences late workers."""

    delivery_id: UUID
    number: int
    openid: str
    template_id: str
    page: str
    values: dict[str, str]


Calls = dict[Future[outcomes.Outcome], Attempt]


def deliver_due(*, concurrency: int = 16) -> int:
    """Send what is due until nothing is left or a circuit is open; returns how many sends were begun."""
    with atomic():
        settle_abandoned()
    begun, ends, halted = 0, time.monotonic() + TURN_SECONDS, Event()
    calls: Calls = {}
    with ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="push") as pool:
        while (on_time := time.monotonic() < ends) or calls:
            more = on_time and not halted.is_set() and len(calls) <= 2 * concurrency
            fresh = _begin(pool, ROUNDS * concurrency - len(calls), halted) if more else {}
            begun += len(fresh or ())
            calls.update(fresh or {})
            if calls:
                _book_finished(calls)
            elif fresh is None or halted.is_set():
                return begun
    queue.ring(Bell.PUSHES)
    return begun


def _begin(pool: Executor, limit: int, halted: Event) -> Calls | None:
    """Prepare and start up to `limit` sends; None where nothing is due."""
    allowed = pace.take(limit)
    if not allowed:
        time.sleep(PAUSE_SECONDS)
        return {}
    with atomic():
        attempts, progress = _prepare(allowed)
    if not progress:
        return None
    return {pool.submit(_send, attempt, halted): attempt for attempt in attempts}


def settle_abandoned() -> None:
    """Call a send whose worker died before it could book the outcome what it is: unknown."""
    session.execute(
        update(Delivery)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.leased_until < func.now())
        .values(state=DeliveryState.UNKNOWN, reason="lease_expired", leased_until=None)
        .execution_options(synchronize_session=False)
    )


def _book_finished(calls: Calls) -> None:
    """Wait for a call to come back and book it together with all others that have."""
    done, _ = wait(calls, return_when=FIRST_COMPLETED)
    finished = [(calls.pop(call), call.result()) for call in done]
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
    passed = gate.passing(rows, Stops(stops, cancelled), openids)
    return _pay_and_say_sending(passed, openids), True


def _pay_and_say_sending(passed: list[Delivery], openids: Mapping[ResidentId, str]) -> list[Attempt]:
    """Take what pays for one push per person and say `sending`; the person's others are joined to it."""
    together: dict[ResidentId, list[Delivery]] = {}
    for row in passed:
        together.setdefault(ResidentId(row.resident_id), []).append(row)
    purses = subscriptions.take_many([(person, rows[0].template) for person, rows in together.items()])
    lease_ends = session.execute(select(func.now() + LEASE)).scalar_one()
    attempts = []
    for person, rows in together.items():
        purse = purses.get(person)
        if purse is None:
            for row in (row for row in rows if row.template == rows[0].template):
                outcomes.settle(row, DeliveryState.SUPPRESSED, reason=SuppressionReason.NO_CREDIT)
        else:
            attempts.append(_say_sending(rows, purse, lease_ends, openids[person]))
    return attempts


def _say_sending(rows: list[Delivery], purse: Purse, lease_ends: datetime, openid: str) -> Attempt:
    """Say `sending`; `lease_ends` is by the database's clock, as is who compares it."""
    first, *others = rows
    template = templates.all_templates()[first.template]
    joined = [row for row in others if first.lane == row.lane == Lane.BULK and row.template == first.template]
    joined = joined if template.digest else []
    first.state, first.attempts, first.reason = DeliveryState.SENDING, first.attempts + 1, None
    first.sent_at, first.leased_until, first.purse = clock.now(), lease_ends, purse
    for row in joined:
        outcomes.settle(row, DeliveryState.JOINED)
        row.carried_by = first.id
    page, values = templates.digest(template, len(joined) + 1) if joined else (first.page, first.values)
    template_id = str(subscriptions.template_id(first.template))
    return Attempt(first.id, first.attempts, openid, template_id, page, dict(values))


def _send(attempt: Attempt, halted: Event) -> outcomes.Outcome:
    """Call WeChat; whatever happens is an outcome, never an exception."""
    if halted.is_set():
        return outcomes.NOT_TRIED
    try:
        sent = port.wechat().messages.send(
            attempt.openid, attempt.template_id, attempt.values, page=attempt.page
        )
    except errors.WeChatError as error:
        if outcomes.stops_everything(error):
            halted.set()
        return outcomes.of_error(error)
    except Exception as error:  # noqa: BLE001 anything unforeseen may have left bytes behind: unknown
        _log.error("push.unforeseen", kind=type(error).__name__)
        return outcomes.Outcome(DeliveryState.UNKNOWN, reason=type(error).__name__)
    return outcomes.Outcome(DeliveryState.ACCEPTED, msgid=sent.msgid)
