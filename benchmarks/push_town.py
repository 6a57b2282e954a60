"""The town of `benchmarks.push`: phones in the WeChat sandbox, people in PostgreSQL, mortal workers."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3
from sqlalchemy import text

from app.foundation import database
from app.foundation.transaction import atomic
from benchmarks import bare_sends, seeding
from benchmarks.servers import Data, planned, running, settings
from launcher.demo import wechat_seed
from launcher.parts import Program
from launcher.processes import end_groups

POLICY = "cq-yuzhong-elder"
SEND = "/cgi-bin/message/subscribe/send"
LATENCY, UNLIMITED = 0.005, 10**9
URGENT = 100
"""So many others are told of a decision in the middle."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run does."""

    people: int
    workers: int
    concurrency: int
    kills: int
    backlog: bool

    @property
    def threads(self) -> int:
        """Calls to WeChat at once, over all workers."""
        return self.workers * self.concurrency

    @property
    def glance(self) -> float:
        """Seconds between two looks at all rows: looking must not be what is measured."""
        return max(0.1, self.people / 100_000)


class Phones:
    """The WeChat sandbox: its control port, and the phones in it."""

    def __init__(self, control: str, api: str, *, threads: int) -> None:
        self.control, self.api = f"{control}/__emu__", api
        self.http = urllib3.PoolManager(maxsize=threads + 8, block=False)

    def ask(self, path: str, document: object) -> Any:
        """POST to the control port."""
        return self.http.request("POST", f"{self.control}/{path}", json=document).json()

    def accept(self, openids: Sequence[str], template: str) -> None:
        """Let everybody answer a prompt with 允许."""
        with ThreadPoolExecutor(8) as pool:
            choices = {template: "accept"}
            list(pool.map(lambda o: self.ask("subscribe", {"openid": o, "choices": choices}), openids))

    def shown(self, openids: Sequence[str]) -> list[int]:
        """Count the messages on each phone."""

        def look(openid: str) -> int:
            return len(self.http.request("GET", f"{self.control}/inbox/{openid}").json()["messages"])

        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(look, openids))

    def bare(self, token: str, plan: Plan) -> float:
        """Return how many sends a second the sandbox takes from as many bare clients as there are workers."""
        url = f"{self.api}{SEND}?access_token={token}"
        return bare_sends.rate(url, processes=plan.workers, threads=plan.concurrency)


def openid(number: int) -> str:
    """Return the openid of one of the people."""
    return f"o{number:027d}"


class Workers:
    """The push workers, as `make run` starts them; any of them may be killed."""

    def __init__(self, program: Program, var: Path, *, count: int) -> None:
        self._program, self._log, self.killed = program, var / "workers.log", 0
        self._running = [self._start() for _ in range(count)]
        while self._log.read_bytes().count(b"worker.ready") < count:
            time.sleep(0.1)

    def kill_one(self) -> None:
        """End one with -9 and start another in its place."""
        chosen = random.randrange(len(self._running))  # noqa: S311 any will do
        os.killpg(self._running[chosen].pid, signal.SIGKILL)
        self._running[chosen].wait()
        self._running[chosen] = self._start()
        self.killed += 1

    def stop(self) -> None:
        """End them all."""
        end_groups({process.pid: signal.SIGTERM for process in self._running}, grace=8)

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 our own program
                self._program.arguments,
                cwd=self._program.folder,
                env=dict(self._program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )


