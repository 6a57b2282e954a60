"""Calls to WeChat under way: each on a thread of its own, and what came back is taken up together."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from types import TracebackType
from typing import Self, TypeAlias
from uuid import UUID

import structlog

from app.gateways.wechat import errors, port
from app.notifications import outcomes
from app.notifications.types import DeliveryState

GATHER_SECONDS = 0.02
"""So long what came back waits for more, where more is under way: a transaction for each would cost more than
the call. A worker killed meanwhile leaves these unknown until WeChat's own events name them."""
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


Finished: TypeAlias = list[tuple[Attempt, outcomes.Outcome]]


class Calls:
    """At most `concurrency` calls at once; leaving the block waits for all that were begun."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency, self._threads = concurrency, list[Thread]()
        self._waiting: SimpleQueue[Attempt | None] = SimpleQueue()
        self._back: SimpleQueue[tuple[Attempt, outcomes.Outcome]] = SimpleQueue()
        self.halted = Event()
        """WeChat would refuse everything now: what waits is not even asked."""
        self.under_way = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def begin(self, attempts: Collection[Attempt]) -> None:
        """Send these as threads come free."""
        self.under_way += len(attempts)
        for attempt in attempts:
            self._waiting.put(attempt)
        for number in range(len(self._threads), min(self._concurrency, self.under_way)):
            self._threads.append(Thread(target=self._work, name=f"push-{number}"))
            self._threads[-1].start()

    def finished(self) -> Finished:
        """Wait for a call to come back and a moment for others; returns all that have."""
        found = [self._back.get()]
        if self.under_way > 1:
            time.sleep(GATHER_SECONDS)
        try:
            while True:
                found.append(self._back.get_nowait())
        except Empty:
            self.under_way -= len(found)
        return found

    def _work(self) -> None:
        while (attempt := self._waiting.get()) is not None:
            self._back.put((attempt, _send(attempt, self.halted)))


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
