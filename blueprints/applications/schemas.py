"""Wire format of an applicant's cases."""

from marshmallow import fields, validate

from app.applications.clocks import ClockKind
from app.applications.stage_types import StageState
from app.applications.steps import StepProgress
from app.applications.types import EventKind, Status
from app.forms.prefill import SourceState
from app.forms.types import FieldType
from app.forms.visibility import Origin
from blueprints.applications.material_schemas import CaseMaterialOut
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import Moment, QuerySchema, RegionCode, Schema

STATUSES, KINDS = tuple(Status), tuple(EventKind)
SERVICE_ID, POLICY_ID = r"^svc-[a-z0-9-]{1,40}\Z", r"^[a-z0-9][a-z0-9-]{2,63}\Z"
LONGEST_NOTE = 500


class OpenIn(Schema):
    """What to apply for, where, for whom (oneself by default); the policy is the match that led here."""

    service_id = fields.String(required=True, validate=validate.Regexp(SERVICE_ID))
    region_code = RegionCode(required=True)
    subject_id = fields.UUID(load_default=None)
    policy_id = fields.String(load_default=None, validate=validate.Regexp(POLICY_ID))


class StepIn(Schema):
    """Answers of one step by field key; null takes one back."""

    answers = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), required=True)


class StepQuery(QuerySchema):
    """Whether the step is meant to be done; a save at every change is not."""

    final = fields.Boolean(load_default=True, truthy={"true"}, falsy={"false"})


class SupplementIn(Schema):
    """The answer to a 补正 request: answers that changed, of whichever step, and a note."""

    answers = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), load_default=dict)
    note = fields.String(load_default="", validate=validate.Length(max=LONGEST_NOTE))


class WithdrawalIn(Schema):
    """Why it is taken back; need not be said."""

    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_NOTE))


class CasesQuery(PageQuery):
    """A page of one's own cases."""


class CaseBriefOut(Schema):
    """A case in a list."""

    id = fields.UUID(required=True)
    service_id = fields.String(required=True)
    service_name = fields.String(required=True)
    region_code = fields.String(required=True)
    department = fields.String(required=True)
    department_name = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    status_label = fields.String(required=True)
    version = fields.Integer(required=True)
    receipt_no = fields.String(required=True, allow_none=True)
    created_at = Moment(required=True)
    submitted_at = Moment(required=True, allow_none=True)
    updated_at = Moment(required=True)
    due_on = fields.Date(required=True, allow_none=True)


class StepSummaryOut(Schema):
    """One step in the bar of steps."""

    number = fields.Integer(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(tuple(StepProgress)))


class DeadlineOut(Schema):
    """Where the office's clock stands; `working_days_left` is counted in `unit`, negative once overdue."""

    kind = fields.String(required=True, validate=validate.OneOf(tuple(ClockKind)))
    due_on = fields.Date(required=True, allow_none=True)
    legal_due_on = fields.Date(required=True, allow_none=True)
    working_days_left = fields.Integer(required=True)
    unit = fields.String(required=True)
    running = fields.Boolean(required=True)
    overdue = fields.Boolean(required=True)
    text = fields.String(required=True)


class SupplementOut(Schema):
    """The one list of what is missing."""

    items = fields.List(fields.String(), required=True)
    reason = fields.String(required=True)
    due_on = fields.Date(required=True, allow_none=True)


class ClockOut(Schema):
    """The office's clock right after an event."""

    running = fields.Boolean(required=True)
    working_days_left = fields.Integer(required=True, attribute="days_left")
    unit = fields.String(required=True)
    due_on = fields.Date(required=True, allow_none=True)


