"""Subscribe messages (订阅消息): send and gettemplate."""

from sandbox.wechat import words
from sandbox.wechat.api.routing import Payload, done, get, post
from sandbox.wechat.apps import App
from sandbox.wechat.call import Call
from sandbox.wechat.errcodes import Errcode, Refusal
from sandbox.wechat.events import Event, EventName
from sandbox.wechat.inbox import Message
from sandbox.wechat.quotas import SEND
from sandbox.wechat.templates import Template
from sandbox.wechat.users import User
from sandbox.wechat.world import World

STATES = frozenset({"developer", "trial", "formal"})
LANGUAGES = frozenset({"zh_CN", "en_US", "zh_HK", "zh_TW"})
SENT_EVENT_DELAY = (0.2, 2.0)


@post(SEND)
def send(world: World, call: Call) -> Payload:
    """Put a message on a phone, if the user has agreed to it and every value fits its keyword."""
    app = call.account
    user = world.user_of(app, call.text("touser"))
    template = _template(app, call.text("template_id"))
    page = _page(app, call.fields.get("page"))
    state = _one_of(call, "miniprogram_state", STATES, "formal")
    lang = _one_of(call, "lang", LANGUAGES, "zh_CN")
    data = call.fields.get("data")
    checked = template.check(data if isinstance(data, dict) else {})
    text = template.render(checked)
    if words.worst(world.words, text):
        raise Refusal(Errcode.SENSITIVE_WORDS)
    if call.concurrent:
        raise Refusal(Errcode.CONCURRENT_OPENID)
    if not world.subscriptions.may_receive(user.openid, template):
        raise Refusal(Errcode.REFUSED_BY_USER)
    world.subscriptions.spend(user.openid, template)
    message = Message(
        msgid=world.next_msgid(),
        at=world.clock.now(),
        appid=app.appid,
        template_id=template.id,
        title=template.title,
        text=text,
        data=checked,
        page=page,
        state=state,
        lang=lang,
    )
    world.inbox.deliver(user.openid, message)
    _announce(world, user, message)
    return done(msgid=message.msgid)


@get("/wxaapi/newtmpl/gettemplate")
def gettemplate(_world: World, call: Call) -> Payload:
    """List the templates of an account."""
    return done(data=[template.described() for template in call.account.templates.values()])


def _announce(world: World, user: User, message: Message) -> None:
    item = {
        "TemplateId": message.template_id,
        "MsgID": str(message.msgid),
        "ErrorCode": "0",
        "ErrorStatus": "success",
    }
    delay = world.chance.random.uniform(*SENT_EVENT_DELAY)
    created = world.clock.now() + delay
    world.emit(Event(EventName.SENT, user.appid, user.openid, created, items=(item,)), delay=delay)


def _template(app: App, template_id: str) -> Template:
    template = app.templates.get(template_id)
    if template is None:
        raise Refusal(Errcode.INVALID_TEMPLATE_ID)
    if template.banned:
        raise Refusal(Errcode.MESSAGES_BANNED)
    return template


def _page(app: App, page: object) -> str | None:
    if page is None or page == "":
        return None
    if not isinstance(page, str) or page.partition("?")[0] not in app.pages:
        raise Refusal(Errcode.INVALID_PAGE)
    return page


def _one_of(call: Call, name: str, allowed: frozenset[str], default: str) -> str:
    value = call.fields.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise Refusal(Errcode.INVALID_ARGUMENT, f"argument invalid! {name}")
    return value
