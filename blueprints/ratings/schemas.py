"""Wire format of ratings."""

from marshmallow import fields, validate

from app.ratings.types import FollowUpState, Stage
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import Moment, Schema

STAGES = tuple(Stage)
MOST_TAGS, LONGEST_TAG, LONGEST_COMMENT, LONGEST_REPLY = 10, 40, 500, 1000
FIVE_LEVELS = validate.Range(1, 5, error="请选择一到五级中的一级")


class RatingIn(Schema):
    """One rating: no level is preselected, every level is taken."""

    stage = fields.Enum(Stage, by_value=True, required=True)
    score = fields.Integer(required=True, strict=True, validate=FIVE_LEVELS)
    tags = fields.List(
        fields.String(validate=validate.Length(1, LONGEST_TAG)),
        load_default=list,
        validate=validate.Length(max=MOST_TAGS),
    )
    comment = fields.String(load_default="", validate=validate.Length(max=LONGEST_COMMENT))
    anonymous = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class RatedOut(Schema):
    """The rating that was stored."""

    id = fields.UUID(required=True)


class TagOut(Schema):
    """One reason."""

    value = fields.String(required=True)
    label = fields.String(required=True)


class LevelOut(Schema):
    """One of the five levels with its reasons."""

    score = fields.Integer(required=True)
    label = fields.String(required=True)
    tags = fields.List(fields.Nested(TagOut), required=True)


class RatingStageOut(Schema):
    """One stage: whether it may be rated now, and how it was."""

    stage = fields.String(required=True, validate=validate.OneOf(STAGES))
    label = fields.String(required=True)
    allowed = fields.Boolean(required=True)
    score = fields.Integer(required=True, allow_none=True)


class RatingOptionsOut(Schema):
    """What a rating page shows."""

    stages = fields.List(fields.Nested(RatingStageOut), required=True)
    levels = fields.List(fields.Nested(LevelOut), required=True)


class RatingsQuery(PageQuery):
    """Filter by level."""

    score = fields.Integer(load_default=None, validate=FIVE_LEVELS)


class FollowUpOut(Schema):
    """How a 差评 is followed up."""

    state = fields.String(required=True, validate=validate.OneOf(tuple(FollowUpState)))
    due_on = fields.Date(required=True, allow_none=True)
    overdue = fields.Boolean(required=True)
    reply = fields.String(required=True)


class RatingOut(Schema):
    """A rating as the rated department sees it: no case, no person."""

    id = fields.UUID(required=True)
    service_id = fields.String(required=True)
    service_name = fields.String(required=True)
    stage = fields.String(required=True, validate=validate.OneOf(STAGES))
    score = fields.Integer(required=True)
    level = fields.String(required=True)
    tags = fields.List(fields.Nested(TagOut), required=True)
    comment = fields.String(required=True)
    anonymous = fields.Boolean(required=True)
    created_at = Moment(required=True)
    follow_up = fields.Nested(FollowUpOut, required=True, allow_none=True)


class RectificationIn(Schema):
    """What was done about it; the rater is told these words."""

    reply = fields.String(required=True, validate=validate.Length(1, LONGEST_REPLY))
