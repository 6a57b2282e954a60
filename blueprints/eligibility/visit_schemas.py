"""Wire format of visits (上门告知): a grid worker's lists, cards and results."""

from marshmallow import fields, validate

from app.eligibility.types import BY_SYSTEM, VisitResult
from app.eligibility.visiting import Whereabouts
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import AreaCode, Moment, Schema

RESULTS = tuple(VisitResult)
BY_HAND = tuple(result for result in VisitResult if result not in BY_SYSTEM)


class RegionVisitsOut(Schema):
    """How the visits of one community stand."""

    region_code = fields.String(required=True)
    region_name = fields.String(required=True)
    open = fields.Integer(required=True)
    closed = fields.Integer(required=True)


class VisitReportOut(Schema):
    """The visits of a run by community."""

    run_id = fields.UUID(required=True)
    regions = fields.List(fields.Nested(RegionVisitsOut), required=True)
    undecided = fields.Integer(required=True)


class VisitQuery(PageQuery):
    """Which visits to list."""

    closed = fields.Boolean(load_default=False)
    run_id = fields.UUID(load_default=None)
    delivery_id = fields.UUID(load_default=None)
    region_code = AreaCode(load_default=None)
    registered = fields.Boolean(load_default=None)


class VisitOut(Schema):
    """One visit of a list; the name is masked, and unknown of somebody who never registered."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    registered = fields.Boolean(required=True)
    policy_id = fields.String(required=True)
    policy_title = fields.String(required=True)
    region_code = fields.String(required=True)
    region_name = fields.String(required=True)
    why = fields.String(required=True)
    created_at = Moment(required=True)
    result = fields.String(required=True, allow_none=True, validate=validate.OneOf(RESULTS))
    closed_at = Moment(required=True, allow_none=True)
    version = fields.Integer(required=True)


class VisitCardOut(Schema):
    """One visit as it is needed at the door; `note` says where name and address come from, or what to do."""

    item = fields.Nested(VisitOut, required=True)
    name = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    whereabouts = fields.String(required=True, validate=validate.OneOf(tuple(Whereabouts)))
    note = fields.String(required=True)
    summary = fields.String(required=True)
    reasons = fields.List(fields.String(), required=True)


class VisitResultIn(Schema):
    """How a visit ended."""

    result = fields.Enum(
        VisitResult,
        by_value=True,
        required=True,
        validate=validate.OneOf(BY_HAND, error="请选择上门的结果"),
    )
