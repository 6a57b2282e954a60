"""Wire format of the departments' stages (环节)."""

from marshmallow import fields, validate

from app.applications.stage_types import StageState
from blueprints.applications.schemas import STATUSES
from blueprints.applications.staff_schemas import LONGEST_REASON
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import Moment, Schema

STATES = tuple(StageState)


class StagesQuery(PageQuery):
    """Filters of the queue of stages that are open."""

    overdue = fields.Boolean(load_default=None, truthy={"true"}, falsy={"false"})


class StageTaskOut(Schema):
    """A stage in its department's queue; `note` is why the machine handed it over."""

    id = fields.UUID(required=True)
    case_id = fields.UUID(required=True)
    stage_id = fields.String(required=True)
    name = fields.String(required=True)
    service_id = fields.String(required=True)
    service_name = fields.String(required=True)
    region_code = fields.String(required=True)
    receipt_no = fields.String(required=True)
    case_status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    version = fields.Integer(required=True)
    opened_at = Moment(required=True, allow_none=True)
    due_on = fields.Date(required=True, allow_none=True)
    overdue = fields.Boolean(required=True)
    note = fields.String(required=True)
    claimed_by = fields.UUID(required=True, allow_none=True)
    claimed_until = Moment(required=True, allow_none=True)


class StageResultIn(Schema):
    """What came of it: `passed`, or `refused` with the reason that the applicant is told."""

    outcome = fields.String(required=True, validate=validate.OneOf(["passed", "refused"]))
    reason = fields.String(load_default="", validate=validate.Length(max=LONGEST_REASON))


class StageEndedOut(Schema):
    """What came of the stage, and where the case stands now."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    case_id = fields.UUID(required=True)
    case_status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    case_version = fields.Integer(required=True)
