"""How fast we call WeChat: one token bucket for all workers, slower after every 45011, slowly fast again.

It lives in Redis. Where Redis is silent or has forgotten, every worker paces itself at the usual rate, and
45011 teaches it anew: this keeps us polite, what keeps us right are the circuits in PostgreSQL.
"""

import time
from dataclasses import dataclass

import structlog

from app.foundation import cache
from config.settings import Settings

KEY = "push:pace"
SLOWEST = 1.0
"""Pushes a second that always go."""
RECOVERS = 1.1 ** (1 / 60)
"""After a 45011 the rate grows by a tenth a minute."""
_log = structlog.get_logger(__name__)

_SCRIPT = """
local usual, grows, slowest, wanted, slowed =
  tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5] == '1'
local now = redis.call('TIME'); now = now[1] + now[2] / 1000000
local kept = redis.call('HMGET', KEYS[1], 'rate', 'tokens', 'at')
local past = math.max(0, now - (tonumber(kept[3]) or now))
local rate = math.min(usual, (tonumber(kept[1]) or usual) * grows ^ math.min(past, 86400))
if slowed then rate = math.max(slowest, rate / 2) end
local tokens = math.min(rate, (tonumber(kept[2]) or rate) + past * rate)
local given = math.max(0, math.min(wanted, math.floor(tokens)))
if slowed then tokens = 0 end
redis.call('HSET', KEYS[1], 'rate', tostring(rate), 'tokens', tostring(tokens - given), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], 86400)
return {given, tostring(rate)}
"""


@dataclass(slots=True)
class _Local:
    """The bucket of this process, for when Redis is silent."""

    tokens: float
    at: float


_usual: list[float] = [1000.0]
_local = _Local(0.0, 0.0)


def use(settings: Settings) -> None:
    """Take the deployment's rate."""
    _usual[0] = settings.push_rate


def take(wanted: int) -> int:
    """Return how many of `wanted` pushes may leave now."""
    try:
        given, _ = _ask(wanted, slowed=False)
    except cache.RedisError:
        return _take_locally(wanted)
    return given


def slow_down() -> None:
    """Halve the rate: WeChat said that we are too fast (45011)."""
    try:
        _, rate = _ask(0, slowed=True)
    except cache.RedisError:
        return
    _log.warning("push.slower", rate=round(rate, 2))


def _ask(wanted: int, *, slowed: bool) -> tuple[int, float]:
    arguments = [str(_usual[0]), str(RECOVERS), str(SLOWEST), str(wanted), str(int(slowed))]
    given, rate = cache.patiently(lambda: cache.client().eval(_SCRIPT, 1, KEY, *arguments))
    return int(given), float(rate)


def _take_locally(wanted: int) -> int:
    now, rate = time.monotonic(), _usual[0]
    tokens = min(rate, _local.tokens + (now - _local.at) * rate)
    given = max(0, min(wanted, int(tokens)))
    _local.tokens, _local.at = tokens - given, now
    return given
