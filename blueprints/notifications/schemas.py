"""Wire format of messages and subscriptions."""

from marshmallow import fields, validate

from app.notifications.types import DeliveryState
from blueprints.support.pagination import PageQuery
from blueprints.support.schemas import Moment, QuerySchema, Schema

CHOICES = ("accept", "reject", "ban", "filter")


class DeliveryOut(Schema):
    """The honest state of a message's push."""

    state = fields.String(required=True, attribute="delivery_state")
    label = fields.String(required=True, attribute="delivery_label")
    note = fields.String(required=True, allow_none=True, attribute="delivery_note")
    sent_at = Moment(required=True, allow_none=True)


class MessageOut(Schema):
    """A message of the inbox."""

    id = fields.UUID(required=True)
    template = fields.String(required=True)
    title = fields.String(required=True)
    body = fields.String(required=True)
    link = fields.String(required=True, metadata={"description": "小程序内页面路径"})
    created_at = Moment(required=True)
    read_at = Moment(required=True, allow_none=True)
    delivery = fields.Function(lambda item: DeliveryOut().dump(item), required=True)


class PromptQuery(QuerySchema):
    """At which moment of the phone."""

    moment = fields.String(required=True, validate=validate.Length(1, 40))


class PromptOut(Schema):
    """One template to ask for."""

    template_id = fields.String(required=True)
    key = fields.String(required=True)
    title = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(("one_time", "long_term")))
    has_credit = fields.Boolean(required=True)


class PromptsOut(Schema):
    """What to ask for now: three at most, never both kinds."""

    items = fields.List(fields.Nested(PromptOut), required=True)


class PushQuery(PageQuery):
    """Which pushes to list."""

    resident_id = fields.UUID(load_default=None)
    state = fields.Enum(DeliveryState, by_value=True, load_default=None)


class PushOut(Schema):
    """One push: the template, page and words that really left."""

    id = fields.UUID(required=True)
    resident_id = fields.UUID(required=True)
    template = fields.String(required=True)
    page = fields.String(required=True)
    words = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    joined = fields.Integer(required=True, metadata={"description": "同一条微信通知里另外还说了几件"})
    state = fields.Enum(DeliveryState, by_value=True, required=True)
    label = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    sent_at = Moment(required=True, allow_none=True)
    resent_at = Moment(required=True, allow_none=True)


class ResendIn(Schema):
    """Why a push is tried once more."""

    reason = fields.String(required=True, validate=validate.Length(2, 200))


class ChoicesIn(Schema):
    """What wx.requestSubscribeMessage reported."""

    results = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 128)),
        values=fields.String(validate=validate.OneOf(CHOICES)),
        required=True,
        validate=validate.Length(1, 5),
    )


class CallbackQuery(QuerySchema):
    """The query string of WeChat's calls; it sends more than we use, and may add to it at any time."""

    signature = fields.String(load_default="")
    msg_signature = fields.String(load_default="")
    timestamp = fields.String(load_default="")
    nonce = fields.String(load_default="")
    echostr = fields.String(load_default="")
