import socket
import threading
import time

import dramatiq
import pytest

from app.foundation import cache, limits, queue
from app.foundation.cache import RedisError
from app.notifications import pace


def test_a_key_is_read_as_it_was_written(redis):
    redis.set("k", b"\0value")
    assert cache.fetch("k", "nothing") == [b"\0value", None]


def test_a_connection_closed_while_it_rested_is_opened_again(redis):
    redis.set("k", b"v")
    cache.fetch("k")
    redis.client_kill_filter(_type="normal", skipme=True)
    assert cache.fetch("k") == [b"v"]


def test_each_thread_reads_over_a_connection_of_its_own(redis):
    for number in range(8):
        redis.set(f"k{number}", f"{number}" * 50)
    wrong = []

    def read(number):
        wrong.extend(1 for _ in range(200) if cache.fetch(f"k{number}") != [f"{number}".encode() * 50])

    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_without_redis_a_read_says_so_and_recovers(redis, settings):
    redis.set("k", b"v")
    usual = cache.client()
    cache.use(
        cache.open_client(
            settings.model_copy(update={"redis_url": type(settings.redis_url)("redis://127.0.0.1:1/0")})
        )
    )
    try:
        with pytest.raises(RedisError):
            cache.fetch("k")
    finally:
        cache.use(usual)
    assert cache.fetch("k") == [b"v"]


def test_a_value_of_another_kind_leaves_the_connection_usable(redis):
    redis.lpush("list", "x")
    redis.set("k", b"v")
    with pytest.raises(RedisError):
        cache.fetch("list")
    assert cache.fetch("k") == [b"v"]


def test_an_answer_that_cannot_be_read_shifts_no_later_answer(redis):
    redis.lpush("list", "x")
    redis.mset({"a": "1", "b": "2"})
    for first, second in (("list", "a"), ("a", "list")):
        with pytest.raises(RedisError):
            cache.fetch(first, second)
        assert cache.fetch("b", "a") == [b"2", b"1"]


def test_threads_that_come_and_go_do_not_use_up_the_connections(redis):
    redis.set("k", b"v")
    seen = []
    for _ in range(100):
        thread = threading.Thread(target=lambda: seen.extend(cache.fetch("k")))
        thread.start()
        thread.join()
    assert seen == [b"v"] * 100


@pytest.fixture
def frozen(settings, redis):
    """A Redis that takes connections up and never answers, in the place of the usual one."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        address = type(settings.redis_url)(f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        elsewhere = settings.model_copy(update={"redis_url": address})
        usual, broker = cache.client(), dramatiq.get_broker()
        cache.use(cache.open_client(elsewhere))
        queue.open_broker(elsewhere)
        try:
            yield
        finally:
            cache.client().close()
            dramatiq.get_broker().client.close()
            cache.use(usual)
            dramatiq.set_broker(broker)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: limits.take(limits.Limit("open", 3, 600.0), "somebody"),
        lambda: queue.ring(queue.Bell.PUSHES),
        lambda: pace.take(1),
    ],
    ids=["limit", "bell", "pace"],
)
def test_a_frozen_redis_costs_limits_and_bells_no_more_than_one_wait_a_second(frozen, ask):
    began, times = time.monotonic(), 50
    for _ in range(times):
        ask()
    assert time.monotonic() - began < times * cache.READ_SECONDS / 10


def test_a_frozen_redis_lets_one_reader_in_a_second_wait(redis, settings):
    with socket.create_server(("127.0.0.1", 0), backlog=64) as frozen:  # accepts, never answers
        usual, port = cache.client(), frozen.getsockname()[1]
        address = type(settings.redis_url)(f"redis://127.0.0.1:{port}/0")
        cache.use(cache.open_client(settings.model_copy(update={"redis_url": address})))
        began, times = time.monotonic(), 50
        try:
            for _ in range(times):
                with pytest.raises(RedisError):
                    cache.fetch("k")
        finally:
            cache.client().close()
            cache.use(usual)
        assert time.monotonic() - began < times * cache.READ_SECONDS / 10
    redis.set("k", b"v")
    assert cache.fetch("k") == [b"v"], "another server is asked at once"
