"""Access tokens (接口调用凭证): /cgi-bin/token and /cgi-bin/stable_token."""

import hmac

from sandbox.wechat.api.routing import Payload, get, post
from sandbox.wechat.apps import App
from sandbox.wechat.call import Call
from sandbox.wechat.errcodes import Errcode, Refusal
from sandbox.wechat.tokens import Grant
from sandbox.wechat.world import World

GRANT_TYPE = "client_credential"


@get("/cgi-bin/token", token=False)
def token(world: World, call: Call) -> Payload:
    """Issue a new token; the one before it lives on for five minutes."""
    _right_grant(call.query.get("grant_type"))
    app = account_of(world, call.query.get("appid", ""), call.query.get("secret", ""), call)
    _open_to(app, call)
    world.quotas.charge(app.appid, call.path, world.limit_of(app, call.path))
    return _granted(world, world.tokens.issue_plain(app))


@post("/cgi-bin/stable_token", token=False)
def stable_token(world: World, call: Call) -> Payload:
    """Hand out the current stable token, or force a new one."""
    _right_grant(call.fields.get("grant_type"))
    app = account_of(world, call.text("appid"), call.text("secret"), call)
    _open_to(app, call)
    force = call.fields.get("force_refresh", False)
    if not isinstance(force, bool):
        raise Refusal(Errcode.DATA_FORMAT)
    world.quotas.charge(app.appid, call.path, world.limit_of(app, call.path))
    return _granted(world, world.tokens.force_stable(app) if force else world.tokens.issue_stable(app))


def account_of(world: World, appid: str, secret: str, call: Call) -> App:
    """Return the app whose id and secret these are; 41002, 41004, 40013, or 40125 where they are not."""
    if not appid:
        raise Refusal(Errcode.APPID_MISSING)
    if not secret:
        raise Refusal(Errcode.APPSECRET_MISSING)
    app = world.apps.get(appid)
    if app is None:
        raise Refusal(Errcode.INVALID_APPID)
    call.app = app
    if not hmac.compare_digest(secret.encode(), app.secret.encode()):
        raise Refusal(app.wrong_secret_errcode)
    return app


def _right_grant(grant_type: object) -> None:
    if grant_type != GRANT_TYPE:
        raise Refusal(Errcode.INVALID_GRANT_TYPE)


def _open_to(app: App, call: Call) -> None:
    if app.frozen:
        raise Refusal(Errcode.SECRET_FROZEN)
    if app.ip_whitelist and call.remote not in app.ip_whitelist:
        where = f"invalid ip {call.remote} ipv6 ::ffff:{call.remote}, not in whitelist"
        raise Refusal(Errcode.IP_NOT_WHITELISTED, where)


def _granted(world: World, grant: Grant) -> Payload:
    return {"access_token": grant.token, "expires_in": grant.expires_in(world.clock.now())}
