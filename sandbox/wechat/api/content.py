"""Content security (内容安全): msgSecCheck 2.0."""

from sandbox.wechat import words
from sandbox.wechat.api.routing import Payload, done, post
from sandbox.wechat.apps import App
from sandbox.wechat.call import Call
from sandbox.wechat.errcodes import Errcode, Refusal
from sandbox.wechat.words import NORMAL_LABEL, Suggest
from sandbox.wechat.world import World

VERSION = 2
SCENES = frozenset({1, 2, 3, 4})
LONGEST = 2_500
VISIT_WINDOW = 2 * 3_600
CERTAIN = 90


@post("/wxa/msg_sec_check", wrong_method=Errcode.USE_POST)
def msg_sec_check(world: World, call: Call) -> Payload:
    """Judge a text by the seeded words."""
    _version_and_scene(call)
    _recent_visitor(world, call.account, call.text("openid"))
    content = call.text("content")
    if not content:
        raise Refusal(Errcode.DATA_FORMAT)
    if len(content) > LONGEST:
        raise Refusal(Errcode.CONTENT_TOO_LONG)
    texts = [content, *(call.text(name) for name in ("nickname", "title", "signature"))]
    found = words.worst(world.words, "\n".join(texts))
    suggest = found.suggest if found else Suggest.PASS
    label = found.label if found else NORMAL_LABEL
    verdict: Payload = {"strategy": "content_model", "errcode": 0, "suggest": suggest, "label": label}
    detail = [verdict | {"prob": CERTAIN}]
    if found:
        detail.append(verdict | {"strategy": "keyword", "level": CERTAIN, "keyword": found.word})
    trace_id = world.chance.request_id(world.clock.now())
    return done(result={"suggest": suggest, "label": label}, detail=detail, trace_id=trace_id)


def _version_and_scene(call: Call) -> None:
    if call.fields.get("version") not in {VERSION, str(VERSION)}:
        raise Refusal(Errcode.DATA_FORMAT)
    if call.fields.get("scene") not in SCENES:
        raise Refusal(Errcode.BAD_SCENE)


def _recent_visitor(world: World, app: App, openid: str) -> None:
    user = world.users.get(openid)
    if user is None:
        raise Refusal(Errcode.INVALID_OPENID)
    if user.appid != app.appid:
        raise Refusal(Errcode.APPID_OPENID_MISMATCH)
    if user.last_visit is None or world.clock.now() - user.last_visit > VISIT_WINDOW:
        raise Refusal(Errcode.ACCESS_RECORD_EXPIRED)
