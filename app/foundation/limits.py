"""Limits per principal or address: a token bucket, counted atomically in Redis.

Where Redis is silent, a limit marked `closed` falls back to a bucket in this process, the others let pass.
"""

import threading
import time
from dataclasses import dataclass

import structlog

from app.foundation import cache
from app.foundation.errors import TooManyRequests

_log = structlog.get_logger(__name__)

_SCRIPT = """
local now = redis.call('TIME'); now = now[1] + now[2] / 1000000
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local burst, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local tokens = math.min(burst, (tonumber(bucket[1]) or burst) + (now - (tonumber(bucket[2]) or now)) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) / rate) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
return wait
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `burst` at once, refilled evenly over `seconds`."""

    name: str
    burst: int
    seconds: float
    closed: bool = False


_local: dict[str, tuple[float, float]] = {}
_guard = threading.Lock()


def take(limit: Limit, subject: str) -> None:
    """Use one of `subject`'s tokens; raises TooManyRequests with the seconds to wait."""
    key = f"limit:{limit.name}:{subject}"
    rate = limit.burst / limit.seconds
    try:
        asked = (_SCRIPT, 1, key, str(limit.burst), str(rate))
        wait = int(cache.patiently(lambda: cache.client().eval(*asked)))
    except cache.RedisError:
        _log.warning("limit.cache_silent", limit=limit.name)
        wait = _take_locally(key, limit.burst, rate) if limit.closed else 0
    if wait:
        raise TooManyRequests(retry_after=wait)


def _take_locally(key: str, burst: int, rate: float) -> int:
    with _guard:
        tokens, at = _local.get(key, (float(burst), time.monotonic()))
        now = time.monotonic()
        tokens = min(float(burst), tokens + (now - at) * rate)
        taken = tokens >= 1
        _local[key] = (tokens - 1 if taken else tokens, now)
        return 0 if taken else max(1, round((1 - tokens) / rate))
