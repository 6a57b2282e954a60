"""Answers remembered in Redis as bytes; forgetting wins over a slow reader.

A reader that began before a change must not store what it read after the change was told: `forget` leaves a
tombstone for a few seconds, and a reader stores only where nothing stands.
"""

from collections.abc import Callable

from app.foundation.cache import RedisError, client, fetch

_TOMBSTONE, _TOMBSTONE_SECONDS = b"-", 5


def remember(key: str, make: Callable[[], bytes], *, seconds: int) -> bytes:
    """Return the remembered bytes of `key`, else make them; works without Redis, only slower."""
    try:
        found = fetch(key)
    except RedisError:
        return make()
    if found is not None and found != _TOMBSTONE:
        return found
    made = make()
    if found is None:
        try:
            client().set(key, made, ex=seconds, nx=True)
        except RedisError:
            return made
    return made


def forget(*keys: str) -> None:
    """Forget the keys; call it after the commit of what changed. Silent where Redis is: entries expire."""
    try:
        with client().pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.set(key, _TOMBSTONE, ex=_TOMBSTONE_SECONDS)
            pipe.execute()
    except RedisError:
        return
