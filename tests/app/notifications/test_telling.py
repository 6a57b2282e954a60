"""Several things told at once: one statement, each once, none before a decent hour."""

from datetime import UTC, datetime, time

import pytest
from sqlalchemy import select

from app.foundation import database
from app.foundation.transaction import atomic
from app.notifications import queries, service
from app.notifications.errors import UnfitTemplateValues
from app.notifications.models import Delivery
from app.notifications.service import Notice
from app.residents import profiles
from app.residents.types import QuietHours


def notice(key, title="您可以享受高龄补贴"):
    return Notice(
        template="policy_match",
        event_key=key,
        title=title,
        body="点开看看",
        values={
            "thing1": title,
            "thing2": "每年600元",
            "thing3": "年满80周岁",
            "time4": "2026年11月23日 09:30",
        },
        page_params={"policy_id": key},
    )


@pytest.fixture
def tell(sign_in, session):
    """`tell("a", "b")`: tell one person of these events at once; returns how many were new."""
    person = sign_in.resident()

    def told(*keys):
        with atomic():
            return len(service.notify_all(person.id, [notice(key) for key in keys]))

    told.person = person
    return told


@pytest.mark.parametrize("events", [1, 5])
def test_however_many_things_are_told_at_once_it_is_one_statement(tell, query_budget, events):
    with query_budget(1):
        assert tell(*"abcde"[:events]) == events
    assert len(queries.inbox(tell.person.id)) == events


def test_nothing_to_tell_asks_nothing(tell, query_budget):
    with query_budget(0):
        assert tell() == 0


def test_what_was_told_before_or_stands_there_twice_is_told_once(tell):
    assert tell("a", "b") == 2
    assert tell("b", "c", "c") == 1
    pages = sorted(row.page for row in database.session.scalars(select(Delivery)))
    assert [page.rpartition("=")[2] for page in pages] == ["a", "b", "c"]


def test_one_that_breaks_the_rules_of_its_template_tells_nothing(tell):
    with pytest.raises(UnfitTemplateValues), atomic():
        service.notify_all(tell.person.id, [notice("a"), notice("b", title="\x00")])
    with pytest.raises(UnfitTemplateValues):
        service.check(notice("b", title="\x00"))
    assert queries.inbox(tell.person.id) == []


@pytest.mark.parametrize(
    ("quiet", "until"),
    [
        (None, None),
        (QuietHours(time(22), time(7)), None),
        (QuietHours(time(9), time(11, 30)), datetime(2026, 6, 15, 3, 30, tzinfo=UTC)),
    ],
)
def test_a_push_waits_for_the_end_of_the_quiet_hours_that_its_person_chose(tell, clock, quiet, until):
    with atomic():
        profiles.change(tell.person.id, {"quiet_hours": quiet}, version=0)
    tell("a", "b")
    assert {row.not_before for row in database.session.scalars(select(Delivery))} == {until}
