"""Whom the planes find is whom the definition finds; several at once find and tell everybody once."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.eligibility import announcing, foresight, loading
from app.eligibility.assessment import region_params
from app.eligibility.models import Announcement
from app.eligibility.population import searching
from app.foundation import clock as product_clock
from app.foundation import database
from app.foundation.transaction import atomic
from app.identity.models import Account
from app.notifications.models import Message
from app.residents import consents, fact_catalogue
from app.residents.columnar import Part
from app.residents.types import Purpose
from app.rules.evaluation import evaluate
from app.rules.planes.lowering import Needed
from tests.app.eligibility.knowing import learn
from tests.app.eligibility.population import people as some

law = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
TOLD = {foresight.UpcomingKind.BEGINS, foresight.UpcomingKind.ENDS, foresight.UpcomingKind.RENEWAL}
TURNS_80 = {"birth_date": "1946-07-10", "hukou_region": "500103"}


def part_of(known, book):
    rows = some.rows(known)
    dates = Needed(frozenset(policy.renewal.since for policy in book.policies if policy.renewal), {})
    ids = [row.subject_id for row in rows]
    return Part(np.array([one.bytes for one in ids], "S16"), some.table(known, book.needed | dates)), ids


@law
@given(st.integers(0, 1000))
def test_the_planes_find_whom_the_definition_finds(seed):
    known, book = some.people(80, seed), some.book()
    part, ids = part_of(known, book)
    found = {(one.subject_id, one.policy_id, one.day, one.kind) for one in searching.due_in(part, book)}
    expected = set()
    for subject_id, values in zip(ids, known, strict=True):
        params = region_params(fact_catalogue.region_of(values))
        for one in foresight.upcoming(book.policies, values, as_of=some.DAY, params=params):
            told = foresight.notice_days(one.policy, one.kind)
            fits = evaluate(one.policy.conditions, values, as_of=some.DAY, params=params) is not False
            if one.kind in TOLD and (one.day - some.DAY).days <= told and (fits or not one.renewal):
                expected.add((subject_id, one.policy.id, one.day, one.kind))
    assert found == expected


@pytest.fixture
def elders(committed, tmp_path):
    """Forty people who turn 80 in 25 days."""
    frozen = datetime(2026, 6, 15, 2, 0, tzinfo=UTC)
    with product_clock.injected(lambda: frozen):
        with atomic():
            loading.load_policies()
        people = []
        for number in range(40):
            with atomic():
                account = Account(openid=f"o{number:027}")
                database.session.add(account)
                database.session.flush()
                consents.grant(account.id, Purpose.MATCHING)
                learn(account.id, **TURNS_80)
                people.append(account.id)
        yield people


def counted(*conditions):
    database.session.remove()
    return database.session.scalar(select(func.count()).select_from(Announcement).where(*conditions))


def messages():
    database.session.remove()
    return database.session.scalar(select(func.count()).select_from(Message))


def test_two_workers_at_once_tell_everybody_once(elders, together, tmp_path, monkeypatch):
    monkeypatch.setattr(announcing, "BATCH", 7)
    searching.search(tmp_path)
    assert counted(Announcement.state == "due") == len(elders)
    now = product_clock.now()

    def tell(_):
        with product_clock.injected(lambda: now):
            return announcing.tell_due()

    told = together(tell, times=4)
    assert sum(told) == len(elders), told
    assert (counted(Announcement.state == "told"), messages()) == (len(elders), len(elders))


def test_two_searches_at_once_find_everybody_once(elders, together, tmp_path):
    now = product_clock.now()

    def search(number):
        with product_clock.injected(lambda: now):
            return searching.search(tmp_path / str(number))

    together(search, times=3)
    assert counted() == len(elders)
    assert announcing.searched_today()
