"""The law's clocks on the official calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest

from app.applications.clocks import Limits, clock, due_dates, queue_on
from app.applications.folding import fold
from app.applications.types import Event, EventKind
from app.catalogue.types import Limit, Unit
from app.wiring import official_calendar

CALENDAR = official_calendar()
LIMITS = Limits(Limit(10, Unit.WORKING_DAYS), Limit(20, Unit.WORKING_DAYS))
NATURAL = Limits(Limit(10, Unit.CALENDAR_DAYS), Limit(15, Unit.CALENDAR_DAYS))


def noon(day):
    """12:00 in 重庆."""
    return datetime.fromisoformat(f"{day}T04:00:00+00:00").astimezone(UTC)


def history(*happened):
    """Fold `(kind, day, details)`; a case begins as a draft."""
    events = [Event(1, EventKind.DRAFTED, noon(happened[0][1]), "resident", "r", {})]
    for seq, (kind, day, *details) in enumerate(happened, 2):
        events.append(Event(seq, EventKind(kind), noon(day), "officer", "o", details[0] if details else {}))
    return fold(events, CALENDAR)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-02-13", "2026-02-27"),  # the example of the rules: 14 Feb is worked, 15 to 23 Feb are not
        ("2026-01-01", "2026-01-08"),  # a holiday; Sunday 4 January is worked
        ("2026-03-31", "2026-04-08"),  # 清明 4 to 6 April
        ("2026-04-29", "2026-05-09"),  # 劳动节 1 to 5 May, Saturday 9 May is worked
        ("2026-06-18", "2026-06-26"),  # 端午 19 to 21 June
        ("2026-09-18", "2026-09-24"),  # Sunday 20 September is worked
        ("2026-09-30", "2026-10-13"),  # 国庆, Saturday 10 October is worked
        ("2026-11-21", "2026-11-27"),  # a Saturday: counting begins with Monday
        ("2026-11-23", "2026-11-30"),
    ],
)
def test_five_working_days_to_accept_do_not_count_the_day_of_receipt(received, due) -> None:
    state = history(("submitted", received))
    assert due_dates(state, LIMITS, CALENDAR).accept_due_on == date.fromisoformat(due)


def test_a_moment_before_midnight_in_utc_is_the_next_day_where_the_law_lives() -> None:
    late = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # 01:00 on the 24th in 重庆
    events = [
        Event(1, EventKind.DRAFTED, late, "resident", "r", {}),
        Event(2, EventKind.SUBMITTED, late, "resident", "r", {}),
    ]
    due = due_dates(fold(events, CALENDAR), LIMITS, CALENDAR)
    assert due.accept_due_on == date(2026, 12, 1)


def test_promised_and_legal_limits_begin_with_acceptance() -> None:
    due = due_dates(history(("submitted", "2026-09-21"), ("accepted", "2026-09-23")), LIMITS, CALENDAR)
    assert (due.promised_due_on, due.legal_due_on) == (date(2026, 10, 14), date(2026, 10, 28))


def test_the_clock_stands_still_while_the_applicant_is_asked() -> None:
    asked = (
        ("submitted", "2026-03-02"),
        ("accepted", "2026-03-03"),
        ("supplement_requested", "2026-03-05", {"due_on": "2026-04-04"}),
    )
    waiting = clock(history(*asked), LIMITS, CALENDAR, date(2026, 3, 30))
    assert (waiting.running, waiting.days_left, waiting.due_on) == (False, 8, None)
    answered = history(*asked, ("supplement_answered", "2026-03-12"))
    going_on = clock(answered, LIMITS, CALENDAR, date(2026, 3, 12))
    assert (going_on.running, going_on.days_left, going_on.due_on) == (True, 8, date(2026, 3, 24))


def test_a_special_procedure_and_an_extension_move_both_limits() -> None:
    state = history(
        ("submitted", "2026-03-02"),
        ("accepted", "2026-03-02"),
        ("paused", "2026-03-04"),
        ("resumed", "2026-03-11"),
        ("extended", "2026-03-11", {"days": 10}),
    )
    due = due_dates(state, LIMITS, CALENDAR)
    assert due.promised_due_on == CALENDAR.add(date(2026, 3, 2), 10 + 5 + 10)
    assert due.legal_due_on == CALENDAR.add(date(2026, 3, 2), 20 + 5 + 10)


def test_time_lost_before_acceptance_is_not_given_twice() -> None:
    state = history(
        ("submitted", "2026-03-02"),
        ("supplement_requested", "2026-03-03", {"due_on": "2026-04-02"}),
        ("supplement_answered", "2026-03-10"),
        ("accepted", "2026-03-10"),
    )
    assert due_dates(state, LIMITS, CALENDAR).promised_due_on == CALENDAR.add(date(2026, 3, 10), 10)


def test_calendar_days_are_counted_as_they_come() -> None:
    state = history(
        ("submitted", "2026-09-28"),
        ("accepted", "2026-09-28"),
        ("paused", "2026-09-30"),
        ("resumed", "2026-10-04"),
    )
    due = due_dates(state, NATURAL, CALENDAR)
    assert (due.promised_due_on, due.legal_due_on) == (date(2026, 10, 12), date(2026, 10, 17))


def test_a_date_in_a_year_without_calendar_is_unknown_and_never_guessed() -> None:
    state = history(("submitted", "2026-12-21"), ("accepted", "2026-12-22"))
    due = due_dates(state, LIMITS, CALENDAR)
    assert (due.promised_due_on, due.legal_due_on) == (None, None)
    told = clock(state, LIMITS, CALENDAR, date(2026, 12, 24))
    assert (told.days_left, told.due_on) == (8, None)


def test_an_overdue_clock_says_by_how_much() -> None:
    late = clock(history(("submitted", "2026-03-02")), LIMITS, CALENDAR, date(2026, 3, 11))
    assert (late.overdue, late.days_left) == (True, -2)


def test_deemed_acceptance_counts_from_the_day_everything_was_received() -> None:
    plain = history(("submitted", "2026-03-02"), ("deemed_accepted", "2026-03-10"))
    assert plain.accepted_at == noon("2026-03-02")
    asked = history(
        ("submitted", "2026-03-02"),
        ("supplement_requested", "2026-03-03", {"due_on": "2026-04-02"}),
        ("supplement_answered", "2026-03-12"),
        ("deemed_accepted", "2026-03-19"),
    )
    assert asked.accepted_at == noon("2026-03-12")


def test_no_clock_runs_for_a_draft_or_after_the_end() -> None:
    ended = history(("submitted", "2026-03-02"), ("accepted", "2026-03-03"), ("approved", "2026-03-04"))
    assert clock(ended, LIMITS, CALENDAR, date(2026, 3, 5)) is None
    assert queue_on(ended, due_dates(ended, LIMITS, CALENDAR)) > date(2026, 1, 1) + timedelta(days=9999)
