"""Wire format of what the calendar will bring (即将可享、即将到期)."""

from marshmallow import fields, validate

from app.eligibility.foresight import UpcomingKind
from blueprints.eligibility.schemas import AmountOut, MissingOut, PolicyBriefOut, RelatedOut
from blueprints.support.schemas import Schema


class PreparationOut(Schema):
    """One thing to have at hand; `source` is empty where only the policy names it."""

    name = fields.String(required=True)
    required = fields.Boolean(required=True)
    source = fields.String(required=True)


class ServiceBriefOut(Schema):
    """The service to apply to or to renew by."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class UpcomingOut(Schema):
    """One day to come: a policy becomes mine, ends, or has to be renewed; `may_…` where facts are unknown."""

    subject_id = fields.UUID(required=True)
    policy = fields.Nested(PolicyBriefOut, required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in UpcomingKind]))
    day = fields.Date(required=True, metadata={"description": "从这一天起结果不同"})
    last_day = fields.Date(
        required=True, allow_none=True, metadata={"description": "到期的：最后还能享受或办理的一天"}
    )
    days_left = fields.Integer(required=True)
    why = fields.List(fields.String(), required=True)
    note = fields.String(required=True)
    amount = fields.Nested(AmountOut, required=True, allow_none=True)
    missing = fields.List(fields.Nested(MissingOut), required=True)
    materials = fields.List(fields.Nested(PreparationOut), required=True)
    service = fields.Nested(ServiceBriefOut, required=True, allow_none=True)
    link = fields.String(required=True)
    related = fields.List(fields.Nested(RelatedOut), required=True)


class UpcomingListOut(Schema):
    """The next days, soonest first; worked out on `as_of` from what is known then."""

    as_of = fields.Date(required=True)
    days = fields.Integer(required=True)
    items = fields.List(fields.Nested(UpcomingOut), required=True)
