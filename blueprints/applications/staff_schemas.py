"""Wire format of the officers' queue and decisions."""

from marshmallow import fields, validate

from app.applications.types import Action, PauseKind, Status
from blueprints.applications.material_schemas import CaseMaterialOut
from blueprints.applications.schemas import (
    STATUSES,
    CaseBriefOut,
    CaseStageOut,
    DeadlineOut,
    EntryOut,
    ReviewStepOut,
    SupplementOut,
)
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import Moment, Schema

MOST_ITEMS, LONGEST_ITEM, LONGEST_REASON = 20, 200, 1000
SHORTEST_DAYS, LONGEST_DAYS = 1, 90


class TasksQuery(PageQuery):
    """Filters of the queue; without a status, what is open."""

    status = fields.Enum(Status, by_value=True, load_default=None)
    overdue = fields.Boolean(load_default=None, truthy={"true"}, falsy={"false"})


class TaskBriefOut(Schema):
    """A case in the queue, next deadline first."""

    id = fields.UUID(required=True, attribute="brief.id")
    service_id = fields.String(required=True, attribute="brief.service_id")
    service_name = fields.String(required=True, attribute="brief.service_name")
    region_code = fields.String(required=True, attribute="brief.region_code")
    status = fields.String(required=True, attribute="brief.status", validate=validate.OneOf(STATUSES))
    status_label = fields.String(required=True, attribute="brief.status_label")
    version = fields.Integer(required=True, attribute="brief.version")
    receipt_no = fields.String(required=True, attribute="brief.receipt_no")
    submitted_at = Moment(required=True, attribute="brief.submitted_at")
    due_on = fields.Date(required=True, allow_none=True, attribute="brief.due_on")
    deadline = fields.Nested(DeadlineOut, required=True, allow_none=True)
    overdue = fields.Boolean(required=True)
    claimed_by = fields.UUID(required=True, allow_none=True)
    claimed_until = Moment(required=True, allow_none=True)


class TaskOut(CaseBriefOut):
    """One case as an officer sees it; sensitive answers are masked."""

    tracking_no = fields.String(required=True)
    deadline = fields.Nested(DeadlineOut, required=True, allow_none=True)
    overdue = fields.Boolean(required=True)
    claimed_by = fields.UUID(required=True, allow_none=True)
    claimed_until = Moment(required=True, allow_none=True)
    answers = fields.List(fields.Nested(ReviewStepOut), required=True)
    materials = fields.List(fields.Nested(CaseMaterialOut), required=True)
    supplement = fields.Nested(SupplementOut, required=True, allow_none=True)
    stages = fields.List(fields.Nested(CaseStageOut), required=True)
    timeline = fields.List(fields.Nested(EntryOut), required=True)
    allowed_actions = fields.List(fields.String(validate=validate.OneOf(tuple(Action))), required=True)


class ClaimOut(Schema):
    """Who works on it, until when."""

    claimed_by = fields.UUID(required=True)
    claimed_until = Moment(required=True)


class DecisionIn(Schema):
    """What is decided; `reason` and `items` are told to the applicant as they stand.

    `request_supplement` needs `items` (one complete list) and may say in how many calendar `days`; `pause`
    needs `kind`, `days` (working days it takes) and `reason`; a refusal and an extension need `reason`.
    """

    action = fields.Enum(Action, by_value=True, required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))
    items = fields.List(
        fields.String(validate=validate.Length(1, LONGEST_ITEM)),
        load_default=list,
        validate=validate.Length(max=MOST_ITEMS),
    )
    kind = fields.Enum(PauseKind, by_value=True, load_default=None)
    days = fields.Integer(
        load_default=None, strict=True, validate=validate.Range(SHORTEST_DAYS, LONGEST_DAYS)
    )


class DecidedOut(Schema):
    """What came of it."""

    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    version = fields.Integer(required=True)
