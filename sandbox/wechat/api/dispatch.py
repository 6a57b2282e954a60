"""The order of checks (校验顺序): path, method, JSON, token, quota, business."""

from sandbox.wechat.api import (  # noqa: F401 - importing them registers their endpoints
    administration,
    content,
    credentials,
    login,
    messages,
    phone,
    verification,
)
from sandbox.wechat.api.routing import ENDPOINTS, Endpoint
from sandbox.wechat.apps import App
from sandbox.wechat.call import JSON_TYPE, Answer, Call
from sandbox.wechat.errcodes import Errcode, Refusal, text_of
from sandbox.wechat.world import World


def answer(world: World, call: Call) -> Answer:
    """Answer one request; every refusal is HTTP 200 with errcode, errmsg and a rid."""
    endpoint = ENDPOINTS.get(call.path)
    if endpoint is None:
        return refused(world, Errcode.INVALID_URL, text_of(Errcode.INVALID_URL))
    try:
        return Answer(_asked(world, call, endpoint), endpoint.content_type)
    except Refusal as refusal:
        return refused(world, refusal.errcode, refusal.text, endpoint.content_type)


def refused(world: World, errcode: int, text: str, content_type: str = JSON_TYPE) -> Answer:
    """Phrase a refusal as WeChat does."""
    rid = world.chance.request_id(world.clock.now())
    return Answer({"errcode": int(errcode), "errmsg": f"{text} rid: {rid}"}, content_type)


def _asked(world: World, call: Call, endpoint: Endpoint) -> dict[str, object]:
    if call.method != endpoint.method and endpoint.wrong_method is not None:
        raise Refusal(endpoint.wrong_method)
    if endpoint.method == "POST":
        _json_object(call)
    if endpoint.token:
        call.app = _holder(world, call.query.get("access_token", ""))
        world.quotas.charge(call.app.appid, call.path, world.limit_of(call.app, call.path))
    return endpoint.answer(world, call)


def _json_object(call: Call) -> None:
    if not call.raw:
        raise Refusal(Errcode.EMPTY_POST)
    if call.body is None:
        raise Refusal(Errcode.DATA_FORMAT if _is_utf8(call.raw) else Errcode.INVALID_CHARSET)


def _holder(world: World, token: str) -> App:
    try:
        return world.apps[world.tokens.check(token).appid]
    except Refusal as refusal:
        app = world.apps.get(world.tokens.holder(token) or "")
        if refusal.errcode is Errcode.TOKEN_EXPIRED and app is not None:
            raise Refusal(app.expired_token_errcode) from None
        raise


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
