"""Wire format of a data platform's deliveries (数据平台交付) and what they came to."""

from marshmallow import fields, validate

from app.eligibility.outreach.types import DeliveryState
from blueprints.support.schemas import Moment, Schema


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
