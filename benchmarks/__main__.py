"""`make bench`: what the backend does a second, as a share of bare Flask behind the same server.

Rounds are interleaved: each case runs between two runs of bare Flask and is divided by their mean, so that
a neighbour who slows the machine slows both. What is printed is the median of the rounds.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from benchmarks import cpu, errands, load, seeding
from benchmarks.errands import Draft
from benchmarks.http import bearer, request
from benchmarks.load import Measured
from benchmarks.seeding import Resident
from benchmarks.servers import Servers, data_servers, settings, web_servers

READ, CACHED = 0.35, 0.6
"""What issue 2 asks of reads and of cached catalogue reads."""
PEOPLE = 64
BARE = "bare Flask"
SMALL = 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """How long one run measures."""

    rounds: int
    seconds: float
    writes: int


@dataclass(slots=True)
class Case:
    """One line of the table: how to run a round of it, and what the rounds showed."""

    name: str
    run: Callable[[int], Measured]
    target: float | None = None
    seen: list[Measured] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)
    """CPU time of a request in the web server, PostgreSQL and Valkey together."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about 30 s instead of two minutes")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    given = parser.parse_args(arguments)
    plan = Plan(1, 1, 32) if given.quick else Plan(7, 1, 64)
    began = time.monotonic()
    with data_servers() as data:
        seeding.lay_out(settings(data.premises))
        people = seeding.residents(PEOPLE)
        seeding.give_matches(people)
        clerk = errands.officer()
        applicants = seeding.residents((plan.rounds + 1) * plan.writes + load.CONNECTIONS, after=PEOPLE)
        drafts = errands.filled_in(applicants)
        with web_servers(data) as servers:
            cases = [*reads(servers, people, plan), *writes(servers, drafts, clerk, plan)]
            chosen = [case for case in cases if given.only in case.name]
            yardstick = measure(chosen, servers, plan)
            describe(servers, plan, time.monotonic() - began)
    report(yardstick, chosen)
    return int(any(case.target and statistics.median(case.ratios) < case.target for case in chosen))


def reads(servers: Servers, people: Sequence[Resident], plan: Plan) -> list[Case]:
    """Say what is read: by everybody in turn where a session is needed."""
    services = "/api/v1/services"
    with urlopen(f"http://127.0.0.1:{servers.product}{services}", timeout=10) as reply:
        known = {"If-None-Match": reply.headers["ETag"]}

    def asking(requests: Sequence[bytes], status: int = 200) -> Callable[[int], Measured]:
        return lambda _: load.repeat(servers.product, requests, seconds=plan.seconds, status=status)

    def by_everybody(target: str) -> list[bytes]:
        return [request("GET", target, headers=bearer(person.token)) for person in people]

    return [
        Case("constant, session checked", asking(by_everybody("/api/v1/benchmark/constant")), READ),
        Case("GET /services", asking([request("GET", services)]), CACHED),
        Case("GET /services, 304", asking([request("GET", services, headers=known)], 304), CACHED),
        Case("GET /me/matches, 20 matches", asking(by_everybody("/api/v1/me/matches")), READ),
    ]


def writes(servers: Servers, drafts: Sequence[Draft], clerk: str, plan: Plan) -> list[Case]:
    """Say what is written: each save names its version, each submission and decision its own case."""
    own = [
        deque(errands.saves(draft, (plan.rounds + 1) * plan.writes)) for draft in drafts[: load.CONNECTIONS]
    ]
    rest = drafts[load.CONNECTIONS :]
    waiting: deque[Draft] = deque()

    def save(_: int) -> Measured:
        each = plan.writes * 2 // load.CONNECTIONS
        return load.once(servers.product, [[lane.popleft() for _ in range(each)] for lane in own], status=200)

    def submit(number: int) -> Measured:
        now = rest[number * plan.writes : (number + 1) * plan.writes]
        waiting.extend(now)
        return load.once(servers.product, _lanes(map(errands.submission, now)), status=201)

    def decide(_: int) -> Measured:
        requests = errands.decisions(list(waiting), clerk)
        waiting.clear()
        return load.once(servers.product, _lanes(requests), status=200)

    return [
        Case("PUT a form step", save),
        Case("POST submission", submit),
        Case("POST decision (after submission)", decide),
    ]


def _lanes(requests: Iterable[bytes]) -> list[list[bytes]]:
    """Deal requests to the connections."""
    dealt = list(requests)
    return [dealt[number :: load.CONNECTIONS] for number in range(load.CONNECTIONS)]


def measure(cases: Sequence[Case], servers: Servers, plan: Plan) -> Case:
    """Run the rounds: bare, case, bare, case, … bare; returns what bare Flask did."""
    constant = [request("GET", "/constant")]
    bare = Case(BARE, lambda _: load.repeat(servers.bare, constant, seconds=plan.seconds))
    for case in (bare, *cases):
        case.run(0)  # everything is warm before anything counts
    for number in range(1, plan.rounds + 1):
        before = _round(bare, number, servers.bare_processes)
        for case in cases:
            seen = _round(case, number, servers.product_processes)
            after = _round(bare, number, servers.bare_processes)
            case.ratios.append(seen.rate / ((before.rate + after.rate) / 2))
            before = after
    return bare


def _round(case: Case, number: int, processes: Sequence[int]) -> Measured:
    """Run a case once and note what it showed."""
    used = cpu.seconds(processes)
    seen = case.run(number)
    case.microseconds.append((cpu.seconds(processes) - used) / seen.count * 1e6)
    case.seen.append(seen)
    return seen


def describe(servers: Servers, plan: Plan, took: float) -> None:
    """Print on what this was measured."""
    processor = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    print(f"machine    {processor}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    print(f"python     {platform.python_version()}")
    print(f"server     {servers.options}")
    print(f"load       reads: {'wrk' if load.has_wrk() else 'own client'}, writes: own client,", end=" ")
    print(f"{load.CONNECTIONS} keep-alive connections, {plan.rounds} rounds, {took:.0f} s in all")


def report(yardstick: Case, cases: Sequence[Case]) -> None:
    """Print the table: medians over the rounds."""
    print(f"\n{'':32}{'× bare':>8}{'asked':>7}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}  rounds")
    for case in (yardstick, *cases):
        ratio = _share(statistics.median(case.ratios)) if case.ratios else "1.00"
        asked = f"{case.target:.2f}" if case.target else ""
        rate, p50, p99 = (
            statistics.median(getattr(one, name) for one in case.seen) for name in ("rate", "p50", "p99")
        )
        used = statistics.median(case.microseconds)
        rounds = " ".join(map(_share, case.ratios))
        line = f"{case.name:32}{ratio:>8}{asked:>7}{rate:>9,.0f}{p50:>9.2f}{p99:>9.2f}{used:>9,.0f}"
        print(f"{line}  {rounds}")


def _share(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= SMALL else f"{ratio:.3f}"


if __name__ == "__main__":
    sys.exit(main())
