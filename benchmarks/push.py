"""From a published policy to the phones: how soon, how fast, and what kill -9 costs.

Run: python -m benchmarks.push [--people 20000] [--workers 1] [--concurrency 16] [--backlog] [--kills 0]

PostgreSQL, Valkey, the WeChat sandbox (5 ms of latency), the workers and the scheduler are processes of this
run, by the very commands of `make run`. The yardstick is what the sandbox alone takes from bare urllib3
clients, as many processes with as many threads, before and after. Usually matching and pushing share the
workers, as in life; with `--backlog` the campaign is paused until everybody is queued and then resumed, which
measures pushing alone. With `--kills` workers are killed at random, and everything is counted afterwards on
the phones.
"""

import argparse
import random
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.eligibility import policies, runs
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.notifications import campaigns
from app.notifications import service as notifications
from app.notifications.campaigns import CampaignAction
from app.notifications.types import Lane
from benchmarks.push_town import LATENCY, POLICY, URGENT, Plan, Workers, openid, sandbox, settle, token_of
from benchmarks.servers import Data, data_servers, planned, running

URGENT_SECONDS = 10.0
FLOOR = 0.6
STUCK_SECONDS = 300.0
PUSHED = ("accepted", "delivered", "unknown", "unconfirmed")


@dataclass(slots=True)
class Told:
    """What a campaign showed; seconds from the moment the publication was durable."""

    first: float = 0.0
    queued: float = 0.0
    resumed: float = 0.0
    last: float = 0.0
    killed: int = 0
    urgent: list[float] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a floor is missed or a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.push", description=__doc__)
    for name, usual in (("people", 20_000), ("workers", 1), ("concurrency", 16), ("kills", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--backlog", action="store_true")
    plan = Plan(**vars(parser.parse_args(arguments)))
    with data_servers() as data, sandbox(data, plan) as phones:
        settle(data, plan)
        token = token_of(data, phones)
        before = phones.bare(token, plan)
        told = _campaign(data, plan)
        after = phones.bare(token, plan)
        shown = phones.shown([openid(number) for number in range(plan.people)]) if plan.kills else []
        unknown = _unknown() if plan.kills else []
    return _report(plan, told, (before, after), shown, unknown)


def _campaign(data: Data, plan: Plan) -> Told:
    """Publish and watch until nothing is on its way; kill workers and tell urgent notices in the middle."""
    var, told = data.premises.var, Told()
    (var / "metrics").mkdir(exist_ok=True)
    with ExitStack() as stack:
        workers = Workers(planned(data.premises, "worker"), var, count=plan.workers)
        stack.callback(workers.stop)
        scheduler = replace(planned(data.premises, "scheduler"), probe=None)
        stack.enter_context(running(scheduler, var / "scheduler.log"))
        time.sleep(2)
        with atomic():
            run_id = runs.start(policies.published(POLICY))
            if plan.backlog:
                campaigns.change(run_id, CampaignAction.PAUSE)
        began = time.time()
        urgent = threading.Thread(target=_tell_urgently, args=(plan, told), daemon=True)
        killer = threading.Thread(target=_kill, args=(plan, workers), daemon=True)
        for thread in (urgent, killer):
            thread.start()
        _await(lambda: _run_state(run_id) == "finished", what="the run")
        if plan.backlog:
            with atomic():
                campaigns.change(run_id, CampaignAction.RESUME)
            told.resumed = time.time() - began
        _await(lambda: _waiting() == 0 and not killer.is_alive(), what="the queue", every=plan.glance)
        told.last = time.time() - began
        urgent.join(STUCK_SECONDS)
        told.killed = workers.killed
    first, finished = _row(
        "SELECT (SELECT extract(epoch FROM min(sent_at)) FROM notification_delivery WHERE lane = 'bulk'),"
        " (SELECT extract(epoch FROM finished_at) FROM eligibility_match_run WHERE policy_id = :policy)",
        policy=POLICY,
    )
    told.first, told.queued = float(first) - began, float(finished) - began
    told.states = _states()
    return told


def _tell_urgently(plan: Plan, told: Told) -> None:
    """Once a third was pushed, tell a hundred others of a decision; time each until WeChat has it."""
    _await(lambda: _count(PUSHED) > plan.people // 3, what="a third of the pushes", every=plan.glance)
    people = [row[0] for row in _rows("SELECT id FROM identity_account ORDER BY openid DESC LIMIT 100")]
    with atomic():
        for person in people:
            notifications.notify(ResidentId(person), _decision(person))
    database.session.remove()
    began, missing = time.perf_counter(), URGENT
    told_of = [row[0] for row in _rows("SELECT id FROM notification_delivery WHERE lane = 'urgent'")]
    while missing and time.perf_counter() - began < STUCK_SECONDS:
        done = URGENT - missing
        missing = _row(
            "SELECT count(*) FROM notification_delivery WHERE id = ANY(:ids) AND state <> 'accepted'",
            ids=told_of,
        )[0]
        told.urgent += [time.perf_counter() - began] * (URGENT - missing - done)
        time.sleep(0.02)


def _decision(person: UUID) -> notifications.Notice:
    return notifications.Notice(
        template="case_decided",
        event_key=f"{person}:1",
        title="高龄津贴申领：已通过",
        body="已通过",
        values={
            "thing1": "高龄津贴申领",
            "phrase2": "已通过",
            "time3": "2026年12月4日 16:20",
            "thing4": "点开可查看结果和评价服务",
        },
        page_params={"application_id": str(person)},
        lane=Lane.URGENT,
    )


def _kill(plan: Plan, workers: Workers) -> None:
    """Kill a random worker every so often, from the first push on."""
    if plan.kills:
        _await(lambda: _count(PUSHED) > 0, what="the first push", every=plan.glance)
    for _ in range(plan.kills):
        time.sleep(random.uniform(0.3, 3.0))  # noqa: S311 any moment will do
        workers.kill_one()


def _await(done: Callable[[], bool], *, what: str, every: float = 0.1) -> None:
    until = time.monotonic() + STUCK_SECONDS + 3600
    while not done():
        if time.monotonic() > until:
            raise RuntimeError(f"{what}: nothing happens")
        time.sleep(every)


def _rows(statement: str, **values: object) -> list[Any]:
    with database.engine().connect() as connection:
        return list(connection.execute(text(statement), values))


def _row(statement: str, **values: object) -> Any:
    return _rows(statement, **values)[0]


def _run_state(run_id: UUID) -> str:
    return str(_row("SELECT state FROM eligibility_match_run WHERE id = :id", id=run_id)[0])


def _waiting() -> int:
    return int(
        _row("SELECT count(*) FROM notification_delivery WHERE state IN ('queued', 'held', 'sending')")[0]
    )


def _count(states: Sequence[str]) -> int:
    return int(
        _row(
            "SELECT count(*) FROM notification_delivery WHERE lane = 'bulk' AND state = ANY(:s)",
            s=list(states),
        )[0]
    )


def _states() -> Counter[str]:
    found = _rows("SELECT state, count(*) FROM notification_delivery WHERE lane = 'bulk' GROUP BY state")
    return Counter({row[0]: row[1] for row in found})


def _unknown() -> list[int]:
    """Return the numbers of those whose push is unknown."""
    found = _rows(
        "SELECT openid FROM notification_delivery AS d JOIN identity_account AS a ON a.id = d.resident_id"
        " WHERE d.lane = 'bulk' AND d.state = 'unknown'"
    )
    return [int(row[0][1:]) for row in found]


def _report(plan: Plan, told: Told, bare: tuple[float, float], shown: list[int], unknown: list[int]) -> int:
    """Print what was seen; 1 where something asked for was missed."""
    alone, pushes = statistics.mean(bare), sum(told.states[state] for state in PUSHED)
    rate, matched = pushes / (told.last - (told.resumed or told.first)), plan.people / told.queued
    p99 = sorted(told.urgent)[max(0, len(told.urgent) * 99 // 100 - 1)] if told.urgent else float("inf")
    lost = plan.people - sum(told.states.values())
    calls = f"{plan.workers} × {plan.concurrency} calls, latency {LATENCY * 1000:.0f} ms"
    print(f"people                {plan.people:8,d}    workers {calls}")
    print(f"first push after      {told.first:8.2f} s")
    print(f"last row queued after {told.queued:8.2f} s  {matched:,.0f} people/s matched and told")
    print(f"last push after       {told.last:8.2f} s")
    print(f"pushes                {rate:8.0f} /s bare urllib3 client {bare[0]:.0f} and {bare[1]:.0f} /s")
    print(f"ratio                 {rate / alone:8.2f}    asked: {FLOOR} (without kills)")
    print(f"urgent, p99 of {len(told.urgent):3d}    {p99:8.2f} s  asked: {URGENT_SECONDS:.0f}")
    print(f"no delivery row       {lost:8d}    asked: 0; states {dict(told.states)}")
    broken = lost != 0 or p99 > URGENT_SECONDS or (not plan.kills and rate / alone < FLOOR)
    return int(_report_kills(plan, told, shown, unknown) or broken) if plan.kills else int(broken)


def _report_kills(plan: Plan, told: Told, shown: list[int], unknown: list[int]) -> bool:
    """Print what the phones show after workers were killed; True where a promise is broken."""
    twice = sum(count > 1 for count in shown)
    on_phone = sum(1 for number in unknown if shown[number])
    lost = sum(shown[n] == 0 for n in range(plan.people)) - (len(unknown) - on_phone)
    print(f"killed with -9        {told.killed:8d}")
    print(f"shown twice           {twice:8d}    asked: 0")
    print(f"booked, on no phone   {lost:8d}    asked: 0")
    print(f"unknown               {len(unknown):8d}    of these {on_phone} are on the phone")
    return twice > 0 or lost != 0


if __name__ == "__main__":
    sys.exit(main())
