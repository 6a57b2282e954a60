"""Wire format of the operations summary."""

from marshmallow import fields

from blueprints.support.schemas import QuerySchema, RegionCode, Schema


class Counts(fields.Dict):
    """Numbers by name."""

    def __init__(self) -> None:
        super().__init__(keys=fields.String(), values=fields.Integer(), required=True)


class SummaryQuery(QuerySchema):
    """Which days, which region, which department; today and one's own region by default."""

    first = fields.Date(data_key="from", load_default=None)
    last = fields.Date(data_key="to", load_default=None)
    region = RegionCode(load_default=None)
    department = fields.String(load_default=None)


class PeriodOut(Schema):
    """Whole days, both ends included."""

    first = fields.Date(required=True, data_key="from")
    last = fields.Date(required=True, data_key="to")


class PushesOut(Schema):
    """Pushes by state."""

    by_state = Counts()
    total = fields.Integer(required=True)
    oldest_due_seconds = fields.Float(required=True)


class RatingsOut(Schema):
    """Ratings by level, with the share of those who rated."""

    by_score = Counts()
    rated = fields.Integer(required=True)
    handled = fields.Integer(required=True)
    rated_share = fields.Float(required=True, allow_none=True)
    satisfied_share = fields.Float(required=True, allow_none=True)
    satisfied_interval = fields.List(fields.Float(), required=True, allow_none=True)
    open_follow_ups = fields.Integer(required=True)


class SummaryOut(Schema):
    """The numbers of a period."""

    period = fields.Nested(PeriodOut, required=True)
    region = fields.String(required=True)
    department = fields.String(required=True, allow_none=True)
    logins = Counts()
    residents = Counts()
    matches = Counts()
    grants = Counts()
    pushes = fields.Nested(PushesOut, required=True)
    cases = Counts()
    overdue = fields.Integer(required=True)
    ratings = fields.Nested(RatingsOut, required=True)
