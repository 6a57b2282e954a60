import pytest

from app.foundation import cache, limits
from app.foundation.errors import TooManyRequests
from app.foundation.ids import new_id
from app.foundation.limits import Limit
from launcher.processes import free_port

OPEN, CLOSED = Limit("open", 3, 600.0), Limit("closed", 3, 600.0, closed=True)


@pytest.fixture
def subject():
    return str(new_id())


@pytest.fixture
def silent_redis(settings, redis):
    usual = cache.client()
    address = type(settings.redis_url)(f"redis://127.0.0.1:{free_port()}/0")
    cache.use(cache.open_client(settings.model_copy(update={"redis_url": address})))
    yield
    cache.client().close()
    cache.use(usual)


def _wait(limit, subject):
    try:
        limits.take(limit, subject)
    except TooManyRequests as error:
        return error.retry_after
    return 0


def _taken(limit, subject, times):
    waits = [_wait(limit, subject) for _ in range(times)]
    assert all(0 <= wait <= 200 for wait in waits)
    return waits.count(0)


def test_a_burst_is_let_through_and_no_more(redis, subject):
    assert _taken(OPEN, subject, 5) == 3


def test_everybody_has_a_bucket_of_their_own(redis, subject):
    assert _taken(OPEN, subject, 5) == 3
    assert _taken(OPEN, subject + "-other", 5) == 3


def test_many_at_once_get_no_more_than_the_burst(redis, subject, together):
    answers = together(lambda _: limits.take(OPEN, subject), times=12)
    assert answers.count(None) == 3


def test_without_redis_an_open_limit_lets_pass_and_a_closed_one_counts_here(silent_redis, subject):
    assert _taken(OPEN, subject, 5) == 5
    assert _taken(CLOSED, subject, 5) == 3
