"""Wire format of campaigns and of a policy's statistics, for officers."""

from marshmallow import fields, validate

from app.eligibility.announcement_statistics import ANNOUNCED
from app.notifications.campaigns import CampaignAction
from app.notifications.types import CampaignState
from blueprints.support.schemas import Schema


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
