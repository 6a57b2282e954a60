import pytest
from sqlalchemy import func, select

from app.audit import trail
from app.audit.models import AuditEntry
from app.audit.types import Actor, ActorKind
from app.foundation import database
from app.foundation.transaction import atomic, on_commit


def _write():
    trail.record("thing.done", actor=Actor(ActorKind.SYSTEM, "test"), subject=("thing", 1))


def _count():
    return database.session.scalar(select(func.count()).select_from(AuditEntry))


class Refused(Exception):
    """Raised on purpose."""


def _write_and_refuse(told):
    with atomic():
        _write()
        on_commit(lambda: told.append("effect"))
        raise Refused


def test_a_unit_of_work_that_fails_leaves_nothing_and_tells_nobody(session):
    told = []
    with pytest.raises(Refused):
        _write_and_refuse(told)
    assert (_count(), told) == (0, [])


def test_what_leaves_the_process_waits_for_the_outermost_commit(session):
    told = []
    with atomic():
        with atomic():
            _write()
            on_commit(lambda: told.append(_count()))
        assert told == []
    assert told == [1]


def test_an_effect_that_fails_cannot_undo_the_work_nor_stop_the_next(session):
    told = []
    with atomic():
        _write()
        on_commit(lambda: 1 / 0)
        on_commit(lambda: told.append("next"))
    assert (_count(), told) == (1, ["next"])


def test_an_effect_without_a_unit_of_work_is_a_defect(session):
    with pytest.raises(RuntimeError, match="atomic"):
        on_commit(lambda: None)


def test_a_commit_is_seen_by_another_connection_and_not_before(committed, two_connections):
    other, _ = two_connections
    asked = select(func.count()).select_from(AuditEntry)
    with atomic():
        _write()
        database.session.flush()
        assert other.scalar(asked) == 0
        other.rollback()
    assert other.scalar(asked) == 1
