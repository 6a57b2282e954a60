"""Wire format of policies, assessments and match runs."""

from marshmallow import fields, validate

from app.eligibility.types import Audience, Dismissal, FollowUpAnswer, Outcome
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import Moment, QuerySchema, RegionCode, Schema

OUTCOMES = tuple(outcome.value for outcome in Outcome)
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


class PolicyIn(Schema):
    """A policy as its author writes it; conditions and benefit in the condition language."""

    id = fields.String(required=True, validate=validate.Regexp(r"^[a-z0-9][a-z0-9-]{2,63}\Z"))
    title = fields.String(required=True)
    summary = fields.String(required=True)
    level = fields.String(load_default="city")
    region_code = RegionCode(required=True)
    department = fields.String(required=True)
    audience = fields.String(required=True)
    mode = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(load_default=None, allow_none=True)
    implements = fields.String(load_default=None, allow_none=True)
    benefit = fields.Dict(required=True)
    conditions = fields.Dict(required=True)
    materials = fields.List(fields.String(), load_default=list)
    service_id = fields.String(load_default=None, allow_none=True)
    source = fields.Dict(required=True)
    verification = fields.String(load_default="primary")


class PolicyEditIn(PolicyIn):
    """A changed draft; the id stands in the path."""

    class Meta(PolicyIn.Meta):
        """Without the id."""

        exclude = ("id",)


class DraftOut(Schema):
    """A draft; `revision` goes into the next edit's If-Match."""

    policy_id = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)
    revision = fields.Integer(required=True)
    body = fields.Dict(required=True)


class PreviewOut(Schema):
    """Who would match, before anyone is told."""

    outcomes = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    by_region = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    missing = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class PublicationOut(Schema):
    """Matching has begun."""

    run_id = fields.UUID(required=True)


class RunOut(Schema):
    """How far a match run is."""

    id = fields.UUID(required=True)
    policy_id = fields.String(required=True)
    rule_version = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("running", "finished")))
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    created_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)
