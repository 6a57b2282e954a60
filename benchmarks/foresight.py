"""`python -m benchmarks.foresight`: what a day's search for announcements costs, against asking everybody.

People of every age with seven facts each, in a PostgreSQL of its own; nobody has been told anything yet: the
dearest day. Asking everybody is timed on some of them and multiplied.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import func, select, text

from app.eligibility import announcing, foresight, matching, policies
from app.eligibility.assessment import region_of, region_params
from app.eligibility.matching import Candidate
from app.eligibility.models import Announcement
from app.eligibility.population import searching
from app.foundation import clock, database
from app.foundation.transaction import atomic
from app.residents import consents, facts, snapshots
from app.residents.types import Purpose, SubjectKind
from benchmarks import seeding
from benchmarks.servers import data_servers, settings

SAMPLE = 1000
_PEOPLE = """
INSERT INTO identity_account (id, openid, assurance, state)
SELECT gen_random_uuid(), 'o' || lpad(n::text, 27, '0'), 'wechat', 'active'
FROM generate_series(1, :people) AS n
"""
_CONSENTS = """
INSERT INTO resident_consent (id, resident_id, purpose, version, granted, notice_version)
SELECT gen_random_uuid(), id, 'matching', 1, true, 1 FROM identity_account
"""
_FACTS = """
INSERT INTO resident_fact
    (id, owner_id, subject_kind, subject_id, name, kind, value, source, as_of, fetched_at, since)
SELECT gen_random_uuid(), who.id, 'person', who.id, said.name, 'registry', said.value, '测速', current_date,
    now(), current_date
FROM (SELECT id, row_number() OVER () AS n FROM identity_account) AS who
CROSS JOIN LATERAL (
    SELECT current_date - ((who.n * 7919) % 36525)::int AS born,
           (ARRAY['500103', '340100', '120104', '500112'])[1 + who.n % 4] AS area
) AS drawn
CROSS JOIN LATERAL (VALUES
    ('birth_date', to_jsonb(drawn.born)), ('hukou_region', to_jsonb(drawn.area)),
    ('residence_region', to_jsonb(drawn.area)), ('nationality', '"CHN"'),
    ('gender', to_jsonb((1 + who.n % 2)::text)),
    ('employment_status', '"employed"'),
    ('elder_allowance_verified_on', CASE WHEN drawn.born < current_date - 29220
        THEN to_jsonb(current_date - ((who.n * 37) % 365)::int) END)
) AS said (name, value)
WHERE said.value IS NOT NULL
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.foresight", description=__doc__)
    parser.add_argument("--people", type=int, default=30_000)
    people = parser.parse_args(arguments).people
    with data_servers() as data:
        seeding.lay_out(settings(data.premises))
        with database.engine().begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            for statement in (_PEOPLE, _CONSENTS, _FACTS):
                connection.execute(text(statement), {"people": people} if ":people" in statement else {})
        _measure(data.premises.var / "snapshots", people)
    return 0


def _measure(root: Path, people: int) -> None:
    everybody = _asking_everybody() * people
    export = _timed("export the snapshot", lambda: snapshots.export(root, SubjectKind.PERSON, clock.today()))
    search = _timed("search it by planes, mark who is due", lambda: searching.search(root))
    with atomic():
        due = database.session.scalar(select(func.count()).select_from(Announcement)) or 0
    tell = _timed(f"tell the {due:,} who are due", announcing.tell_due)
    print(f"{'ask everybody one by one (facts read, no snapshot)':50}{everybody:8.1f} s")
    together = everybody / (export + search)
    print(
        f"asking everybody is {everybody / search:.0f} × the search, {together:.1f} × export and search;",
        end=" ",
    )
    print(f"told {due / max(tell, 1e-9):,.0f} a second; {people:,} people")


def _asking_everybody() -> float:
    """Return the seconds that one person takes when all are asked from the database."""
    with atomic():
        some = consents.granting(Purpose.MATCHING, limit=SAMPLE)
        published = policies.all_published()
        began = time.perf_counter()
        for person, known in facts.fact_sets(some).items():
            values = matching.plain(Candidate(some[0], person, known).known)
            params = region_params(region_of(values))
            foresight.upcoming(published, values, as_of=clock.today(), params=params, days=60)
        return (time.perf_counter() - began) / len(some)


def _timed(what: str, work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    took = time.perf_counter() - began
    print(f"{what:50}{took:8.1f} s")
    return took


if __name__ == "__main__":
    sys.exit(main())
