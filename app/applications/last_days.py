"""Tells those whose grant (免申即享) still waits for a tap that its policy ends soon, once, before then."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import select, tuple_, union_all

from app.applications.models import Case, Grant
from app.applications.types import OPEN, GrantState
from app.eligibility import grants
from app.eligibility.grants import Holder
from app.eligibility.notices import last_days_notice
from app.eligibility.types import Policy
from app.foundation import clock
from app.foundation.database import session
from app.foundation.transaction import atomic
from app.notifications import service as notifications
from app.residents import profiles

BEFORE: Final = timedelta(days=7)
BATCH: Final = 200


def remind_due() -> int:
    """Tell everybody whose grant ends within a week and who was not told; returns how many were."""
    return sum(_remind(policy) for policy in grants.ending(clock.today() + BEFORE))


def _remind(policy: Policy) -> int:
    """Work through those for whom a policy's grant waits, a batch per unit of work."""
    told, after = 0, None
    while True:
        with atomic():
            found = grants.holders(policy, after=after, limit=BATCH)
            if not found:
                return told
            after = found[-1].match_id
            told += _tell(policy, _undecided(policy, found))


def _tell(policy: Policy, waiting: Sequence[Holder]) -> int:
    settings = profiles.many({one.owner for one in waiting})
    notices = [
        (settings[one.owner], last_days_notice(policy, one.subject_id))
        for one in waiting
        if settings[one.owner].personalised
    ]
    fitting = [pair for pair in notices if notifications.fits(pair[1])]
    return sum(message is not None for message in notifications.notify_many(fitting))


def _undecided(policy: Policy, found: Sequence[Holder]) -> list[Holder]:
    """Leave out who confirmed or declined, and whom an office serves already."""
    pairs = [(one.owner, one.subject_id) for one in found]
    decided = select(Grant.owner_id, Grant.subject_id).where(
        Grant.policy_id == policy.id,
        Grant.state != GrantState.PREPARED,
        tuple_(Grant.owner_id, Grant.subject_id).in_(pairs),
    )
    applied = select(Case.resident_id, Case.subject_id).where(
        Case.service_id == policy.service_id,
        Case.status.in_(OPEN),
        tuple_(Case.resident_id, Case.subject_id).in_(pairs),
    )
    over = {(owner, subject) for owner, subject in session.execute(union_all(decided, applied))}
    return [one for one in found if (one.owner, one.subject_id) not in over]
