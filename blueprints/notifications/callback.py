"""WeChat's callback (消息推送): verified, stored, answered `success`; a worker applies it."""

from typing import Any

import structlog
from flask import Response, current_app, request
from marshmallow import EXCLUDE

from app.foundation.errors import Forbidden
from app.foundation.transaction import atomic
from app.gateways.wechat import callbacks
from app.gateways.wechat.callbacks import CallbackKeys, CallbackRefused
from app.notifications import wechat_events
from blueprints.notifications.schemas import CallbackQuery
from blueprints.support.access import Audience, allow
from blueprints.support.blueprint import Blueprint, reads_raw_body

blp = Blueprint("wechat", __name__, url_prefix="/api/v1/wechat", description="微信消息推送")
_log = structlog.get_logger(__name__)


class NotFromWeChat(Forbidden):
    """The signature does not fit, or the message is not for us."""

    code = "wechat.refused"
    message = "签名校验未通过"


@blp.get("/callback")
@allow(Audience.PUBLIC)
@blp.arguments(CallbackQuery, location="query", unknown=EXCLUDE)
@blp.response(200, {"type": "string"}, content_type="text/plain")
@blp.alt_response(403)
def verify(query: dict[str, Any]) -> Response:
    """Prove to WeChat that this address is ours (URL 验证)."""
    try:
        echo = callbacks.verify_url(
            _keys(), **{name: query[name] for name in ("signature", "timestamp", "nonce", "echostr")}
        )
    except CallbackRefused as refusal:
        raise _refused(refusal) from None
    return Response(echo, mimetype="text/plain")


@blp.post("/callback")
@allow(Audience.PUBLIC)
@reads_raw_body
@blp.arguments(CallbackQuery, location="query", unknown=EXCLUDE)
@blp.response(200, {"type": "string"}, content_type="text/plain")
@blp.alt_response(403)
def receive(query: dict[str, Any]) -> Response:
    """Take a pushed event (安全模式 only) and answer at once (接收推送)."""
    try:
        callback = callbacks.open_callback(
            _keys(),
            request.get_data(cache=False),
            msg_signature=query["msg_signature"],
            timestamp=query["timestamp"],
            nonce=query["nonce"],
        )
    except CallbackRefused as refusal:
        raise _refused(refusal) from None
    with atomic():
        wechat_events.receive(callback)
    return Response("success", mimetype="text/plain")


def _keys() -> CallbackKeys:
    keys: CallbackKeys = current_app.extensions["wechat_callback"]
    return keys


def _refused(refusal: CallbackRefused) -> NotFromWeChat:
    _log.warning("wechat.callback_refused", reason=refusal.reason)
    return NotFromWeChat()
