"""One token for everybody: how often WeChat is asked for it, and what happens when it is refused."""

import threading
import time

import pytest

from app.gateways.wechat import errors, tokens

TEMPLATES = "/wxaapi/newtmpl/gettemplate"


def _ask(client):
    return client.call("GET", TEMPLATES[1:])


def _forced(emulator):
    return [entry["body"]["force_refresh"] for entry in emulator.calls(tokens.PATH)]


def test_a_hundred_callers_of_four_processes_make_one_token_call_on_a_cold_start(emulator, connect, at_once):
    clients = [connect(emulator.base) for _ in range(4)]
    assert at_once(100, lambda number: _ask(clients[number % 4])) == {"done": 100}
    assert _forced(emulator) == [False]


def test_a_token_rotated_by_another_party_costs_one_token_call_and_no_failure(emulator, connect, at_once):
    clients = [connect(emulator.base) for _ in range(4)]
    for client in clients:
        _ask(client)
    emulator.post("tokens/rotate", {"family": "stable"})
    assert at_once(100, lambda number: _ask(clients[number % 4])) == {"done": 100}
    assert _forced(emulator) == [False, False]


def test_an_expired_token_is_renewed_without_force(emulator, connect):
    client = connect(emulator.base)
    _ask(client)
    emulator.post("tokens/expire", {"family": "stable"})
    _ask(client)
    assert _forced(emulator) == [False, False]


def test_a_refused_token_that_wechat_keeps_handing_out_is_forced_exactly_once(emulator, connect, at_once):
    clients = [connect(emulator.base) for _ in range(4)]
    _ask(clients[0])
    emulator.post("tokens/invalidate", {"family": "stable", "keep": True})
    assert at_once(100, lambda number: _ask(clients[number % 4])) == {"done": 100}
    assert _forced(emulator) == [False, False, True]


def test_a_token_refused_for_ever_fails_fast_without_a_storm(emulator, connect, at_once):
    clients = [connect(emulator.base) for _ in range(4)]
    emulator.fault(TEMPLATES, {"errcode": 40001})
    began = time.monotonic()
    for _ in range(2):
        assert at_once(60, lambda number: _ask(clients[number % 4])) == {"TokenRefused": 60}
    assert time.monotonic() - began < 8
    assert _forced(emulator).count(True) == 1
    assert _forced(emulator).count(False) <= 4
    assert len(emulator.calls(TEMPLATES)) <= 2 * 120  # each call once, and once more at most


@pytest.mark.parametrize("errcode", [40001, 40014, 42001])
def test_one_refusal_is_answered_by_one_renewal_and_one_resend(emulator, connect, errcode):
    client = connect(emulator.base)
    emulator.fault(TEMPLATES, {"errcode": errcode}, count=1)
    _ask(client)
    assert len(emulator.calls(TEMPLATES)) == 2


def test_a_broken_token_endpoint_means_nothing_was_sent_and_is_not_asked_again_at_once(emulator, connect):
    client = connect(emulator.base)
    emulator.fault(tokens.PATH, {"http_status": 503})
    for _ in range(20):
        with pytest.raises(errors.NotSent, match="token_http_503"):
            _ask(client)
    assert len(emulator.calls(tokens.PATH)) == 1
    assert emulator.calls(TEMPLATES) == []


def test_another_process_learns_of_the_failure_without_asking(emulator, connect):
    emulator.fault(tokens.PATH, {"http_status": 503})
    for client in (connect(emulator.base), connect(emulator.base)):
        with pytest.raises(errors.NotSent):
            _ask(client)
    assert len(emulator.calls(tokens.PATH)) == 1


def test_a_failed_token_endpoint_is_asked_again_after_a_few_seconds(emulator, connect):
    client = connect(emulator.base)
    emulator.fault(tokens.PATH, {"http_status": 503}, count=1)
    with pytest.raises(errors.NotSent):
        _ask(client)
    time.sleep(tokens.FAILURE_SECONDS + 0.2)
    _ask(client)


