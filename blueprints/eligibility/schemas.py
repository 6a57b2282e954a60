"""Wire format of policies, assessments and match runs."""

from marshmallow import fields, validate

from app.eligibility.types import Audience, Dismissal, FollowUpAnswer, Outcome, Tier
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import Moment, QuerySchema, RegionCode, Schema

OUTCOMES = tuple(outcome.value for outcome in Outcome)
TIERS = tuple(tier.value for tier in Tier)
REASON_OUTCOMES = ("met", "not_met", "unknown")
OUTCOME_SETS = ("eligible", "undetermined", "eligible,undetermined", "undetermined,eligible")


class AmountOut(Schema):
    """How much: a value, or an honest range, or neither (待定)."""

    value = fields.String(required=True, allow_none=True)
    unit = fields.String(required=True)
    frequency = fields.String(required=True, allow_none=True)
    range = fields.List(fields.String(), required=True, allow_none=True)
    text = fields.String(required=True)


class MissingOut(Schema):
    """A fact that could still change the answer."""

    fact = fields.String(required=True)
    label = fields.String(required=True)
    how = fields.String(required=True, validate=validate.OneOf(("fetch", "ask")))
    question = fields.String(required=True)


class MissingBriefOut(Schema):
    """A missing fact in a list of matches."""

    fact = fields.String(required=True)
    label = fields.String(required=True)
    how = fields.String(required=True, validate=validate.OneOf(("fetch", "ask")))


class ReasonOut(Schema):
    """One reason, in an officer's words."""

    text = fields.String(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(REASON_OUTCOMES))
    fact = fields.String(required=True, allow_none=True)
    value = fields.String(required=True, allow_none=True)
    source = fields.String(required=True, allow_none=True)
    fetched_at = Moment(required=True, allow_none=True)
    children = fields.List(fields.Nested(lambda: ReasonOut()), required=True)  # noqa: PLW0108 it names itself


class AssessmentOut(Schema):
    """The full, explained answer."""

    policy_id = fields.String(required=True)
    rule_version = fields.Integer(required=True)
    as_of = fields.Date(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    amount = fields.Nested(AmountOut, required=True, allow_none=True)
    reasons = fields.List(fields.Nested(ReasonOut), required=True)
    missing = fields.List(fields.Nested(MissingOut), required=True)


class RelatedOut(Schema):
    """What another policy means for this one (政策关系)."""

    relation = fields.String(required=True, validate=validate.OneOf(("excludes", "requires")))
    policy_id = fields.String(required=True)
    title = fields.String(required=True)
    note = fields.String(required=True)


class UsedFactOut(Schema):
    """A fact that a match rests on, without its value."""

    fact = fields.String(required=True)
    label = fields.String(required=True)
    source = fields.String(required=True)
    as_of = fields.String(required=True, metadata={"format": "date"})


class MatchedOut(Schema):
    """The match as it was last found: by which version, when, on which facts (匹配依据)."""

    rule_version = fields.Integer(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    matched_at = Moment(required=True)
    facts = fields.List(fields.Nested(UsedFactOut), required=True)


class ExplainedOut(AssessmentOut):
    """My assessment: the answer, how it goes on from here, and what the match rests on."""

    tier = fields.String(required=True, validate=validate.OneOf(TIERS))
    link = fields.String(required=True)
    related = fields.List(fields.Nested(RelatedOut), required=True)
    matched = fields.Nested(MatchedOut, required=True, allow_none=True)


class PolicyBriefOut(Schema):
    """A policy in a list."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    summary = fields.String(required=True)
    region_code = fields.String(required=True)
    department = fields.String(required=True)
    audience = fields.String(required=True)
    mode = fields.String(required=True)
    service_id = fields.String(required=True, allow_none=True)


class PolicyOut(PolicyBriefOut):
    """A policy as published, with where it stands in print."""

    version = fields.Integer(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True, allow_none=True)
    implements = fields.String(required=True, allow_none=True)
    materials = fields.Function(lambda policy: list(policy.raw.get("materials", ())), required=True)
    source = fields.Function(lambda policy: policy.raw.get("source"), required=True)
    verification = fields.Function(lambda policy: policy.raw.get("verification"), required=True)


class PolicyQuery(PageQuery):
    """Filters of the list of policies."""

    q = fields.String(load_default="", validate=validate.Length(max=60))
    region = RegionCode(load_default=None)
    audience = fields.Enum(Audience, by_value=True, load_default=None)


class MatchOut(Schema):
    """One line of my matches."""

    subject_id = fields.UUID(required=True)
    policy = fields.Nested(PolicyBriefOut, required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    new = fields.Boolean(required=True)
    amount = fields.Raw(required=True, allow_none=True)
    reasons_count = fields.Integer(required=True)
    missing = fields.List(fields.Nested(MissingBriefOut), required=True)
    matched_at = Moment(required=True)
    rule_version = fields.Integer(required=True)
    tier = fields.String(required=True, validate=validate.OneOf(TIERS))
    link = fields.String(required=True)
    related = fields.List(fields.Nested(RelatedOut), required=True)


class MatchesOut(Schema):
    """My matches: eligible first, then what is nearest to an answer."""

    items = fields.List(fields.Nested(MatchOut), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class MatchQuery(QuerySchema):
    """Which outcomes to list."""

    outcome = fields.String(load_default="eligible,undetermined", validate=validate.OneOf(OUTCOME_SETS))


class DismissalIn(Schema):
    """Why a match is waved away."""

    reason = fields.Enum(Dismissal, by_value=True, required=True)
    fact = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 64),
        metadata={"description": "信息有误时：有误的是哪一项；不填则为判断所依据的各项"},
    )
    comment = fields.String(load_default="", validate=validate.Length(max=500))


class FollowUpIn(Schema):
    """The answer to the one question after seven days."""

    answer = fields.Enum(FollowUpAnswer, by_value=True, required=True)


class QuestionOut(Schema):
    """One question that is open."""

    policy_id = fields.String(required=True)
    policy_title = fields.String(required=True)
    asked_at = Moment(required=True)


class QuestionsOut(Schema):
    """Every question that is open."""

    items = fields.List(fields.Nested(QuestionOut), required=True)


class CheckIn(Schema):
    """A what-if: flat facts, lists as arrays of objects."""

    facts = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), required=True)
    as_of = fields.Date(load_default=None)