class CaseStageOut(Schema):
    """One stage (环节), or one item of a 一件事: whose, how far, until when; `yours` is your turn."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    department = fields.String(required=True)
    department_name = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(tuple(StageState)))
    state_label = fields.String(required=True)
    mandatory = fields.Boolean(required=True)
    counted = fields.Boolean(required=True)
    yours = fields.Boolean(required=True)
    opened_at = Moment(required=True, allow_none=True)
    due_on = fields.Date(required=True, allow_none=True)
    ended_at = Moment(required=True, allow_none=True)


class EntryOut(Schema):
    """One line of the timeline: who, when, what, what next, where the clock stands."""

    seq = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    at = Moment(required=True)
    actor = fields.String(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    next = fields.String(required=True)
    clock = fields.Nested(ClockOut, required=True, allow_none=True)


class TimelineOut(Schema):
    """The whole timeline, oldest first."""

    items = fields.List(fields.Nested(EntryOut), required=True)


class CaseOut(CaseBriefOut):
    """One case as its applicant sees it; `next_step` null on a draft means: review and submit."""

    subject_id = fields.UUID(required=True)
    service_version = fields.Integer(required=True)
    policy_id = fields.String(required=True, allow_none=True)
    tracking_no = fields.String(required=True, allow_none=True)
    next_step = fields.Integer(required=True, allow_none=True)
    next_action = fields.String(
        required=True, validate=validate.OneOf(("fill", "review", "wait", "supplement", "rate", "none"))
    )
    next_action_text = fields.String(required=True)
    steps = fields.List(fields.Nested(StepSummaryOut), required=True)
    deadline = fields.Nested(DeadlineOut, required=True, allow_none=True)
    supplement = fields.Nested(SupplementOut, required=True, allow_none=True)
    stages = fields.List(fields.Nested(CaseStageOut), required=True)
    materials = fields.List(fields.Nested(CaseMaterialOut), required=True)
    timeline = fields.List(fields.Nested(EntryOut), required=True)


class OptionOut(Schema):
    """One choice."""

    value = fields.String(required=True)
    label = fields.String(required=True)


class PrefilledOut(Schema):
    """Where a value was read, and on which day; `down` and `missing` open the field for typing."""

    source = fields.String(required=True)
    as_of = fields.Date(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(tuple(SourceState)))


class ItemFieldOut(Schema):
    """One question of an entry of a list."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    type = fields.String(required=True, validate=validate.OneOf(tuple(FieldType)))
    required = fields.Boolean(required=True)
    readonly = fields.Boolean(required=True)
    sensitive = fields.Boolean(required=True)
    help = fields.String(required=True)
    example = fields.String(required=True)
    maxlen = fields.Integer(required=True, allow_none=True)
    minimum = fields.String(required=True, allow_none=True)
    maximum = fields.String(required=True, allow_none=True)
    options = fields.List(fields.Nested(OptionOut), required=True)


class AnswerOut(Schema):
    """One answer, masked where it is sensitive; `origin` says where it comes from."""

    key = fields.String(required=True, attribute="field.key")
    label = fields.String(required=True, attribute="field.label")
    type = fields.String(required=True, attribute="field.type", validate=validate.OneOf(tuple(FieldType)))
    value = fields.Raw(required=True, allow_none=True)
    display = fields.String(required=True)
    origin = fields.String(required=True, validate=validate.OneOf(tuple(Origin)))
    prefilled = fields.Nested(PrefilledOut, required=True, allow_none=True)
    needs_verification = fields.Boolean(required=True)


class FieldOut(AnswerOut):
    """One question with its value."""

    required = fields.Boolean(required=True, attribute="field.required")
    sensitive = fields.Boolean(required=True, attribute="field.sensitive")
    help = fields.String(required=True)
    example = fields.String(required=True)
    readonly = fields.Boolean(required=True)
    maxlen = fields.Integer(required=True, allow_none=True, attribute="field.maxlen")
    minimum = fields.String(required=True, allow_none=True, attribute="field.minimum")
    maximum = fields.String(required=True, allow_none=True, attribute="field.maximum")
    options = fields.List(fields.Nested(OptionOut), required=True, attribute="field.options")
    item_fields = fields.List(fields.Nested(ItemFieldOut), required=True, attribute="field.item_fields")


class HiddenOut(Schema):
    """A question that does not show now, and why."""

    key = fields.String(required=True)
    label = fields.String(required=True)
    reason = fields.String(required=True)


class StepOut(Schema):
    """One step to fill in."""

    number = fields.Integer(required=True)
    title = fields.String(required=True)
    editable = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    fields_ = fields.List(fields.Nested(FieldOut), required=True, attribute="fields", data_key="fields")
    hidden = fields.List(fields.Nested(HiddenOut), required=True)
    previous_step = fields.Integer(required=True, allow_none=True)
    next_step = fields.Integer(required=True, allow_none=True)


class SavedOut(Schema):
    """What became of a save; `next_step` null means: review and submit."""

    next_step = fields.Integer(required=True, allow_none=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)
    version = fields.Integer(required=True)


class ReviewStepOut(Schema):
    """One step to check."""

    number = fields.Integer(required=True)
    title = fields.String(required=True)
    answers = fields.List(fields.Nested(AnswerOut), required=True, attribute="fields")
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), required=True)


class ReviewOut(Schema):
    """Everything that would be submitted."""

    complete = fields.Boolean(required=True)
    first_incomplete = fields.Integer(required=True, allow_none=True)
    version = fields.Integer(required=True)
    steps = fields.List(fields.Nested(ReviewStepOut), required=True)
    materials = fields.List(fields.Nested(CaseMaterialOut), required=True)


class ReceiptOut(Schema):
    """What a resident holds after submitting (收件凭证)."""

    receipt_no = fields.String(required=True)
    tracking_no = fields.String(required=True)
    submitted_at = Moment(required=True)
    deadline = fields.Date(required=True, allow_none=True, attribute="accept_due_on")


class VersionOut(Schema):
    """The case's version after a change."""

    version = fields.Integer(required=True)