def test_a_wrong_secret_is_a_misconfiguration_and_never_loops(emulator, connect, at_once):
    client = connect(emulator.base, secret="wrong-secret-wrong-secret")
    assert at_once(40, lambda _: _ask(client)) == {"Misconfigured": 40}
    assert len(emulator.calls(tokens.PATH)) == 1


def test_40001_from_the_token_endpoint_is_a_misconfiguration_too(emulator, connect):
    emulator.fault(tokens.PATH, {"errcode": 40001})
    with pytest.raises(errors.Misconfigured) as caught:
        _ask(connect(emulator.base))
    assert caught.value.errcode == 40001
    assert caught.value.rid


def test_forcing_more_often_than_wechat_allows_is_a_refused_token_not_a_spent_quota(emulator, connect):
    client = connect(emulator.base)
    _ask(client)
    emulator.post("tokens/invalidate", {"family": "stable", "keep": True})
    emulator.post(
        "faults",
        {
            "match": {"path": tokens.PATH, "body_contains": '"force_refresh": true'},
            "effect": {"errcode": 45009},
        },
    )
    with pytest.raises(errors.TokenRefused):
        _ask(client)


def test_without_redis_a_process_makes_one_token_call_for_all_its_threads(
    emulator, connect, at_once, dead_redis
):
    client = connect(emulator.base, shared=dead_redis)
    assert at_once(50, lambda _: _ask(client)) == {"done": 50}
    assert _forced(emulator) == [False]


def test_without_redis_a_refused_token_is_still_forced_once_only(emulator, connect, at_once, dead_redis):
    client = connect(emulator.base, shared=dead_redis)
    _ask(client)
    emulator.post("tokens/invalidate", {"family": "stable", "keep": True})
    assert at_once(50, lambda _: _ask(client)) == {"done": 50}
    assert _forced(emulator).count(True) == 1


def test_a_token_shared_by_another_process_is_used_without_asking(emulator, connect):
    _ask(connect(emulator.base))
    _ask(connect(emulator.base))
    assert len(emulator.calls(tokens.PATH)) == 1


def test_a_renewer_that_was_killed_is_waited_for_no_longer_than_its_lock(emulator, connect, redis, app_id):
    redis.set(f"wx:{app_id}:stable_token:lock", "somebody-killed", px=400)
    began = time.monotonic()
    _ask(connect(emulator.base))
    assert 0.3 < time.monotonic() - began < 2


def test_a_token_renewed_while_the_lock_was_being_taken_is_used(app_id, redis):
    class JustInTime:
        def __getattr__(self, name):
            return getattr(redis, name)

        def set(self, key, value, **options):
            redis.set(f"wx:{app_id}:stable_token", "renewed-by-another")
            return redis.set(key, value, **options)

    fetched = []
    token = tokens.StableToken(app_id, fetch=fetched.append, redis=JustInTime)
    assert token.current() == "renewed-by-another"
    assert fetched == []


def test_a_lock_that_went_to_another_is_not_taken_from_them(redis, app_id):
    shelf = tokens.SharedShelf(app_id, lambda: redis)
    assert shelf.lock("first")
    redis.set(f"wx:{app_id}:stable_token:lock", "second")
    shelf.unlock("first")
    assert redis.get(f"wx:{app_id}:stable_token:lock") == b"second"
    shelf.unlock("second")
    assert redis.get(f"wx:{app_id}:stable_token:lock") is None


def test_the_shared_token_runs_out_five_minutes_before_wechats_own_does(emulator, connect, redis, app_id):
    _ask(connect(emulator.base))
    assert 6890 <= redis.ttl(f"wx:{app_id}:stable_token") <= 6900


def test_a_thread_waiting_for_the_token_does_not_wait_for_ever(app_id, redis):
    release = threading.Event()

    def slow(_force):
        release.wait(5)
        return tokens.Grant("T", 7200)

    token = tokens.StableToken(app_id, fetch=slow, redis=lambda: redis, wait_seconds=0.2)
    first = threading.Thread(target=token.current)
    first.start()
    time.sleep(0.05)
    with pytest.raises(errors.NotSent, match="token_wait"):
        token.current()
    release.set()
    first.join()
