"""Wire format of authoring: drafts, previews, approvals, match runs."""

from typing import Any

from marshmallow import fields, validate

from app.eligibility.types import Audience, DailyState, EndingState, TrialState, VersionState
from blueprints.eligibility.schemas import OUTCOMES, REASON_OUTCOMES
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import Flag, Moment, RegionCode, Schema, Whole

TABLES = ("by_region", "by_age", "by_sex", "comparison")


class Counts(fields.Dict):
    """Numbers by name."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), values=fields.Integer(), required=True, **options)


class Groups(fields.Dict):
    """Numbers by outcome, by group of people; null where it is about too few (`smallest_cell`)."""

    def __init__(self, **options: Any) -> None:
        row = fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True), required=True)
        super().__init__(keys=fields.String(), values=row, required=True, **options)


class OutreachIn(Schema):
    """That people who never registered are visited about a policy, and by which law."""

    by = fields.String(required=True, validate=validate.OneOf(("visit",)))
    ground = fields.String(required=True)
    verification = fields.String(load_default="primary")


class RenewalIn(Schema):
    """What is due again (年审): how often, counted from which date, announced how many days before."""

    every_months = Whole(required=True, validate=validate.Range(1, 120))
    notice_days = Whole(required=True, validate=validate.Range(1, 90))
    since = fields.String(required=True, validate=validate.Length(1, 64))
    service_id = fields.String(validate=validate.Length(1, 64))


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
    supersedes = fields.List(fields.String(), load_default=list)
    excludes = fields.List(fields.String(), load_default=list)
    requires = fields.List(fields.String(), load_default=list)
    received_fact = fields.String(load_default=None, allow_none=True)
    review_by = fields.Date(load_default=None, allow_none=True)
    outreach = fields.Nested(OutreachIn, load_default=None, allow_none=True)
    renewal = fields.Nested(RenewalIn, load_default=None, allow_none=True)
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
    awaiting_second = fields.Boolean(required=True)
    approval_reason = fields.String(required=True, allow_none=True)


class PolicyListQuery(PageQuery):
    """Filters of the officers' list: by state, area, department, and what is due for review."""

    state = fields.Enum(VersionState, by_value=True, load_default=None)
    region = RegionCode(load_default=None)
    department = fields.String(load_default=None, validate=validate.Length(1, 20))
    review_due = fields.Boolean(load_default=None)


class ListedPolicyOut(Schema):
    """One version of a policy in the officers' list."""

    policy_id = fields.String(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in VersionState]))
    revision = fields.Integer(required=True)
    title = fields.String(required=True)
    department = fields.String(required=True)
    region_code = fields.String(required=True)
    audience = fields.String(required=True)
    mode = fields.String(required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True, allow_none=True)
    review_by = fields.Date(required=True, allow_none=True)
    review_due = fields.Boolean(required=True)
    awaiting_second = fields.Boolean(required=True)


class TrialBegunOut(Schema):
    """Counting has begun; the result is read under this id."""

    id = fields.UUID(required=True)


class MaskedReasonOut(Schema):
    """One condition of a masked explanation: how it came out; of a value only what names nobody."""

    text = fields.String(required=True)
    outcome = fields.String(required=True, validate=validate.OneOf(REASON_OUTCOMES))
    value = fields.String(required=True, allow_none=True)
    children = fields.List(fields.Nested(lambda: MaskedReasonOut()), required=True)  # noqa: PLW0108 it names itself


class SampleOut(Schema):
    """One sampled, masked explanation."""

    outcome = fields.String(required=True, validate=validate.OneOf(OUTCOMES))
    amount = fields.String(required=True, allow_none=True)
    reasons = fields.List(fields.Nested(MaskedReasonOut), required=True)
    missing = fields.List(fields.String(), required=True)


class ComparisonOut(Schema):
    """Who gains and who loses against the version in force."""

    rule_version = fields.Integer(required=True)
    gained = fields.Integer(required=True)
    lost = fields.Integer(required=True)
    gained_by_region = Counts()
    lost_by_region = Counts()


