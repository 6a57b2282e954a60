"""Two processes hold what Redis remembers; a change returns only when neither answers from before."""

import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.foundation import cache, nearby
from app.foundation.cache import GONE, RedisError
from app.foundation.nearby import Nearby


@pytest.fixture
def processes(redis):
    """Two that listen, as two workers of the web server do."""
    made = [Nearby(), Nearby()]
    for one in made:
        warm(one)
    yield made
    for one in made:
        one.close()


def warm(one):
    """Let it listen, until what it fetches is held."""
    cache.client().set("warm", b"1")
    for _ in range(200):
        one.fetch("warm")
        if "warm" in one._held and one._leased_until > time.monotonic():
            return
        time.sleep(0.01)
    raise AssertionError("it does not listen")


def change(one, key, value):
    with one.calling_back([key]) as pipe:
        pipe.set(key, value)


def commands(redis, name):
    return redis.info("commandstats").get(f"cmdstat_{name}", {}).get("calls", 0)


def test_what_is_held_asks_nobody(processes, redis):
    redis.set("k", b"v")
    processes[0].fetch("k")
    before = commands(redis, "get")
    assert {processes[0].fetch("k") for _ in range(50)} == {b"v"}
    assert commands(redis, "get") == before


def test_a_change_is_seen_by_every_process_once_it_was_made(processes, redis):
    for number in range(100):
        value = str(number).encode()
        change(processes[number % 2], "k", value)
        assert [one.fetch("k") for one in processes] == [value, value]
        assert [one.fetch("k") for one in processes] == [value, value]


def test_who_only_changes_need_not_listen(processes, redis):
    redis.set("k", b"v")
    assert processes[0].fetch("k") == b"v"
    began = time.monotonic()
    change(Nearby(), "k", b"w")
    assert processes[0].fetch("k") == b"w"
    assert time.monotonic() - began < nearby.LEASE, "it was answered, not waited out"


def test_an_answer_that_was_asked_for_before_a_change_is_not_held_after_it(processes, redis):
    one, key = processes[0], "k"
    redis.set(key, b"before")
    mark = one._mark(key)
    [read] = cache.fetch(key)
    change(processes[1], key, b"after")
    one._hold(key, read, mark)
    assert one.fetch(key) == b"after"


def test_what_was_called_back_for_good_is_not_held(processes, redis):
    redis.set("k", GONE)
    assert processes[0].fetch("k") == GONE
    assert "k" not in processes[0]._held


def test_two_keys_are_read_in_one_round_trip_and_both_are_held(processes, redis):
    redis.mset({"first": "1", "second": "2"})
    assert processes[0].fetch("first", ahead="second") == b"1"
    before = commands(redis, "get")
    assert processes[0].fetch("second") == b"2"
    assert commands(redis, "get") == before


def test_a_process_that_hears_nothing_loses_its_right_and_the_change_waits_for_that(processes, redis):
    deaf, other = processes
    redis.set("k", b"before")
    deaf.fetch("k")
    held_up = threading.Event()
    obey, deaf._obey = deaf._obey, lambda *said: held_up.wait(10) and obey(*said)
    try:
        began = time.monotonic()
        change(other, "k", b"after")
        assert time.monotonic() - began >= nearby.LEASE * 0.9
        assert deaf.fetch("k") == b"after"
        assert deaf.fetch("k") == b"after"
    finally:
        held_up.set()


def test_a_process_that_lost_its_line_holds_nothing_from_before(processes, redis):
    redis.set("k", b"before")
    processes[0].fetch("k")
    redis.client_kill_filter(_type="pubsub", skipme=True)
    redis.set("k", b"after")  # nobody who listens hears of it
    for _ in range(200):
        if processes[0].fetch("k") == b"after":
            break
        time.sleep(0.01)
    warm(processes[0])
    assert processes[0].fetch("k") == b"after"


def test_without_redis_a_change_says_so_once_nobody_counts_on_what_they_hold(processes, redis, settings):
    redis.set("k", b"before")
    processes[0].fetch("k")
    usual = cache.client()
    address = type(settings.redis_url)("redis://127.0.0.1:1/0")
    cache.use(cache.open_client(settings.model_copy(update={"redis_url": address})))
    try:
        with pytest.raises(RedisError):
            change(processes[1], "k", b"after")
        with pytest.raises(RedisError):
            processes[0].fetch("k")
    finally:
        cache.client().close()
        cache.use(usual)
    warm(processes[0])


def test_what_is_held_is_bounded(processes, redis, monkeypatch):
    monkeypatch.setattr(nearby, "MOST_KEYS", 5)
    for number in range(20):
        redis.set(f"k{number}", b"v" * 10)
        processes[0].fetch(f"k{number}")
    assert len(processes[0]._held) <= 5
    assert processes[0]._size == sum(len(held.value) for held in processes[0]._held.values())


def test_readers_and_writers_at_once_never_see_what_was_replaced_before_they_asked(processes, redis):
    done, latest, wrong = threading.Event(), [0], []
    redis.set("k", b"0")

    def read(one):
        while not done.is_set():
            least = latest[0]
            if int(one.fetch("k")) < least:
                wrong.append(least)

    threads = [threading.Thread(target=read, args=(one,)) for one in processes for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(1, 40):
        change(processes[number % 2], "k", str(number).encode())
        latest[0] = number
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []


STEPS = st.lists(
    st.tuples(st.sampled_from(["fetch", "change", "forget"]), st.integers(0, 1), st.sampled_from("abc")),
    max_size=40,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_any_sequence_reads_what_was_written_last(processes, redis, steps):
    redis.delete("a", "b", "c")
    for one in processes:
        one.clear()
    model, count = {}, 0
    for step, which, key in steps:
        one, count = processes[which], count + 1
        if step == "fetch":
            assert one.fetch(key) == model.get(key)
        elif step == "change":
            model[key] = str(count).encode()
            change(one, key, model[key])
        else:
            model.pop(key, None)
            with one.calling_back([key]) as pipe:
                pipe.delete(key)
