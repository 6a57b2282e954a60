"""The one question after seven days (回访): applied, will apply, did not understand, not for me.

Asked in the app only, once per subject and run, of those who are still eligible and have refused nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.eligibility import dismissals, policies
from app.eligibility.errors import NothingAsked
from app.eligibility.models import Match, News
from app.eligibility.notices import follow_up_notice
from app.eligibility.types import Dismissal, FollowUpAnswer, Outcome, Policy
from app.foundation import clock
from app.foundation.database import reading, session
from app.foundation.transaction import atomic
from app.identity.types import ResidentId
from app.notifications import service as notifications
from app.residents import consents, profiles
from app.residents.types import Purpose

AFTER = timedelta(days=7)
BATCH = 500
ASKED, SPARED = "asked", "spared"


@dataclass(frozen=True, slots=True)
class Question:
    """A question that its addressee has not answered."""

    policy_id: str
    policy_title: str
    asked_at: datetime


def ask_due() -> int:
    """Ask everybody who was told a week ago; returns how many were asked."""
    asked = 0
    while True:
        with atomic():
            rows = session.scalars(
                select(News)
                .where(
                    News.message_id.is_not(None),
                    News.follow_up.is_(None),
                    News.resident_id.is_not(None),
                    News.created_at <= clock.now() - AFTER,
                )
                .order_by(News.id)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            asked += _ask(rows)
        if not rows:
            return asked


def answer(resident: ResidentId, policy_id: str, given: FollowUpAnswer) -> None:
    """Take a person's answer, once; "not for me" is a dismissal as well. Raises NothingAsked."""
    rows = session.scalars(
        select(News)
        .where(
            News.resident_id == resident,
            News.policy_id == policy_id,
            News.follow_up == ASKED,
            News.answer.is_(None),
        )
        .with_for_update()
    ).all()
    if not rows:
        raise NothingAsked
    for row in rows:
        row.answer, row.answered_at = given, clock.now()
    if given is FollowUpAnswer.NOT_FOR_ME:
        dismissals.note(resident, policy_id, Dismissal.NOT_INTERESTED)
    trail.record(
        "follow_up.answered",
        actor=Actor(ActorKind.RESIDENT, str(resident)),
        subject=("policy", policy_id),
        details={"answer": given},
    )


def open_questions(resident: ResidentId) -> list[Question]:
    """Return what a person was asked and has not answered, the oldest first."""
    query = (
        select(News.policy_id, News.asked_at)
        .where(News.resident_id == resident, News.asked_at.is_not(None), News.answer.is_(None))
        .order_by(News.id)
    )
    with reading() as connection:
        rows: dict[str, Any] = dict(connection.execute(query).all())
    known: dict[str, str] = {policy.id: policy.title for policy in policies.all_published()}
    return [
        Question(policy_id, known[policy_id], asked_at)
        for policy_id, asked_at in rows.items()
        if policy_id in known
    ]


def _ask(rows: Collection[News]) -> int:
    """Ask those of a batch for whom the question makes sense, and spare the others."""
    people = {ResidentId(row.resident_id) for row in rows if row.resident_id is not None}
    allowed = consents.granted_by(people, Purpose.MATCHING) if people else set()
    settings = profiles.many(allowed)
    known: dict[str, Policy] = {p.id: p for p in policies.all_published() if p.in_force(clock.today())}
    still = _still_eligible(people)
    notices = []
    for row in rows:
        resident, subject, policy = (
            ResidentId(row.resident_id or row.id),
            row.subject_id,
            known.get(row.policy_id),
        )
        sensible = policy is not None and (resident, subject, row.policy_id) in still
        if policy is None or not sensible or resident not in allowed or not settings[resident].personalised:
            row.follow_up = SPARED
            continue
        row.follow_up, row.asked_at = ASKED, clock.now()
        notices.append((settings[resident], follow_up_notice(policy, row.id)))
    notifications.notify_many(notices)
    return len(notices)


def _still_eligible(people: Collection[ResidentId]) -> set[tuple[ResidentId, UUID | None, str]]:
    rows = session.execute(
        select(Match.resident_id, Match.subject_id, Match.policy_id).where(
            Match.resident_id.in_(people),
            Match.outcome == Outcome.ELIGIBLE,
            Match.dismissed.is_(None),
        )
    )
    return {(ResidentId(resident), subject, policy) for resident, subject, policy in rows}
