"""Answers of Redis held in the process too, called back from every process before a change counts as made.

Who changes an answer publishes its key and waits until each process that listens has said that it holds it no
more. A process that does not say so has lost the right to answer from what it holds: the right lasts LEASE
seconds from the last question that Redis answered over the very connection that brings the calls, so nothing
called back before that question can still be unheard. Where Redis is silent, nothing is held for longer.

The idea is that of leases (Gray and Cheriton, SOSP 1989). Redis' own client-side caching tells its clients a
moment after the change, which is too late for a session that was ended (docs/adr/0008).
"""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

import orjson
import structlog
from redis import Redis
from redis.client import Pipeline
from redis.connection import ConnectionInterface
from redis.exceptions import RedisError

from app.foundation import cache
from app.foundation.ids import new_id

LEASE, HEARTBEAT, RETRY = 1.0, 0.25, 0.5
"""Seconds: how long what is held counts, how often that is prolonged, how long a lost line rests."""
HELD_SECONDS = 5.0
MOST_KEYS, MOST_BYTES = 20_000, 32 << 20
_SLOTS = 1024
_ACK_SECONDS, _ACK_MILLISECONDS = 0.3, 5_000
_log = structlog.get_logger(__name__)
Mark: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Held:
    """An answer, and the moment (of the monotonic clock) from which it counts no more."""

    value: bytes
    until: float


class Nearby:
    """What one process holds of the answers that Redis remembers; safe to ask from every thread."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._size = 0
        self._leased_until = 0.0
        self._epoch = 0
        self._calls = [0] * _SLOTS
        self._guard = threading.Lock()
        self._listener: threading.Thread | None = None
        self._closing = threading.Event()

    def fetch(self, key: str, *, ahead: str | None = None) -> bytes | None:
        """Return what Redis has under `key`, from nearby where that surely still counts; raises RedisError.

        `ahead` is a key that is likely to be wanted next: it is read in the same round trip.
        """
        held = self._held.get(key)
        now = time.monotonic()
        if held is not None and now < held.until and now < self._leased_until:
            return held.value
        if self._listener is None:
            self._listen()
        keys = (key,) if ahead is None else (key, ahead)
        marks = [self._mark(one) for one in keys]
        found = cache.fetch(*keys)
        for one, value, mark in zip(keys, found, marks, strict=True):
            if value is not None and value != cache.GONE:
                self._hold(one, value, mark)
        return found[0]

    @contextmanager
    def calling_back(self, keys: Sequence[str]) -> Iterator[Pipeline]:
        """Change `keys` by the commands put into the pipeline; after that, no process answers from before.

        Raises RedisError where Redis is silent; by then nobody counts on what they hold any more.
        """
        call = new_id().hex
        began = time.monotonic()
        owner = cache.client()
        try:
            with owner.pipeline(transaction=False) as pipe:
                yield pipe
                pipe.publish(_channel(owner), orjson.dumps([call, list(keys)]))
                listeners: int = pipe.execute()[-1]
            self.drop(keys)
            _await(owner, call, listeners, until=began + LEASE)
        except RedisError:
            self.drop(keys)
            time.sleep(max(0.0, began + LEASE - time.monotonic()))
            raise

    def drop(self, keys: Sequence[str]) -> None:
        """Hold these no more; what was read before this moment is not taken in any more either."""
        with self._guard:
            for key in keys:
                self._calls[hash(key) % _SLOTS] += 1
                if (held := self._held.pop(key, None)) is not None:
                    self._size -= len(held.value)

    def clear(self) -> None:
        """Hold nothing; what was read before this moment is not taken in any more either."""
        with self._guard:
            self._epoch += 1
            self._held.clear()
            self._size = 0

    def close(self) -> None:
        """Stop listening, and hold nothing from now on until it is asked again."""
        listener, self._listener = self._listener, None
        self._closing.set()
        if listener is not None:
            listener.join()
        self._closing = threading.Event()
        self._lapse()

    def _mark(self, key: str) -> Mark:
        return self._epoch, self._calls[hash(key) % _SLOTS]

    def _hold(self, key: str, value: bytes, mark: Mark) -> None:
        """Take an answer in, unless it was called back since it was asked for."""
        with self._guard:
            if mark != self._mark(key):
                return
            if len(self._held) >= MOST_KEYS or self._size + len(value) > MOST_BYTES:
                self._held.clear()
                self._size = 0
            before = self._held.get(key)
            self._size += len(value) - (len(before.value) if before else 0)
            self._held[key] = _Held(value, time.monotonic() + HELD_SECONDS)

    def _lapse(self) -> None:
        self._leased_until = 0.0
        self.clear()

    def _listen(self) -> None:
        """Begin to listen, once per process: in the process that asks, not in the one it was forked from."""
        with self._guard:
            if self._listener is not None:
                return
            self._listener = threading.Thread(
                target=self._keep_listening, args=(self._closing,), name="nearby", daemon=True
            )
        self._listener.start()

    def _keep_listening(self, closing: threading.Event) -> None:
        while not closing.is_set():
            owner = cache.client()
            pool = owner.connection_pool
            line = pool.connection_class(**{**pool.connection_kwargs, "protocol": 2})
            try:
                self._follow(line, owner, closing)
            except (RedisError, OSError) as error:
                _log.warning("nearby.silent", kind=type(error).__name__)
                self._lapse()
                closing.wait(RETRY)
            finally:
                self._lapse()
                line.disconnect()

    def _follow(self, line: ConnectionInterface, owner: Redis, closing: threading.Event) -> None:
        """Hear calls over one connection, as long as the process's client is the one it belongs to."""
        _say(line, "SUBSCRIBE", _channel(owner))
        line.read_response()
        self.clear()  # what was called back before now was not heard
        while cache.client() is owner and not closing.is_set():
            asked = time.monotonic()
            _say(line, "PING")
            while (said := line.read_response())[0] != b"pong":
                self._obey(said, owner)
            self._leased_until = asked + LEASE
            while (left := asked + HEARTBEAT - time.monotonic()) > 0 and line.can_read(left):
                self._obey(line.read_response(), owner)

    def _obey(self, said: Sequence[bytes], owner: Redis) -> None:
        call, keys = orjson.loads(said[2])
        self.drop(keys)
        with suppress(RedisError), owner.pipeline(transaction=False) as pipe:
            pipe.rpush(_answers(call), 1)
            pipe.pexpire(_answers(call), _ACK_MILLISECONDS)
            pipe.execute()


process = Nearby()
"""What this process holds."""


def _channel(owner: Redis) -> str:
    """Name the channel of one numbered database: channels know no numbers."""
    return f"nearby:{owner.connection_pool.connection_kwargs.get('db', 0)}"


def _say(line: ConnectionInterface, *words: str) -> None:
    line.send_command(*words)  # type: ignore[no-untyped-call] # redis-py types what it returns, not what it takes


def _answers(call: str) -> str:
    return f"nearby:heard:{call}"


def _await(owner: Redis, call: str, listeners: int, *, until: float) -> None:
    """Wait until as many have answered, or have lost the right to answer from what they hold."""
    heard = 0
    while heard < listeners and (left := until - time.monotonic()) > 0:
        heard += owner.blpop([_answers(call)], timeout=min(left, _ACK_SECONDS)) is not None
