"""One running stand-in (运行实例): the world at present, its listener and its courier."""

import asyncio
from typing import Any

from sandbox.wechat.courier import Courier
from sandbox.wechat.listener import Listener
from sandbox.wechat.seed import plant
from sandbox.wechat.world import World


class Stage:
    """Holds the world; a reset puts a new one in its place, seeded as at the start."""

    def __init__(self, seed: Any = None) -> None:
        self._seed = seed
        self.courier = Courier()
        self.world = self._built(seed)
        self.listener = Listener(self.world)

    async def start(self) -> None:
        """Begin to deliver pushes and to let the clock fire work."""
        await self.courier.start()
        self._attach(self.world)

    async def stop(self) -> None:
        """Abandon what is under way."""
        self.world.clock.forget()
        await self.courier.stop()

    async def reset(self, seed: Any = None) -> None:
        """Forget everything that happened; raises BadDocument and changes nothing if a new seed is bad."""
        fresh = self._built(self._seed if seed is None else seed)
        self.world.clock.forget()
        await self.courier.drop()
        self._attach(fresh)

    def _built(self, seed: Any) -> World:
        world = World()
        if seed is not None:
            plant(world, seed)
        return world

    def _attach(self, world: World) -> None:
        self.world = world
        self.listener.world = world
        self.courier.serve(world.pushes, clock=world.clock, chance=world.chance)
        world.clock.run_on(asyncio.get_running_loop())
