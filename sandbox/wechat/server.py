"""Both ports of the stand-in on one event loop (双端口服务)."""

import socket
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.wechat.control.routes import control_app
from sandbox.wechat.stage import Stage

SHUTDOWN_SECONDS = 0.2
BACKLOG = 1_024


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two ports listen."""

    host: str
    port: int
    control_port: int


class Server:
    """Starts and stops the API port and the control port."""

    def __init__(self, *, host: str, port: int = 0, control_port: int = 0, seed: Any = None) -> None:
        self._host = host
        self._ports = (port, control_port)
        self.stage = Stage(seed)
        self._runners: list[web.BaseRunner] = []

    async def start(self) -> Addresses:
        """Listen on both ports (0 takes a free one); raises OSError if one is taken."""
        await self.stage.start()
        api = web.ServerRunner(
            web.Server(self.stage.listener, access_log=None), shutdown_timeout=SHUTDOWN_SECONDS
        )
        control = web.AppRunner(control_app(self.stage), access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        ports = [
            await self._listen(runner, port) for runner, port in zip((api, control), self._ports, strict=True)
        ]
        return Addresses(self._host, *ports)

    async def stop(self) -> None:
        """Close both ports, and what still hangs on them, within a fraction of a second."""
        for runner in self._runners:
            await runner.cleanup()
        await self.stage.stop()

    async def _listen(self, runner: web.BaseRunner, port: int) -> int:
        self._runners.append(runner)
        await runner.setup()
        listening = socket.create_server((self._host, port), backlog=BACKLOG)
        await web.SockSite(runner, listening, backlog=BACKLOG).start()
        return int(listening.getsockname()[1])
