"""How fast WeChat is called: a bucket for all workers, slower after 45011."""

import pytest

from app.notifications import pace


@pytest.fixture
def rate(settings, redis):
    """`rate(5)`: the deployment allows five pushes a second."""

    def use(per_second):
        pace.use(settings.model_copy(update={"push_rate": per_second}))

    yield use
    pace.use(settings)


def test_no_more_leave_at_once_than_a_second_allows(rate):
    rate(5)
    assert [pace.take(3), pace.take(3), pace.take(3)] == [3, 2, 0]


def test_after_45011_the_rate_is_halved_and_halved_again_but_never_to_nothing(rate, redis):
    rate(8)
    seen = []
    for _ in range(6):
        pace.slow_down()
        seen.append(float(redis.hget(pace.KEY, "rate")))
    assert seen[:3] == pytest.approx([4, 2, 1], rel=0.01)
    assert seen[-1] == pytest.approx(pace.SLOWEST, rel=0.01)
    assert pace.take(10) == 0


def test_the_rate_grows_back_by_a_tenth_a_minute_and_no_higher_than_the_setting(rate, redis):
    rate(100)
    pace.slow_down()
    seconds, _ = redis.time()
    redis.hset(pace.KEY, "at", seconds - 60)
    pace.take(0)
    assert float(redis.hget(pace.KEY, "rate")) == pytest.approx(55, rel=0.01)
    redis.hset(pace.KEY, "at", seconds - 3600)
    pace.take(0)
    assert float(redis.hget(pace.KEY, "rate")) == 100


def test_the_quota_of_a_minute_slows_down_what_follows(post, addressee, redis, clock):
    post.spoil(errcode=45011, count=1)
    post.tell(addressee(accepts=1))
    post.deliver()
    assert float(redis.hget(pace.KEY, "rate")) == pytest.approx(500, rel=0.01)


def test_a_silent_redis_is_paced_in_this_process(rate, monkeypatch):
    def silent():
        raise pace.cache.RedisError

    rate(5)
    monkeypatch.setattr(pace.cache, "client", silent)
    assert pace.take(3) + pace.take(3) + pace.take(3) == 5
    pace.slow_down()
