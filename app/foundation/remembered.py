"""Answers remembered in Redis, and nearby, as bytes; forgetting wins over a slow reader.

A reader that began before a change must not store what it read after the change was told: forgetting leaves a
tombstone for a few seconds, and a reader stores only where nothing stands.
"""

from collections.abc import Callable

from app.foundation.cache import GONE, RedisError, client
from app.foundation.nearby import process
from app.foundation.transaction import on_commit, seen_here

_TOMBSTONE_SECONDS = 5


def remember(key: str, make: Callable[[], bytes], *, seconds: int) -> bytes:
    """Return the remembered bytes of `key`, else make them; works without Redis, only slower."""
    try:
        found = process.fetch(key)
    except RedisError:
        return make()
    if found is not None and found != GONE:
        return found
    made = make()
    if found is None:
        try:
            client().set(key, made, ex=seconds, nx=True)
        except RedisError:
            return made
    return made


def forget(*keys: str) -> None:
    """Forget the keys once this unit of work is durable, all that it names in one call.

    Silent where Redis is: what it holds expires.
    """
    waiting: set[str] | None = seen_here().get("remembered.forgotten")
    if waiting is None:
        waiting = seen_here()["remembered.forgotten"] = set()
        on_commit(lambda: _forget(sorted(waiting)))
    waiting.update(keys)


def _forget(keys: list[str]) -> None:
    try:
        with process.calling_back(keys) as pipe:
            for key in keys:
                pipe.set(key, GONE, ex=_TOMBSTONE_SECONDS)
    except RedisError:
        return
