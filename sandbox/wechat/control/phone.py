"""What people do on their phones (用户操作): log in, share a number, subscribe, withdraw, show their face."""

import base64
from typing import Any

import orjson

from sandbox.wechat import crypto
from sandbox.wechat.apps import App
from sandbox.wechat.documents import BadDocument, Fields
from sandbox.wechat.events import Event, EventName
from sandbox.wechat.face import Outcome
from sandbox.wechat.pushes import Push
from sandbox.wechat.seed import plant_users
from sandbox.wechat.subscriptions import Choice
from sandbox.wechat.templates import Template
from sandbox.wechat.users import User
from sandbox.wechat.world import World

MOST_TEMPLATES = 5
FROM_A_PAGE = "0"
PHONE_ITEM = "8"
CHANGED_IN_SETTINGS = (Choice.ACCEPT, Choice.REJECT)


class PhoneRefuses(Exception):
    """What the client library would answer: wx.requestSubscribeMessage's errCode and errMsg."""

    def __init__(self, err_code: int, err_msg: str) -> None:
        super().__init__(err_msg)
        self.err_code = err_code
        self.err_msg = err_msg


def users(world: World, document: Any) -> dict[str, Any]:
    """Add people: one user, or `{"users": [...]}`."""
    return {"openids": [user.openid for user in plant_users(world, document)]}


def login_code(world: World, document: Any) -> dict[str, Any]:
    """Open the mini-program: what wx.login hands out; `count` asks for several codes."""
    fields = Fields(document)
    user = _user(world, fields)
    count = fields.find("count", int)
    fields.finish()
    codes = [world.codes.issue_login(appid=user.appid, openid=user.openid).text for _ in range(count or 1)]
    return {"code": codes[0]} if count is None else {"code": codes[0], "codes": codes}


def phone_code(world: World, document: Any) -> dict[str, Any]:
    """Press the phone-number button; the number is the seeded one unless another is given."""
    fields = Fields(document)
    user = _user(world, fields)
    phone = fields.find("phone", str) or user.phone
    fields.finish()
    if not phone:
        raise BadDocument("this user has no phone number; give one as phone")
    return {"code": world.codes.issue_phone(appid=user.appid, openid=user.openid, phone=phone).text}


def encrypted_data(world: World, document: Any) -> dict[str, Any]:
    """Hand the page open data (开放数据) under the user's present session key, watermarked and signed."""
    fields = Fields(document)
    user = _user(world, fields)
    payload = fields.take("payload", dict, {})
    fields.finish()
    if user.session_key is None:
        raise BadDocument("this user has not logged in")
    iv = base64.b64encode(world.chance.bytes(crypto.IV_LENGTH)).decode()
    watermark = {"timestamp": int(world.clock.now()), "appid": user.appid}
    raw_data = orjson.dumps(payload).decode()
    sealed = payload | {"watermark": watermark}
    return {
        "rawData": raw_data,
        "signature": crypto.raw_data_signature(raw_data, user.session_key),
        "encryptedData": crypto.encrypt_open_data(sealed, session_key=user.session_key, iv=iv),
        "iv": iv,
    }


def subscribe(world: World, document: Any) -> dict[str, Any]:
    """Answer the subscription prompt; the choices count at once and are pushed as one popup event."""
    fields = Fields(document)
    user = _user(world, fields)
    given = fields.need("choices", dict)
    fields.finish()
    app = world.apps[user.appid]
    choices = _choices(app, given)
    for template, choice in choices.items():
        if choice is Choice.ACCEPT:
            world.subscriptions.accept(user.openid, app.templates[template])
    items = tuple(
        {"TemplateId": template, "SubscribeStatusString": choice.value, "PopupScene": FROM_A_PAGE}
        for template, choice in choices.items()
        if choice in CHANGED_IN_SETTINGS
    )
    push = _emit(world, EventName.POPUP, user, items=items) if items else None
    return {"errMsg": "requestSubscribeMessage:ok", **choices, "push": push.number if push else None}


def manage_reject(world: World, document: Any) -> dict[str, Any]:
    """Switch a template off in the message settings; nothing may be sent any more."""
    fields = Fields(document)
    user = _user(world, fields)
    template = _template(world.apps[user.appid], fields.need("template_id", str))
    fields.finish()
    world.subscriptions.withdraw(user.openid, template)
    item = {"TemplateId": template.id, "SubscribeStatusString": Choice.REJECT.value}
    return {"push": _emit(world, EventName.CHANGE, user, items=(item,)).number}


def revoke(world: World, document: Any) -> dict[str, Any]:
    """Withdraw an authorisation (撤回授权); RevokeInfo 8 is the phone number."""
    fields = Fields(document)
    user = _user(world, fields)
    revoked = str(fields.take("RevokeInfo", object, PHONE_ITEM))
    fields.finish()
    about = {"OpenID": user.openid, "AppID": user.appid, "RevokeInfo": revoked}
    return {"push": _emit(world, EventName.REVOKE, user, fields=about).number}


def cancellation(world: World, document: Any) -> dict[str, Any]:
    """Finish the cancellation of an account (注销)."""
    return {"push": _about_person(world, document, EventName.CANCELLATION).number}


def info_modified(world: World, document: Any) -> dict[str, Any]:
    """Have a risky profile cleaned by WeChat."""
    return {"push": _about_person(world, document, EventName.MODIFIED).number}


def face(world: World, document: Any) -> dict[str, Any]:
    """Perform a face check, named by verify_id or the latest open one of an openid."""
    fields = Fields(document)
    verify_id, openid = fields.find("verify_id", str), fields.find("openid", str)
    outcome = fields.take("outcome", Outcome, Outcome.PASS)
    fields.finish()
    if verify_id is None and openid is None:
        raise BadDocument("name the face check by verify_id or openid")
    session = world.face.by_id(verify_id) if verify_id is not None else world.face.latest_of(openid or "")
    verify_ret = world.face.perform(session, outcome, person=world.users[session.openid].real_name)
    return {"verify_id": session.verify_id, "out_seq_no": session.out_seq_no, "verify_ret": verify_ret}


def _about_person(world: World, document: Any, name: EventName) -> Push:
    fields = Fields(document)
    user = _user(world, fields)
    fields.finish()
    return _emit(world, name, user, fields={"OpenID": user.openid, "AppID": user.appid})


def _emit(
    world: World,
    name: EventName,
    user: User,
    *,
    fields: dict[str, Any] | None = None,
    items: tuple[dict[str, Any], ...] = (),
) -> Push:
    return world.emit(Event(name, user.appid, user.openid, world.clock.now(), fields or {}, items))


def _user(world: World, fields: Fields) -> User:
    openid = fields.need("openid", str)
    if openid not in world.users:
        raise BadDocument(f"no user {openid}; add it with POST /__emu__/users")
    return world.users[openid]


def _template(app: App, template_id: str) -> Template:
    if template_id not in app.templates:
        raise PhoneRefuses(20001, f"No template data return: {template_id}")
    return app.templates[template_id]


def _choices(app: App, given: dict[str, Any]) -> dict[str, Choice]:
    if not 1 <= len(given) <= MOST_TEMPLATES:
        raise PhoneRefuses(20003, "Templates count out of max bounds")
    kinds = {_template(app, template_id).kind for template_id in given}
    if len(kinds) > 1:
        raise PhoneRefuses(20002, "Templates type must be same")
    try:
        return {template_id: Choice(choice) for template_id, choice in given.items()}
    except ValueError:
        raise BadDocument("a choice is accept, reject, ban or filter") from None
