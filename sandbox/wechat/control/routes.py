"""The paths of the control port, all under /__emu__/."""

from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.wechat.control import operations, phone, views
from sandbox.wechat.control.phone import PhoneRefuses
from sandbox.wechat.control.replies import document_of, reply
from sandbox.wechat.documents import BadDocument
from sandbox.wechat.face import CannotPerform
from sandbox.wechat.stage import Stage
from sandbox.wechat.world import World

Deed = Callable[[World, Any], Any]
View = Callable[[World, web.Request], Any]

DEEDS: dict[str, Deed] = {
    "seed": operations.seed,
    "users": phone.users,
    "login_code": phone.login_code,
    "phone_code": phone.phone_code,
    "encrypted_data": phone.encrypted_data,
    "subscribe": phone.subscribe,
    "manage_reject": phone.manage_reject,
    "revoke": phone.revoke,
    "cancellation": phone.cancellation,
    "info_modified": phone.info_modified,
    "face": phone.face,
    "tokens/invalidate": operations.invalidate_tokens,
    "tokens/expire": operations.expire_tokens,
    "tokens/rotate": operations.rotate_tokens,
    "push/send": operations.push_send,
    "faults": operations.add_fault,
    "clock": operations.advance_clock,
}
VIEWS: dict[str, View] = {
    "health": views.health,
    "pushes": views.pushes,
    "journal": views.journal,
    "inbox/{openid}": views.inbox,
    "faults": views.faults,
    "metrics": views.metrics,
}


def control_app(stage: Stage) -> web.Application:
    """Build the control port's application."""
    app = web.Application(middlewares=[_plain_errors])
    app.add_routes(
        [
            *(web.post(f"/__emu__/{path}", _deed(stage, deed)) for path, deed in DEEDS.items()),
            *(web.get(f"/__emu__/{path}", _view(stage, view)) for path, view in VIEWS.items()),
            web.post("/__emu__/reset", _reset(stage)),
            web.post("/__emu__/push/verify_url", _verify_url(stage)),
            web.delete("/__emu__/faults", _remove_faults(stage)),
            web.delete("/__emu__/faults/{id}", _remove_faults(stage)),
        ]
    )
    return app


def _deed(stage: Stage, deed: Deed) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        document = await document_of(request)
        return reply(deed(stage.world, document))

    return handle


def _view(stage: Stage, view: View) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return reply(view(stage.world, request))

    return handle


def _reset(stage: Stage) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        await stage.reset(await document_of(request) or None)
        return reply({"apps": list(stage.world.apps), "users": len(stage.world.users)})

    return handle


def _verify_url(stage: Stage) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        target = operations.app_of(stage.world, await document_of(request)).push
        if target is None:
            raise BadDocument("this app has no push settings")
        return reply(await stage.courier.verify(target))

    return handle


def _remove_faults(stage: Stage) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return reply({"removed": stage.world.faults.remove(request.match_info.get("id"))})

    return handle


@web.middleware
async def _plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except BadDocument as error:
        return reply({"error": str(error)}, status=400)
    except CannotPerform as error:
        return reply({"error": str(error)}, status=409)
    except PhoneRefuses as refusal:
        return reply({"errCode": refusal.err_code, "errMsg": refusal.err_msg}, status=409)
