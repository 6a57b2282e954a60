"""Wire format of campaigns, visits and a policy's statistics, for officers."""

from marshmallow import fields, validate

from app.eligibility.announcement_statistics import ANNOUNCED
from app.eligibility.outreach.types import DeliveryState
from app.eligibility.types import BY_SYSTEM, VisitResult
from app.eligibility.visiting import Whereabouts
from app.notifications.campaigns import CampaignAction
from app.notifications.types import CampaignState
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import AreaCode, Moment, Schema

RESULTS = tuple(VisitResult)
BY_HAND = tuple(result for result in VisitResult if result not in BY_SYSTEM)


def _counts() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class SteerIn(Schema):
    """What to do with the pushes of a run, and why; the reason stands in the audit trail."""

    action = fields.Enum(CampaignAction, by_value=True, required=True)
    reason = fields.String(required=True, validate=validate.Length(2, 200))


class EntryOut(Schema):
    """So many people to whom the same happened."""

    code = fields.String(required=True)
    label = fields.String(required=True)
    count = fields.Integer(required=True)


class AccountOut(Schema):
    """What became of everybody whom a run newly found: all entries add up to `newly_eligible`."""

    run_id = fields.UUID(required=True)
    policy_id = fields.String(required=True)
    run_state = fields.String(required=True)
    evaluated = fields.Integer(required=True)
    campaign_state = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(tuple(CampaignState))
    )
    newly_eligible = fields.Integer(required=True)
    pushed = fields.List(fields.Nested(EntryOut), required=True)
    in_app_only = fields.List(fields.Nested(EntryOut), required=True)
    suppressed = fields.List(fields.Nested(EntryOut), required=True)
    waiting = fields.List(fields.Nested(EntryOut), required=True)
    erased = fields.Integer(required=True)


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


class AnnouncedOut(Schema):
    """What announcing one kind of day ahead came to; `announced` were told, whatever came afterwards."""

    announced = fields.Integer(required=True)
    opened = fields.Integer(required=True)
    renewed = fields.Integer(required=True)
    renewed_in_time = fields.Integer(required=True)
    retracted = fields.Integer(required=True)
    waiting = fields.Integer(required=True)
    kept_back = _counts()


class PolicyStatisticsOut(Schema):
    """What telling people of a policy came to."""

    policy_id = fields.String(required=True)
    matches = _counts()
    told = fields.Integer(required=True)
    opened = fields.Integer(required=True)
    asked = fields.Integer(required=True)
    answers = _counts()
    visits_open = fields.Integer(required=True)
    visits = _counts()
    dismissals = _counts()
    announcements = fields.Dict(
        keys=fields.String(validate=validate.OneOf([kind.value for kind in ANNOUNCED])),
        values=fields.Nested(AnnouncedOut),
        required=True,
    )


def _cell() -> fields.Integer:
    """A number of people, null where it is under five and the region is not one's own."""
    return fields.Integer(required=True, allow_none=True)


def _cells() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True), required=True)


class DeliveryOut(Schema):
    """One delivery of a data platform; of a refused one nothing was applied."""

    id = fields.UUID(required=True)
    as_of = fields.Date(required=True)
    state = fields.String(required=True, validate=validate.OneOf(tuple(DeliveryState)))
    error_code = fields.String(required=True, allow_none=True)
    error_message = fields.String(required=True, allow_none=True)
    people = fields.Integer(required=True, allow_none=True)
    started_at = Moment(required=True)
    finished_at = Moment(required=True, allow_none=True)


class DeliveryRegionOut(Schema):
    """What a delivery came to in one region: pairs of person and policy, and the visits about them."""

    region_code = fields.String(required=True)
    region_name = fields.String(required=True)
    eligible = _cell()
    begins = _cell()
    registered = _cell()
    not_visited = _cells()
    visits_open = _cell()
    visits_closed = _cells()


class DeliveryAccountOut(Schema):
    """A delivery and its regions."""

    delivery = fields.Nested(DeliveryOut, required=True)
    regions = fields.List(fields.Nested(DeliveryRegionOut), required=True)
