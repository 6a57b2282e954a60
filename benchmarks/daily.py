"""A day's run over everybody (每日匹配): seconds and memory of export, match and apply.

Run: python -m benchmarks.daily [--people 100000] [--turning 0.013]

PostgreSQL and Valkey are processes of this run. Everybody has ten facts, two of them sealed. On the first
day the result is made and nothing of it applied, as if everybody had been matched when they came; on the
second so many turn eighty in 渝中区, without any change of facts.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.eligibility import daily_runs
from app.eligibility.population import daily
from app.foundation import clock, crypto, database
from app.foundation.ids import new_id
from app.foundation.transaction import atomic
from benchmarks import seeding
from benchmarks.servers import Data, data_servers, settings

_EVERYBODY = (
    "SET LOCAL statement_timeout = 0",
    """INSERT INTO identity_account (id, openid, assurance, state)
    SELECT gen_random_uuid(), 'o' || lpad(n::text, 27, '0'), 'wechat', 'active'
    FROM generate_series(0, :people - 1) AS n""",
    """INSERT INTO resident_consent (id, resident_id, purpose, version, granted, notice_version)
    SELECT gen_random_uuid(), id, purpose, 1, true, 1
    FROM identity_account, unnest(ARRAY['matching', 'push']) AS purpose""",
    """INSERT INTO resident_fact (id, owner_id, subject_kind, subject_id, name, kind, value, source, as_of,
        fetched_at, since)
    SELECT gen_random_uuid(), id, 'person', id, known.name, 'registry', known.value, '公安',
        CURRENT_DATE, now() - random() * interval '300 days', CURRENT_DATE
    FROM (SELECT id, openid < 'o' || lpad(CAST(:turning AS text), 27, '0') AS turns, random() AS chance
        FROM identity_account OFFSET 0) AS person,
    LATERAL (VALUES
        ('birth_date', to_jsonb(CASE WHEN turns THEN CAST(:birthday AS date)
            ELSE CAST('1947-06-01' AS date) + CAST(chance * 25000 AS int) END)),
        ('hukou_region', to_jsonb(CASE WHEN turns THEN '500103'
            ELSE (ARRAY['500103', '500112', '340100', '341000', '120104'])[1 + CAST(chance * 4 AS int)] END)),
        ('residence_region', '"500103"'), ('gender', '"female"'), ('hukou_type', '"urban"'),
        ('nationality', '"CHN"'), ('residence_months', '240'), ('household_size', '2')
    ) AS known (name, value)""",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.daily", description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--turning", type=float, default=0.013)
    given = parser.parse_args(arguments)
    with data_servers() as data:
        turning = int(given.people * given.turning)
        _settle(data, given.people, turning)
        for days in (0, 1):
            with clock.injected(lambda days=days: datetime.now(UTC) + timedelta(days=days)):
                _report(days, _day(apply=days == 1))
    return 0


def _settle(data: Data, people: int, turning: int) -> None:
    os.environ["SNAPSHOT_FOLDER"] = str(data.premises.var / "snapshots")
    seeding.lay_out(settings(data.premises))
    tomorrow = clock.today() + timedelta(days=1)
    birthday = tomorrow.replace(year=tomorrow.year - 80)
    with atomic():
        for statement in _EVERYBODY:
            database.session.execute(
                text(statement), {"people": people, "turning": turning, "birthday": birthday}
            )
    _seal(people)
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def _seal(people: int) -> None:
    """Enter two sensitive facts of everybody, sealed as they are in life."""
    cipher = crypto.cipher()
    fact = text(
        "INSERT INTO resident_fact (id, owner_id, subject_kind, subject_id, name, kind, sealed, source,"
        " as_of, fetched_at, since)"
        " VALUES (:id, :who, 'person', :who, :name, 'registry', :sealed, '民政', CURRENT_DATE, now(),"
        " CURRENT_DATE)"
    )
    for begin in range(0, people, 10_000):
        with atomic():
            asked = text("SELECT id FROM identity_account ORDER BY openid OFFSET :begin LIMIT 10000")
            rows = []
            for who in database.session.scalars(asked, {"begin": begin}):
                for name in ("dibao", "tekun"):
                    row_id = new_id()
                    sealed = cipher.encrypt("false", place=f"resident_fact|value|{row_id}")
                    rows.append({"id": row_id, "who": who, "name": name, "sealed": sealed})
            database.session.execute(fact, rows)


def _day(*, apply: bool) -> dict[str, tuple[float, float]]:
    """Run a day; returns wall and CPU of each stage over persons. Without `apply` it ends when matched."""
    with atomic():
        daily_runs.open_now()
    taken: dict[str, tuple[float, float]] = {}
    usual, apply_usual = dict(daily.STAGES), daily.applying.apply
    daily.STAGES.update({stage: _timed(stage, work, taken) for stage, work in usual.items()})
    if not apply:
        daily.applying.apply = lambda *_, **__: True
    try:
        daily.advance_due()
    finally:
        daily.STAGES.update(usual)
        daily.applying.apply = apply_usual
    return taken


def _timed(stage: str, work: Callable[[Any], bool], taken: dict[str, tuple[float, float]]) -> Any:
    def timed(run: Any) -> bool:
        wall, cpu = time.perf_counter(), time.process_time()
        more = work(run)
        if run.scope == "person":
            taken[stage] = time.perf_counter() - wall, time.process_time() - cpu
        return more

    return timed


def _report(number: int, taken: dict[str, tuple[float, float]]) -> None:
    run = next(run for run in daily_runs.latest() if run.scope == "person")
    if run.state != "finished":
        raise RuntimeError(f"the day ended as {run.state}: {run.error}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    load = Path("/proc/loadavg").read_text(encoding="ascii").split()[0]
    print(f"day {number + 1}: load {load}, peak {memory:.0f} MB, {dict(run.counts)}")
    for stage, (wall, cpu) in taken.items():
        print(f"  {stage:<10} {wall:7.2f} s of wall, {cpu:6.2f} s of CPU in this process")


if __name__ == "__main__":
    sys.exit(main())
