"""The table of transitions, in the code and in the database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.applications.errors import NotAllowedNow
from app.applications.folding import fold
from app.applications.transitions import EVENT_OF, TRANSITIONS, Transition, targets
from app.applications.types import FINAL, Action, Event, EventKind, Status
from app.foundation.clock import now
from app.foundation.ids import new_id
from app.wiring import official_calendar

CALENDAR = official_calendar()
DETAILS = {
    EventKind.SUPPLEMENT_REQUESTED: {"due_on": "2026-12-31", "count": 1},
    EventKind.EXTENDED: {"days": 10},
    EventKind.PAUSED: {"pause": "hearing", "days": 5},
    EventKind.STAGE_ENDED: {
        "stage": "x",
        "outcome": "passed",
        "left": 0,
        "uncounted": False,
        "settled": False,
    },
}


@pytest.fixture
def case(session):
    """A draft written by hand, without the code under test."""
    account, case_id = new_id(), new_id()
    session.execute(
        text(
            "INSERT INTO identity_account (id, openid, assurance, state) VALUES (:a, :o, 'wechat', 'active')"
        ),
        {"a": account, "o": f"o{account.hex}"},
    )
    session.execute(
        text(
            "INSERT INTO application_case (id, resident_id, subject_id, service_id, service_version,"
            " region_code, department, answers, prefilled, version, events_count, updated_at, status,"
            " supplement_asked, excluded_working_days, excluded_calendar_days, extension_days, queue_on)"
            " VALUES (:c, :a, :a, 'svc-x', 1, '500103', '11', '', '', 1, 0, now(), 'draft', false, 0, 0, 0,"
            " '9999-12-31')"
        ),
        {"a": account, "c": case_id},
    )
    return case_id


def tell(session, case_id, seq, kind, after):
    session.execute(
        text(
            "INSERT INTO application_event (id, case_id, seq, kind, status_after, actor_kind, actor_id, at,"
            " details) VALUES (:i, :c, :s, :k, :a, 'system', 'x', now(), '{}')"
        ),
        {"i": new_id(), "c": case_id, "s": seq, "k": kind, "a": after},
    )


def path_to(status):
    """The shortest way from a draft to a status, as (kind, after) pairs."""
    ways = {Status.DRAFT: []}
    while status not in ways:
        for before, kind, after in sorted(TRANSITIONS):
            if before in ways and after not in ways:
                ways[after] = [*ways[before], (kind, after)]
    return ways[status]


def walk(session, case_id, status):
    tell(session, case_id, 1, "drafted", "draft")
    way = path_to(status)
    for seq, (kind, after) in enumerate(way, 2):
        tell(session, case_id, seq, kind, after)
    return len(way) + 2


def test_the_database_holds_the_same_table_as_the_code(session) -> None:
    rows = session.execute(text("SELECT before, kind, after FROM application_transition"))
    stored = {Transition(Status(row.before), EventKind(row.kind), Status(row.after)) for row in rows}
    assert stored == TRANSITIONS


def test_nothing_leads_out_of_an_end_but_revocation_and_every_other_status_can_be_left() -> None:
    left = {
        row.before for row in TRANSITIONS if row.kind is not EventKind.REVOKED and row.after != row.before
    }
    assert left == set(Status) - FINAL
    assert {row.before for row in TRANSITIONS if row.kind is EventKind.REVOKED} == {Status.APPROVED}


def test_every_action_of_an_officer_can_happen_somewhere() -> None:
    assert set(EVENT_OF) == set(Action)
    assert {row.kind for row in TRANSITIONS} >= set(EVENT_OF.values())


@pytest.mark.parametrize("before", sorted(Status))
def test_the_database_allows_exactly_what_the_table_allows(session, case, before) -> None:
    seq = walk(session, case, before)
    seen = {kind for kind, _ in path_to(before)}
    for kind in sorted(set(EventKind) - seen):
        for after in sorted(Status):
            allowed = Transition(before, kind, after) in TRANSITIONS
            savepoint = session.begin_nested()
            try:
                tell(session, case, seq, kind, after)
                happened = True
            except IntegrityError:
                happened = False
            savepoint.rollback()
            assert happened is allowed, (before, kind, after)


def test_a_case_begins_as_a_draft(session, case) -> None:
    with pytest.raises(IntegrityError, match="begins as a draft"):
        tell(session, case, 1, "submitted", "submitted")


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.DRAFT}))
def test_raw_sql_cannot_give_a_case_a_status_that_no_event_told(session, case, status) -> None:
    tell(session, case, 1, "drafted", "draft")
    with pytest.raises(IntegrityError, match="follows from its events"):
        session.execute(text("UPDATE application_case SET status = :s"), {"s": status})


def test_one_complete_list_is_asked_for_once_even_by_raw_sql(session, case) -> None:
    seq = walk(session, case, Status.SUPPLEMENT)
    tell(session, case, seq, "supplement_answered", "submitted")
    with pytest.raises(IntegrityError, match="uq_application_event_one_supplement_requested"):
        tell(session, case, seq + 1, "supplement_requested", "supplement")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE application_event SET kind = 'approved'",
        "DELETE FROM application_event",
        "TRUNCATE application_event",
    ],
)
def test_what_happened_cannot_be_changed(session, case, change) -> None:
    tell(session, case, 1, "drafted", "draft")
    with pytest.raises(IntegrityError, match="append-only"):
        session.execute(text(change))


@given(st.lists(st.sampled_from(sorted(set(EventKind) - {EventKind.DRAFTED})), max_size=8))
def test_folding_refuses_what_the_table_refuses_and_nothing_else(kinds) -> None:
    """Against a model that only knows the table and where a question came from."""
    model, asked_in, allowed = Status.DRAFT, None, True
    events = [Event(1, EventKind.DRAFTED, now(), "resident", "r", {})]
    for seq, kind in enumerate(kinds, 2):
        events.append(Event(seq, kind, now(), "officer", "o", DETAILS.get(kind, {})))
        options = targets(model, kind)
        if not options:
            allowed = False
            break
        before = model
        model = asked_in if kind is EventKind.SUPPLEMENT_ANSWERED else next(iter(options))
        if kind is EventKind.SUPPLEMENT_REQUESTED:
            asked_in = before
    if allowed:
        assert fold(events, CALENDAR).status is model
    else:
        with pytest.raises(NotAllowedNow):
            fold(events, CALENDAR)
