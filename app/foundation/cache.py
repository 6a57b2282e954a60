"""Redis protocol client: cache, limits, bell. Never the only place of anything that was acknowledged."""

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError as RedisError
from redis.retry import Retry

from config.settings import Settings

CONNECT_SECONDS, READ_SECONDS = 0.2, 0.5
"""redis-py's own default retries ten times and hangs for seconds on a black hole."""

_clients: list[Redis] = []


def open_client(settings: Settings) -> Redis:
    """Open the process's client: short timeouts, no hidden retries."""
    pool = ConnectionPool.from_url(
        settings.redis_url.get_secret_value(),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=READ_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        max_connections=64,
    )
    return Redis(connection_pool=pool)


def use(client: Redis) -> None:
    """Make `client` the process's client."""
    _clients[:] = [client]


def client() -> Redis:
    """Return the process's client; its calls raise RedisError."""
    return _clients[0]
