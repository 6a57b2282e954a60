"""预告: telling people before the day; `app.eligibility.population.searching` finds whom.

A row is found due, told in the transaction that writes its message (or kept back with the reason), and looked
at again once a day until its day: renewed, retracted because the facts read otherwise now, or passed.
"""

from collections.abc import Callable, Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update

from app.eligibility.announcement_notices import announcement_notice
from app.eligibility.foresight import UpcomingKind
from app.eligibility.foretold import Asked, Truth, look_up
from app.eligibility.types import Audience
from app.eligibility.upcoming import Foreseen
from app.eligibility.upcoming_models import Announcement, AnnouncementState, ForesightDay, Untold
from app.foundation import clock
from app.foundation.database import session
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.notifications import retraction
from app.notifications import service as notifications
from app.residents import profiles
from app.residents.types import Profile
from app.rules.ages import full_months

BATCH = 200
LATE = timedelta(days=30)
"""So long after a renewal was due its date may still come in from the department."""


def searched_today() -> bool:
    """Say whether today's search is over."""
    finished = select(func.count()).where(
        ForesightDay.as_of == clock.today(), ForesightDay.finished_at.is_not(None)
    )
    with atomic():
        return session.scalar(finished) == len(Audience)


def tell_due() -> int:
    """Tell everybody whose announcement is due; returns how many rows were settled."""
    return _piecewise(Announcement.state == AnnouncementState.DUE, _tell)


def review_due() -> int:
    """Look again, once a day, at what was told; returns how many rows were looked at."""
    today = clock.today()
    told = (Announcement.state == AnnouncementState.TOLD) & (Announcement.checked_on < today)
    return _piecewise(told, _review)


def forget(resident: ResidentId) -> None:
    """Forget whom announcements were about (account erased); counts stay."""
    mine = Announcement.resident_id == resident
    waiting = Announcement.state == AnnouncementState.DUE
    for which, gone in (
        (mine & waiting, {"state": AnnouncementState.KEPT_BACK, "untold": Untold.NO_CONSENT}),
        (mine, {"resident_id": None, "subject_id": None}),
    ):
        session.execute(
            update(Announcement).where(which).values(gone).execution_options(synchronize_session=False)
        )


def _piecewise(which: ColumnElement[bool], settle: Callable[[Collection[Announcement]], None]) -> int:
    """Settle rows in batches, a unit of work each; two workers never take the same one."""
    settled = 0
    while True:
        with atomic():
            rows = session.scalars(
                select(Announcement)
                .where(which)
                .order_by(Announcement.id)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            if rows:
                settle(rows)
        if not rows:
            return settled
        settled += len(rows)


def _asked(rows: Collection[Announcement]) -> dict[UUID, Asked]:
    """Return what each row announces; nothing of those whose account was erased."""
    return {
        row.id: Asked(ResidentId(row.resident_id), row.subject_id, row.policy_id, row.day, row.kind)
        for row in rows
        if row.resident_id is not None and row.subject_id is not None
    }


def _tell(rows: Collection[Announcement]) -> None:
    asked = _asked(rows)
    now = look_up(list(asked.values()))
    settings = profiles.many(now.allowed)
    notices = []
    for row in rows:
        named = asked.get(row.id)
        shown = now.shown.get(named) if named else None
        if named is None or named.resident not in now.allowed:
            _keep_back(row, Untold.NO_CONSENT)
        elif shown is None:
            _keep_back(row, Untold.NOT_SHOWN if named in now.turning else Untold.NOT_TRUE)
        elif not wanted(shown, settings[named.resident]):
            _keep_back(row, Untold.NOT_PERSONALISED)
        elif not notifications.fits(notice := announcement_notice(shown)):
            _keep_back(row, Untold.UNFIT_WORDING)
        else:
            notices.append((row, settings[named.resident], notice))
    told = notifications.notify_many([(profile, notice) for _, profile, notice in notices])
    for (row, _, _), message_id in zip(notices, told, strict=True):
        row.state, row.message_id = AnnouncementState.TOLD, message_id
        row.told_at, row.checked_on = clock.now(), clock.today()


def _keep_back(row: Announcement, why: Untold) -> None:
    row.state, row.untold = AnnouncementState.KEPT_BACK, why


def wanted(shown: Foreseen, profile: Profile) -> bool:
    """Say whether somebody may be told: who receives a benefit is warned, recommendations or not."""
    return profile.personalised or shown.receives


def _review(rows: Collection[Announcement]) -> None:
    asked, today = _asked(rows), clock.today()
    now = look_up(list(asked.values()))
    for row in rows:
        row.checked_on = today
        named = asked.get(row.id)
        if named is None:
            row.state = AnnouncementState.PASSED
        elif row.kind == UpcomingKind.RENEWAL:
            _review_renewal(row, named, now)
        elif row.day <= today:
            row.state = AnnouncementState.PASSED
        elif named not in now.turning:
            row.state = AnnouncementState.RETRACTED
    retraction.retract(
        [row.message_id for row in rows if row.state == AnnouncementState.RETRACTED and row.message_id]
    )


def _review_renewal(row: Announcement, named: Asked, now: Truth) -> None:
    policy, since, today = now.policies.get(row.policy_id), now.renewed.get(named), clock.today()
    renewal = policy.renewal if policy else None
    if renewal and since and full_months(since, row.day) < renewal.every_months:
        row.state, row.renewed_on = AnnouncementState.RENEWED, since
    elif row.day > today and named not in now.turning:
        row.state = AnnouncementState.RETRACTED
    elif row.day + LATE < today:
        row.state = AnnouncementState.PASSED
