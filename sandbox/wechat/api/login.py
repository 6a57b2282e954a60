"""Login and its session key (登录与会话密钥): jscode2session, checksession, resetusersessionkey."""

import hmac

from sandbox.wechat import crypto
from sandbox.wechat.api.credentials import account_of
from sandbox.wechat.api.routing import Payload, done, get
from sandbox.wechat.call import TEXT_TYPE, Call
from sandbox.wechat.codes import CodeKind
from sandbox.wechat.errcodes import Errcode, Refusal
from sandbox.wechat.users import User
from sandbox.wechat.world import World

GRANT_TYPE = "authorization_code"
SIG_METHOD = "hmac_sha256"
SESSION_LIFETIME = 3 * 86_400


@get("/sns/jscode2session", token=False, content_type=TEXT_TYPE, strict=False)
def jscode2session(world: World, call: Call) -> Payload:
    """Exchange a wx.login code, once; a new session key replaces the user's old one."""
    if "access_token" in call.query:
        call.flags.append("needless_access_token")
    app = account_of(world, call.query.get("appid", ""), call.query.get("secret", ""), call)
    text = call.query.get("js_code", "")
    if not text:
        raise Refusal(Errcode.CODE_MISSING)
    if call.query.get("grant_type") != GRANT_TYPE:
        raise Refusal(Errcode.INVALID_GRANT_TYPE)
    known = world.codes.find(text)
    call.openid = known.openid if known else None
    code = world.codes.valid(text, CodeKind.LOGIN, appid=app.appid)
    world.quotas.charge_login(code.openid)
    user = world.user_of(app, code.openid)
    if user.risk_blocked:
        raise Refusal(Errcode.CODE_BLOCKED)
    code.used = True
    user.session_key = world.chance.session_key()
    user.session_expires = world.clock.now() + SESSION_LIFETIME
    user.last_visit = world.clock.now()
    session = {"session_key": user.session_key, "openid": user.openid}
    return session | ({"unionid": user.unionid} if user.unionid else {})


@get("/wxa/checksession")
def checksession(world: World, call: Call) -> Payload:
    """Tell whether a session key is still the user's."""
    _signed_user(world, call)
    return done()


@get("/wxa/resetusersessionkey")
def resetusersessionkey(world: World, call: Call) -> Payload:
    """Replace a session key that is still valid; the new one ends when the old one would have."""
    user = _signed_user(world, call)
    user.session_key = world.chance.session_key()
    return done(openid=user.openid, session_key=user.session_key)


def _signed_user(world: World, call: Call) -> User:
    user = world.user_of(call.account, call.query.get("openid", ""))
    if call.query.get("sig_method") != SIG_METHOD:
        raise Refusal(Errcode.INVALID_SIG_METHOD)
    expected = crypto.session_signature(user.session_key) if user.session_key else ""
    given = call.query.get("signature", "")
    if not expected or not hmac.compare_digest(expected.encode(), given.encode()):
        raise Refusal(Errcode.INVALID_SIGNATURE)
    if world.clock.now() >= user.session_expires:
        raise Refusal(Errcode.SESSION_KEY_EXPIRED)
    return user
