"""Rating a case, and answering a 差评."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.applications import queries as applications
from app.applications.items import item_of
from app.applications.queries import Rateable
from app.audit import trail
from app.audit.types import Actor, ActorKind
from app.foundation import clock, crypto, working_days
from app.foundation.database import session
from app.foundation.ids import new_id
from app.foundation.working_days import CalendarMissing
from app.identity.types import OfficerPrincipal, ResidentId
from app.notifications import service as notifications
from app.notifications.service import Notice
from app.ratings.errors import AlreadyRated, AlreadyRectified, RatingNotFound, TooEarly, UnknownTags
from app.ratings.models import Rating, RatingFollowUp
from app.ratings.queries import offered_tags, place, within
from app.ratings.types import FollowUpState, Stage, is_bad

RECTIFY_WORKING_DAYS = 5
"""Places differ; five working days to rectify and reply is what was seen (rules R1.7)."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody says about one stage of their case."""

    stage: Stage
    score: int
    tags: Sequence[str] = ()
    comment: str = field(default="", repr=False)
    anonymous: bool = False


def rate(resident: ResidentId, case_id: UUID, given: Given) -> UUID:
    """Rate one stage of one's own case, once; a 差评 opens its follow-up.

    Raises CaseNotFound, TooEarly, UnknownTags, AlreadyRated.
    """
    case = applications.rateable(resident, case_id)
    _is_over(case, given.stage)
    unknown = sorted(set(given.tags) - {choice.value for choice in offered_tags(case, given.score)})
    if unknown:
        raise UnknownTags({"tags": [UnknownTags.message]})
    rating_id = _insert(resident, case, given)
    if rating_id is None:
        raise AlreadyRated
    if is_bad(given.score):
        session.add(RatingFollowUp(rating_id=rating_id, due_on=_due_on()))
    trail.record(
        "rating.given",
        actor=Actor(ActorKind.RESIDENT, str(resident)),
        subject=("application", case_id),
        details={"rating": rating_id, "stage": given.stage, "score": given.score},
    )
    session.flush()
    return rating_id


def rectify(officer: OfficerPrincipal, rating_id: UUID, *, reply: str) -> None:
    """Close the follow-up of a 差评 with an answer, and tell whoever rated; who that is, stays hidden.

    Raises RatingNotFound, AlreadyRectified.
    """
    found = session.execute(
        select(RatingFollowUp, Rating)
        .join(Rating, Rating.id == RatingFollowUp.rating_id)
        .where(Rating.id == rating_id, within(officer))
        .with_for_update(of=RatingFollowUp)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise RatingNotFound
    follow_up, rating = found
    if follow_up.state != FollowUpState.OPEN:
        raise AlreadyRectified
    follow_up.state, follow_up.rectified_at = FollowUpState.RECTIFIED, clock.now()
    follow_up.rectified_by = officer.officer_id
    follow_up.reply = crypto.cipher().encrypt(reply, place=place("rating_follow_up", "reply", follow_up.id))
    trail.record(
        "rating.rectified",
        actor=Actor(ActorKind.OFFICER, str(officer.officer_id)),
        subject=("rating", rating.id),
        details={"score": rating.score},
    )
    notifications.notify(ResidentId(rating.resident_id), _notice(rating, reply))


def _is_over(case: Rateable, stage: Stage) -> None:
    over = case.accepted if stage is Stage.ACCEPTANCE else case.decided_at is not None
    if not over:
        raise TooEarly


def _insert(resident: ResidentId, case: Rateable, given: Given) -> UUID | None:
    rating_id = new_id()
    values: dict[str, Any] = {
        "id": rating_id,
        "case_id": case.case_id,
        "resident_id": resident,
        "stage": given.stage.value,
        "score": given.score,
        "tags": list(dict.fromkeys(given.tags)),
        "comment": _sealed(given.comment, rating_id),
        "anonymous": given.anonymous,
        "service_id": case.service_id,
        "service_version": case.service_version,
        "department": case.department,
        "region_code": case.region_code,
        "handled_at": case.decided_at if given.stage is Stage.CONCLUSION else None,
        "created_at": clock.now(),
    }
    made: UUID | None = session.scalar(
        insert(Rating)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["case_id", "stage", "resident_id"])
        .returning(Rating.id)
    )
    return made


def _sealed(comment: str, rating_id: UUID) -> bytes | None:
    if not comment:
        return None
    return crypto.cipher().encrypt(comment, place=place("rating", "comment", rating_id))


def _due_on() -> date | None:
    """Five working days from today; unknown where that year's calendar was not entered yet."""
    try:
        return working_days.calendar().add(clock.today(), RECTIFY_WORKING_DAYS)
    except CalendarMissing:
        return None


def _notice(rating: Rating, reply: str) -> Notice:
    name = item_of(rating.service_id, rating.service_version).name
    now = clock.local(clock.now())
    return Notice(
        template="case_progress",
        event_key=f"rating:{rating.id}",
        title=f"您对“{name}”的评价有了回复",
        body=f"部门的整改回复：{reply}",
        values={
            "thing1": name,
            "phrase2": "评价已回复",
            "time3": f"{now.year}年{now.month}月{now.day}日 {now:%H:%M}",
            "thing4": "点开可查看整改情况",
        },
        page_params={"application_id": str(rating.case_id)},
    )
