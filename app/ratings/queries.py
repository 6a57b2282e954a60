"""Reads of ratings: what may be rated, what a department was told, and honest numbers for operations."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from app.applications import queries as applications
from app.applications.items import item_of
from app.applications.queries import Rateable
from app.catalogue.vocabulary import words
from app.foundation import clock, crypto
from app.foundation.database import reading
from app.foundation.regions import significant
from app.identity.types import OfficerPrincipal, ResidentId
from app.ratings.models import Rating, RatingFollowUp
from app.ratings.types import (
    LEVELS,
    STAGE_LABELS,
    Choice,
    FollowUp,
    FollowUpState,
    Level,
    Options,
    Participation,
    RatingView,
    Stage,
    StageOption,
    is_bad,
)


def options(resident: ResidentId, case_id: UUID) -> Options:
    """Return what may be rated of one's own case, with the reasons of each level; raises CaseNotFound."""
    case = applications.rateable(resident, case_id)
    asked = select(Rating.stage, Rating.score).where(
        Rating.case_id == case_id, Rating.resident_id == resident
    )
    with reading() as connection:
        given = dict(connection.execute(asked).all())
    over = {Stage.ACCEPTANCE: case.accepted, Stage.CONCLUSION: case.decided_at is not None}
    return Options(
        [
            StageOption(
                stage,
                STAGE_LABELS[stage],
                over[stage] and stage.value not in given,
                given.get(stage.value),
            )
            for stage in Stage
        ],
        [Level(score, label, offered_tags(case, score)) for score, label in LEVELS.items()],
    )


def offered_tags(case: Rateable, score: int) -> list[Choice]:
    """Return the reasons the service offers for a level."""
    tags = item_of(case.service_id, case.service_version).content.rating_tags
    return _choices(tags.bad if is_bad(score) else tags.good)


def ratings(
    officer: OfficerPrincipal, *, score: int | None, after: UUID | None, limit: int
) -> list[RatingView]:
    """Return what the officer's department was told, newest first; neither case nor person is named."""
    asked = (
        select(
            Rating.id,
            Rating.service_id,
            Rating.service_version,
            Rating.stage,
            Rating.score,
            Rating.tags,
            Rating.comment,
            Rating.anonymous,
            Rating.created_at,
            RatingFollowUp.id.label("follow_up_id"),
            RatingFollowUp.state,
            RatingFollowUp.due_on,
            RatingFollowUp.reply,
        )
        .outerjoin(RatingFollowUp, RatingFollowUp.rating_id == Rating.id)
        .where(within(officer))
    )
    if score is not None:
        asked = asked.where(Rating.score == score)
    if after is not None:
        asked = asked.where(Rating.id < after)
    with reading() as connection:
        return [_view(row) for row in connection.execute(asked.order_by(Rating.id.desc()).limit(limit))]


def within(officer: OfficerPrincipal) -> ColumnElement[bool]:
    """Return the condition of every staff query: own department, own region."""
    return and_(Rating.department == officer.department, _in_region(officer.region_code))


def place(table: str, column: str, row_id: UUID) -> str:
    """Name where a sealed text lives."""
    return f"{table}|{column}|{row_id}"


def count_by_score(
    since: datetime, until: datetime, *, region: str, department: str | None
) -> Mapping[int, int]:
    """Count the ratings given in a period by level; every level is named."""
    asked = (
        select(Rating.score, func.count())
        .where(Rating.created_at >= since, Rating.created_at < until, *_scope(region, department))
        .group_by(Rating.score)
    )
    with reading() as connection:
        found = dict(connection.execute(asked).all())
    return {score: found.get(score, 0) for score in sorted(LEVELS)}


def rated_and_handled(
    since: datetime, until: datetime, *, region: str, department: str | None
) -> Participation:
    """Count the cases decided in a period, and those of them whose applicant rated the result."""
    asked = (
        select(func.count())
        .select_from(Rating)
        .where(
            Rating.stage == Stage.CONCLUSION.value,
            Rating.handled_at >= since,
            Rating.handled_at < until,
            *_scope(region, department),
        )
    )
    with reading() as connection:
        rated = connection.scalar(asked) or 0
    return Participation(
        rated, applications.count_concluded(since, until, region=region, department=department)
    )


def open_follow_ups(*, region: str, department: str | None) -> int:
    """Count the 差评 that nobody has answered yet."""
    asked = (
        select(func.count())
        .select_from(RatingFollowUp)
        .join(Rating, Rating.id == RatingFollowUp.rating_id)
        .where(RatingFollowUp.state == FollowUpState.OPEN.value, *_scope(region, department))
    )
    with reading() as connection:
        return connection.scalar(asked) or 0


def _scope(region: str, department: str | None) -> list[ColumnElement[bool]]:
    return [_in_region(region), *([] if department is None else [Rating.department == department])]


def _in_region(region_code: str) -> ColumnElement[bool]:
    return Rating.region_code.startswith(significant(region_code), autoescape=True)


def _choices(tags: Sequence[str]) -> list[Choice]:
    labels = {**words().good_tags, **words().bad_tags}
    return [Choice(tag, labels.get(tag, tag)) for tag in tags]


def _view(row: Any) -> RatingView:
    return RatingView(
        row.id,
        row.service_id,
        item_of(row.service_id, row.service_version).name,
        Stage(row.stage),
        row.score,
        LEVELS[row.score],
        _choices(row.tags),
        _unsealed(row.comment, place("rating", "comment", row.id)),
        row.anonymous,
        row.created_at,
        _follow_up(row),
    )


def _follow_up(row: Any) -> FollowUp | None:
    if row.follow_up_id is None:
        return None
    state = FollowUpState(row.state)
    overdue = state is FollowUpState.OPEN and row.due_on is not None and row.due_on < clock.today()
    reply = _unsealed(row.reply, place("rating_follow_up", "reply", row.follow_up_id))
    return FollowUp(state, row.due_on, overdue, reply)


def _unsealed(sealed: bytes | None, where: str) -> str:
    return crypto.cipher().decrypt(sealed, place=where) if sealed is not None else ""
