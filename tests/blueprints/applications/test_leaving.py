"""When a resident leaves: a decision that is owed comes first, drafts are forgotten, decisions are kept."""

import pytest

from app.applications.drafts import read_answers
from app.applications.models import Case
from app.applications.prefilling import read as read_prefilled
from app.foundation.errors import RuleViolation
from app.foundation.transaction import atomic
from app.residents import events
from tests.blueprints.applications.errands import STEPS


def test_an_account_with_an_open_case_is_not_closed(elder, desk) -> None:
    elder.submitted()
    with pytest.raises(RuleViolation) as refused, atomic():
        events.closing_requested.send(elder.person.id)
    assert refused.value.code == "application.still_open"
    desk.decide(elder.id, "accept")
    desk.decide(elder.id, "approve")
    with atomic():
        events.closing_requested.send(elder.person.id)


def test_drafts_are_emptied_and_decided_cases_are_kept(elder, session) -> None:
    elder.open().save(1, STEPS[1])
    with atomic():
        events.erased.send(elder.person.id)
    row = session.get_one(Case, elder.id)
    assert (row.status, read_answers(row), read_prefilled(row).fields) == ("withdrawn", {}, {})


def test_a_submitted_case_survives_its_owner(elder, session) -> None:
    elder.submitted()
    with atomic():
        events.erased.send(elder.person.id)
    row = session.get_one(Case, elder.id)
    assert row.status == "submitted"
    assert read_answers(row)["live_region"] == "500103"
