from uuid import UUID

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.audit import trail
from app.audit.errors import PersonalDetail
from app.audit.types import Actor, ActorKind
from app.foundation.errors import RuleViolation
from app.foundation.transaction import atomic

ACTOR = Actor(ActorKind.OFFICER, "officer-1")


def _record(action="application.accepted", **changes):
    with atomic():
        trail.record(action, **{"actor": ACTOR, "subject": ("application", "a-1"), **changes})


def test_an_effect_is_recorded_with_its_actor_subject_and_request(session):
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        _record(details={"days": 5, "items": ["m1", "m2"]})
    [entry] = trail.of_subject("application", "a-1")
    assert (entry.action, entry.actor, entry.outcome) == ("application.accepted", ACTOR, "ok")
    assert (entry.request_id, entry.details) == ("r-1", {"days": 5, "items": ["m1", "m2"]})


def test_the_record_disappears_with_the_effect_that_failed(session):
    with pytest.raises(RuleViolation):
        _record_and_refuse()
    assert trail.of_subject("application", "a-2") == []


def _record_and_refuse():
    with atomic():
        _record(subject=("application", "a-2"))
        raise RuleViolation


def test_an_id_of_ours_is_no_persons_number(session):
    _record(details={"case": UUID("018f0000-0000-7000-8000-a13912345678")})
    assert len(trail.of_subject("application", "a-1")) == 1


@pytest.mark.parametrize(
    "change",
    ["UPDATE audit_entry SET outcome = 'other'", "DELETE FROM audit_entry", "TRUNCATE audit_entry CASCADE"],
)
def test_nobody_can_change_what_was_recorded(session, change):
    _record()
    with pytest.raises(IntegrityError, match="append-only"), session.begin_nested():
        session.execute(text(change))
    assert len(trail.of_subject("application", "a-1")) == 1


@pytest.mark.parametrize("number", ["500103194403077429", "13900007429"])
def test_a_persons_number_is_refused_as_a_detail(session, number):
    with pytest.raises(PersonalDetail):
        _record(details={"note": f"号码 {number}"})


def test_an_action_is_a_code(session):
    with pytest.raises(IntegrityError, match="action_is_a_code"):
        _record(action="接受了")
