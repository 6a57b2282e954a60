"""Wire format of prepared grants (免申即享)."""

from marshmallow import fields, validate

from app.applications.types import GrantState
from app.eligibility.types import Dismissal
from blueprints.applications.material_schemas import CaseMaterialOut
from blueprints.applications.schemas import AnswerOut, ReceiptOut
from blueprints.eligibility.schemas import AmountOut, PolicyBriefOut, UsedFactOut
from blueprints.support.schemas import Moment, QuerySchema, Schema


class GrantQuery(QuerySchema):
    """For whom: oneself and one's enterprises, or a relative whom one acts for."""

    subject_id = fields.UUID(load_default=None)


class GrantBriefOut(Schema):
    """One line of what waits for a tap."""

    subject_id = fields.UUID(required=True)
    policy = fields.Nested(PolicyBriefOut, required=True)
    amount = fields.Nested(AmountOut, required=True, allow_none=True)
    link = fields.String(required=True)


class GrantsOut(Schema):
    """Everything that waits for a tap."""

    items = fields.List(fields.Nested(GrantBriefOut), required=True)


class GrantStepOut(Schema):
    """One step of what would be submitted, as it was filled in."""

    number = fields.Integer(required=True)
    title = fields.String(required=True)
    answers = fields.List(fields.Nested(AnswerOut), required=True, attribute="fields")


class GrantOut(Schema):
    """A grant with everything that the tap submits and declares; decided, it leads to the case."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(tuple(GrantState)))
    state_label = fields.String(required=True)
    subject_id = fields.UUID(required=True)
    policy_id = fields.String(required=True)
    rule_version = fields.Integer(required=True)
    title = fields.String(required=True)
    service_id = fields.String(required=True)
    service_name = fields.String(required=True)
    department_name = fields.String(required=True)
    region_code = fields.String(required=True)
    amount = fields.Nested(AmountOut, required=True, allow_none=True)
    facts = fields.List(fields.Nested(UsedFactOut), required=True)
    prepared_at = Moment(required=True)
    ready = fields.Boolean(required=True)
    missing = fields.List(fields.String(), required=True)
    steps = fields.List(fields.Nested(GrantStepOut), required=True)
    materials = fields.List(fields.Nested(CaseMaterialOut), required=True)
    declared = fields.List(fields.String(), required=True)
    application_id = fields.UUID(required=True, allow_none=True)


class GrantReceiptOut(ReceiptOut):
    """What a resident holds after the tap, and the case it became."""

    application_id = fields.UUID(required=True, attribute="case_id")


class RefusalIn(Schema):
    """Why somebody does without a grant; of wrong information, which and what is right."""

    reason = fields.Enum(Dismissal, by_value=True, required=True)
    fact = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 64))
    comment = fields.String(load_default="", validate=validate.Length(max=500))
