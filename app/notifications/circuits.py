"""Circuits: sending stops while WeChat would refuse everything, and starts again by itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.foundation import clock
from app.foundation.database import session
from app.foundation.ids import new_id
from app.notifications.models import Circuit

SENDING = "sending"
"""The circuit of the whole send API; a template's circuit bears the template's key."""

_log = structlog.get_logger(__name__)


def stopped() -> Mapping[str, datetime]:
    """Return what is stopped now, and until when."""
    query = select(Circuit.name, Circuit.open_until).where(Circuit.open_until > clock.now())
    return dict(session.execute(query).all())


def trip(name: str, *, until: datetime, reason: str) -> None:
    """Stop `name` until then, never for a shorter time than before; one log line, for an alert."""
    moved = session.execute(
        insert(Circuit)
        .values(id=new_id(), name=name, open_until=until, reason=reason)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"open_until": until, "reason": reason},
            where=Circuit.open_until < until,
        )
        .returning(Circuit.id)
    ).scalar_one_or_none()
    if moved is not None:
        _log.error("push.circuit_open", circuit=name, reason=reason, until=until.isoformat())


def next_minute() -> datetime:
    """Return when a minute's quota is fresh again."""
    return clock.now().replace(second=0, microsecond=0) + timedelta(minutes=1)


def next_day() -> datetime:
    """Return when a day's quota is fresh again: midnight in Asia/Shanghai."""
    return clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