class TrialOut(Schema):
    """What was counted so far, over everyone registered who allows matching."""

    id = fields.UUID(required=True)
    policy_id = fields.String(required=True)
    rule_version = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in TrialState]))
    days = fields.List(fields.Date(), required=True)
    population = fields.Integer(required=True)
    outcomes = Counts()
    by_region = Groups()
    by_age = Groups()
    by_sex = Groups()
    withheld = fields.List(fields.String(validate=validate.OneOf(TABLES)), required=True)
    smallest_cell = fields.Integer(required=True)
    missing = Counts()
    created_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


class PreviewOut(TrialOut):
    """How a draft would answer, before anyone is told; it holds for this revision and no other."""

    revision = fields.Integer(required=True)
    checksum = fields.String(required=True)
    current = fields.Boolean(required=True)
    comparison = fields.Nested(ComparisonOut, required=True, allow_none=True)
    samples = fields.List(fields.Nested(SampleOut), required=True)
    narrow = fields.Boolean(required=True)
    broad = fields.Boolean(required=True)


class RetrospectionIn(Schema):
    """A past period, both ends included, and the version to look at it with."""

    first = fields.Date(data_key="from", required=True)
    last = fields.Date(data_key="to", required=True)
    version = Whole(load_default=None, validate=validate.Range(1, 1_000_000))


class RetrospectionOut(TrialOut):
    """Who would have been eligible on any of the days looked at; `by_day`: how many on each."""

    by_day = Counts()


class PublicationIn(Schema):
    """What an approver says: why a rule for very few, and that one for most is meant so."""

    reason = fields.String(load_default=None, validate=validate.Length(1, 200))
    confirm = Flag(load_default=False)


class PublicationOut(Schema):
    """Matching has begun, or another officer has to approve."""

    state = fields.String(required=True, validate=validate.OneOf(("published", "awaiting_second_approval")))
    run_id = fields.UUID(required=True, allow_none=True)


class EndingIn(Schema):
    """Which policies to end, and by which act (依据文件)."""

    policy_ids = fields.List(fields.String(), required=True, validate=validate.Length(1, 200))
    act = fields.String(required=True, validate=validate.Length(1, 200))


class LossOut(Schema):
    """The matches of one policy that would be lost, and those that were still undecided."""

    eligible = fields.Integer(required=True)
    undetermined = fields.Integer(required=True)


class EndingPreviewOut(Schema):
    """What ending the set costs: matches by policy, people, and the policies that rest on it."""

    matches = fields.Dict(keys=fields.String(), values=fields.Nested(LossOut), required=True)
    people = fields.Integer(required=True)
    dependants = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)


class EndingOut(Schema):
    """An act that ends policies; `lost` are the matches marked so far, by policy."""

    id = fields.UUID(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in EndingState]))
    act = fields.String(required=True)
    versions = Counts()
    preview = fields.Nested(EndingPreviewOut, required=True)
    lost = Counts(attribute="counts")
    ended_at = Moment(required=True, allow_none=True)


class RunOut(Schema):
    """How far a match run is."""

    id = fields.UUID(required=True)
    policy_id = fields.String(required=True)
    rule_version = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("running", "finished")))
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    created_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


class DailyRunOut(Schema):
    """One day's match of everybody: its stage, what it found and did, why it failed.

    `counts`: `subjects` in the snapshot; pairs of the difference `looked_at`, and of these `asked` again;
    `withdrawn` had taken back their consent; `new`, `lost`, `changed`, `undetermined` matches; of the new
    ones `queued` were told, the others are counted by the reason for which they were kept back.
    """

    as_of = fields.Date(required=True)
    scope = fields.String(required=True, validate=validate.OneOf(tuple(Audience)))
    state = fields.String(required=True, validate=validate.OneOf(tuple(DailyState)))
    rounds = fields.Integer(required=True, metadata={"description": "How often the day was begun"})
    tries = fields.Integer(required=True, metadata={"description": "How many processes took this round up"})
    counts = Counts()
    error_code = fields.String(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    begun_at = Moment(required=True)
    exported_at = Moment(required=True, allow_none=True)
    matched_at = Moment(required=True, allow_none=True)
    finished_at = Moment(required=True, allow_none=True)
