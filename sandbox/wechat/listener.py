"""The API port (接口端口): takes requests in, lets faults strike, and notes what was answered."""

import asyncio
import time

from aiohttp import web

from sandbox.wechat.api.dispatch import answer, refused
from sandbox.wechat.call import Answer, Call
from sandbox.wechat.damages import respond
from sandbox.wechat.effects import Effect, Invalidation, Phase
from sandbox.wechat.errcodes import text_of
from sandbox.wechat.faults import Rule
from sandbox.wechat.tokens import Family
from sandbox.wechat.world import World

FAMILIES = (Family.PLAIN, Family.STABLE)


class Listener:
    """Answers the requests of the API port from one world, which a reset may replace."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve one request and note it, whatever becomes of it."""
        began, world = time.perf_counter(), self.world
        call = Call.read(
            method=request.method,
            target=request.raw_path,
            raw=await request.read() if request.body_exists else b"",
            remote=request.remote or "",
        )
        at, rule = world.clock.now(), world.fault_for(call)
        given: Answer | None = None
        try:
            with world.in_flight(call):
                if rule is None:
                    given = answer(world, call)
                    return web.Response(body=given.encoded(), headers={"Content-Type": given.content_type})
                given = await _struck(world, call, rule)
                return await respond(request, rule.effect, given)
        finally:
            seconds = time.perf_counter() - began
            world.journal.note(call, given, at=at, seconds=seconds, fault=rule.id if rule else None)
            world.metrics.count(call.path, given.errcode if given else None, seconds)


async def _struck(world: World, call: Call, rule: Rule) -> Answer | None:
    effect = rule.effect
    given = answer(world, call) if rule.phase is Phase.AFTER_COMMIT else None
    _invalidate(world, call, effect)
    await asyncio.sleep(effect.latency.draw(world.chance.random))
    if effect.errcode is not None:
        return refused(world, effect.errcode, effect.errmsg or text_of(effect.errcode))
    if given is None and not effect.replaces_answer:
        return answer(world, call)
    return given


def _invalidate(world: World, call: Call, effect: Effect) -> None:
    if effect.invalidate_token is None:
        return
    holder = world.tokens.holder(call.query.get("access_token", ""))
    for appid in [holder] if holder else list(world.apps):
        world.tokens.invalidate(appid, FAMILIES, forget=effect.invalidate_token is Invalidation.FORGET)
