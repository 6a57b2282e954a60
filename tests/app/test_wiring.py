"""What processes have in common: one turn at a time for work that many bells ask for."""

import threading
import time

from app.wiring import one_at_a_time


def test_work_that_many_bells_ask_for_runs_once_at_a_time_and_never_misses_the_last_bell():
    running, most, seen, begun = [], [], [], threading.Event()

    def work():
        running.append(1)
        most.append(len(running))
        begun.set()
        time.sleep(0.02)
        seen.append(time.monotonic())
        running.pop()

    bell = one_at_a_time(work)
    threads = [threading.Thread(target=bell) for _ in range(8)]
    for thread in threads:
        thread.start()
    begun.wait(5)
    rung = time.monotonic()
    bell()
    for thread in threads:
        thread.join(5)
    assert max(most) == 1
    assert seen[-1] - 0.02 >= rung - 0.02  # somebody looked again after the last bell
    assert len(seen) < 9


def test_a_failure_gives_the_turn_back():
    calls = []

    def work():
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("no")

    bell = one_at_a_time(work)
    try:
        bell()
    except RuntimeError:
        bell()
    assert len(calls) == 2
