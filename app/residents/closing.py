"""Leaving (注销账号): fifteen days to think again, then who it was is erased (PIPL 47)."""

from datetime import datetime

import structlog
from sqlalchemy import delete

from app.foundation.database import session
from app.foundation.transaction import atomic
from app.identity import accounts
from app.identity.errors import CannotClose
from app.identity.types import ResidentId
from app.residents import consents, events, mandates
from app.residents.models import Dispute, Enterprise, Mandate, PastFact, ResidentFact, ResidentProfile

BATCH = 50
_log = structlog.get_logger(__name__)


def request_closing(resident_id: ResidentId) -> datetime:
    """Withdraw every consent, end mandates and sessions, start the cooling-off; returns when it ends.

    Raises CannotClose, and whatever a subscriber of `closing_requested` refuses it with.
    """
    events.closing_requested.send(resident_id)
    with session.no_autoflush:  # the trail of it all is written together
        consents.withdraw_all(resident_id)
        mandates.end_all(resident_id)
        closing_at = accounts.begin_closing(resident_id)
    session.flush()
    return closing_at


def cancel(resident_id: ResidentId) -> None:
    """Keep the account; consents stay withdrawn until they are given again. Raises CannotClose."""
    accounts.cancel_closing(resident_id)


def erase_due() -> int:
    """Erase accounts whose cooling-off is over, one unit of work each (called daily); returns how many."""
    with atomic():
        due = accounts.due_for_erasure(limit=BATCH)
    for resident_id in due:
        try:
            with atomic():
                _erase(resident_id)
        except CannotClose:  # kept after all, a moment ago
            continue
    _log.info("accounts.erased", count=len(due))
    return len(due)


def _erase(resident_id: ResidentId) -> None:
    """Forget a resident; consent decisions and the audit trail stay under the bare id, as proof."""
    accounts.erase(resident_id)
    events.erased.send(resident_id)
    for facts in (ResidentFact, PastFact):
        session.execute(delete(facts).where(facts.owner_id == resident_id))
    for table in (Dispute, Enterprise, ResidentProfile):
        session.execute(delete(table).where(table.resident_id == resident_id))
    session.execute(
        delete(Mandate).where((Mandate.principal_id == resident_id) | (Mandate.agent_id == resident_id))
    )
