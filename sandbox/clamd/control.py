"""The control side, `/__emu__/`: faults, journal, reset, health; for tests and scripts."""

from dataclasses import dataclass

from aiohttp import web

from sandbox.clamd.daemon import Daemon, Effect, Fault


@dataclass(frozen=True, slots=True)
class Control:
    """The handlers of `/__emu__/`."""

    daemon: Daemon

    async def health(self, _request: web.Request) -> web.Response:
        """`GET /__emu__/health`."""
        return web.json_response({"ok": True})

    async def journal(self, _request: web.Request) -> web.Response:
        """`GET /__emu__/journal`: the streams that were scanned, by size and finding."""
        return web.json_response({"items": list(self.daemon.journal)})

    async def add_fault(self, request: web.Request) -> web.Response:
        """`POST /__emu__/faults {effect, times?}`."""
        body = await request.json()
        effects = {effect.value for effect in Effect}
        if not isinstance(body, dict) or body.get("effect") not in effects:
            return web.json_response({"error": "no_such_effect", "effects": sorted(effects)}, status=400)
        self.daemon.faults.append(Fault(Effect(body["effect"]), body.get("times")))
        return web.json_response({}, status=201)

    async def clear_faults(self, _request: web.Request) -> web.Response:
        """`DELETE /__emu__/faults`."""
        self.daemon.faults.clear()
        return web.Response(status=204)

    async def reset(self, _request: web.Request) -> web.Response:
        """`POST /__emu__/reset`: no faults, an empty journal."""
        self.daemon.faults.clear()
        self.daemon.journal.clear()
        return web.Response(status=204)


def routes(daemon: Daemon) -> list[web.RouteDef]:
    """Return the routes of the control side."""
    control = Control(daemon)
    return [
        web.get("/__emu__/health", control.health),
        web.get("/__emu__/journal", control.journal),
        web.post("/__emu__/faults", control.add_fault),
        web.delete("/__emu__/faults", control.clear_faults),
        web.post("/__emu__/reset", control.reset),
    ]