@contextmanager
def sandbox(data: Data, plan: Plan) -> Iterator[Phones]:
    """Start the WeChat sandbox with everybody in it and 5 ms of latency."""
    premises = data.premises
    root = premises.root
    seed = wechat_seed(
        notifications=root / "config" / "notifications.yaml",
        people=root / "sandbox" / "registries" / "people.yaml",
        secret=premises.secret,
        push_url="",
    )
    account = seed["apps"][0]
    del account["push"]
    match = next(t for t in account["templates"] if t["id"] == premises.templates["policy_match"])
    account["templates"].append({**match, "id": bare_sends.TEMPLATE, "type": 3})
    account["limits"] = {SEND: {"daily": UNLIMITED, "minute": UNLIMITED}}
    everybody = [openid(n) for n in range(plan.people + URGENT)]
    bare = [bare_sends.openid(n) for n in range(plan.threads)]
    seed["users"] = [{"openid": one} for one in (*everybody, *bare)]
    (premises.var / "wechat-seed.json").write_text(json.dumps(seed), encoding="utf-8")
    program = planned(premises, "wechat")
    with running(program, premises.var / "wechat.log"):
        phones = Phones(premises.address("wechat_control"), premises.address("wechat"), threads=plan.threads)
        phones.accept(everybody[: plan.people], premises.templates["policy_match"])
        phones.accept(everybody[plan.people :], premises.templates["case_decided"])
        phones.accept(bare, bare_sends.TEMPLATE)
        phones.ask("faults", {"match": {"path": SEND}, "effect": {"latency": LATENCY}})
        yield phones


def settle(data: Data, plan: Plan) -> None:
    """Build the schema and enter everybody: consents, ten facts, a credit, quiet hours far from now."""
    os.environ["PUSH_RATE"], os.environ["PUSH_CONCURRENCY"] = "20000", str(plan.concurrency)
    seeding.lay_out(settings(data.premises))
    with atomic():
        for statement in _EVERYBODY:
            database.session.execute(text(statement), {"people": plan.people, "all": plan.people + URGENT})
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("RESET statement_timeout")


_EVERYBODY = (
    "SET LOCAL statement_timeout = 0",
    """INSERT INTO identity_account (id, openid, assurance, state)
    SELECT gen_random_uuid(), 'o' || lpad(n::text, 27, '0'), 'wechat', 'active'
    FROM generate_series(0, :all - 1) AS n""",
    """INSERT INTO resident_consent (id, resident_id, purpose, version, granted, notice_version)
    SELECT gen_random_uuid(), id, purpose, 1, true, 1
    FROM identity_account, unnest(ARRAY['matching', 'push']) AS purpose""",
    """INSERT INTO resident_profile (resident_id, display_name, care_mode, lifecycle, personalised, version,
        updated_at, quiet_from, quiet_until)
    SELECT id, '', false, '{}', true, 1, now(), (localtime + interval '19 hours')::time(0),
        (localtime + interval '20 hours')::time(0) FROM identity_account""",
    """INSERT INTO resident_fact (id, owner_id, subject_kind, subject_id, name, kind, value, source, as_of,
        fetched_at, since)
    SELECT gen_random_uuid(), id, 'person', id, known.name, 'registry', known.value::jsonb, '公安',
        current_date, now(), current_date
    FROM identity_account, (VALUES ('birth_date', '"1940-03-07"'), ('hukou_region', '"500103"'),
        ('residence_region', '"500103"'), ('gender', '"female"'), ('hukou_type', '"urban"'),
        ('nationality', '"CHN"'), ('residence_months', '240'), ('household_size', '2'),
        ('in_care_institution', 'false'), ('unemployed_registered', 'false')) AS known (name, value)
    WHERE openid < 'o' || lpad(CAST(:people AS text), 27, '0')""",
    """INSERT INTO notification_subscription (id, resident_id, template, credits, provisional, advanced,
        standing, updated_at)
    SELECT gen_random_uuid(), id, CASE WHEN openid < 'o' || lpad(CAST(:people AS text), 27, '0')
        THEN 'policy_match' ELSE 'case_decided' END, 1, 0, 0, false, now() FROM identity_account""",
)


def token_of(data: Data, phones: Phones) -> str:
    """Fetch the token that the bare client sends with."""
    secret = data.premises.secret
    asked = {
        "grant_type": "client_credential",
        "appid": secret["WECHAT_APP_ID"],
        "secret": secret["WECHAT_APP_SECRET"],
    }
    reply = phones.http.request("POST", f"{phones.api}/cgi-bin/stable_token", json=asked).json()
    return str(reply["access_token"])
