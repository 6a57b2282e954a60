"""Managing the interfaces themselves (接口管理): quota/get, clear_quota, getcallbackip."""

from sandbox.wechat.api.routing import ENDPOINTS, Payload, done, get, post
from sandbox.wechat.call import Call
from sandbox.wechat.errcodes import Errcode, Refusal
from sandbox.wechat.world import World

LOOPBACK = "127.0.0.1"


@post("/cgi-bin/openapi/quota/get")
def quota_get(world: World, call: Call) -> Payload:
    """Report what an app has used of a path's quota today."""
    path = call.text("cgi_path")
    if path.startswith("/sns/"):
        raise Refusal(Errcode.PATH_NOT_PERMITTED)
    if path not in ENDPOINTS:
        raise Refusal(Errcode.PATH_NOT_FOUND)
    app = call.account
    report = world.quotas.report(app.appid, path, world.limit_of(app, path))
    return done(**report, component_rate_limit={"call_count": 0, "refresh_second": 0})


@post("/cgi-bin/clear_quota")
def clear_quota(world: World, call: Call) -> Payload:
    """Set an app's counters to zero, ten times a month."""
    app = call.account
    if call.text("appid") != app.appid:
        raise Refusal(Errcode.INVALID_APPID)
    world.quotas.clear(app.appid)
    return done()


@get("/cgi-bin/getcallbackip")
def getcallbackip(_world: World, _call: Call) -> Payload:
    """List where pushes come from."""
    return {"ip_list": [LOOPBACK]}
