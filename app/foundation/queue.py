"""The bell: dramatiq says "look", it never carries the work (docs/adr/0002).

Every durable piece of work is a row with a state and a lease in PostgreSQL. A lost bell costs a few seconds:
the scheduler rings every bell again (`app.scheduler`).
"""

from collections.abc import Callable
from enum import StrEnum

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import BrokerError

from app.foundation import cache
from app.foundation.cache import RedisError
from app.foundation.transaction import on_commit
from config.settings import Settings

_log = structlog.get_logger(__name__)


class Bell(StrEnum):
    """One queue per kind of work, so that a campaign never blocks an urgent notice."""

    PUSHES = "pushes"
    WECHAT_EVENTS = "wechat-events"
    MATCH_RUNS = "match-runs"
    TRIALS = "trials"
    ENDINGS = "endings"
    STAGES = "stages"
    SCANS = "scans"


_actors: dict[Bell, "dramatiq.Actor[[], None]"] = {}


def open_broker(settings: Settings) -> RedisBroker:
    """Make the process's broker; without middleware that retries or times out: rows carry both."""
    broker: RedisBroker = RedisBroker(  # type: ignore[no-untyped-call] # dramatiq leaves it untyped
        client=cache.open_client(settings), middleware=[]
    )
    dramatiq.set_broker(broker)
    for bell in Bell:
        broker.declare_queue(bell)
    return broker


def answers(bell: Bell, work: Callable[[], object]) -> None:
    """Let `work` run in a worker whenever `bell` rings; `work` looks at the rows itself."""

    def look() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 the row keeps its lease and is looked at again
            _log.exception("work.failed", bell=bell, kind=type(error).__name__)

    _actors[bell] = dramatiq.actor(actor_name=bell.value, queue_name=bell.value)(look)


def ring(bell: Bell) -> None:
    """Say "look" to the workers; a broker that does not answer is survived, the sweep rings again."""
    broker = dramatiq.get_broker()
    message: dramatiq.Message[None] = dramatiq.Message(
        queue_name=bell.value, actor_name=bell.value, args=(), kwargs={}, options={}
    )
    try:
        cache.patiently(lambda: broker.enqueue(message))
    except (BrokerError, RedisError) as error:
        _log.warning("bell.silent", bell=bell, kind=type(error).__name__)


def ring_on_commit(bell: Bell) -> None:
    """Ring once the current unit of work is durable."""
    on_commit(lambda: ring(bell))
