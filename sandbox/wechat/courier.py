"""The courier (推送投递): posts each push, waits its time, tries again, writes every attempt down."""

import asyncio
import time
from typing import Any

import aiohttp

from sandbox.wechat.apps import PushTarget
from sandbox.wechat.chance import Chance
from sandbox.wechat.clock import VirtualClock
from sandbox.wechat.envelope import Wire, handshake, wrap
from sandbox.wechat.pushes import Push, Pushes, PushState

ACCEPTED = frozenset({"", "success"})
HTTP_OK = 200
AT_ONCE = 64
REPLY_KEPT = 500


class Courier:
    """Delivers pushes on the running loop."""

    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._chance = Chance()
        self._tasks: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the connection pool; proxies of the environment are ignored."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE), trust_env=False)

    async def stop(self) -> None:
        """Drop what is under way and close."""
        await self.drop()
        if self._session is not None:
            await self._session.close()

    async def drop(self) -> None:
        """Abandon all deliveries under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def serve(self, pushes: Pushes, *, clock: VirtualClock, chance: Chance) -> None:
        """Deliver this queue's pushes from now on, by its clock."""
        self._clock = clock
        self._chance = chance
        pushes.carry = self.carry

    def carry(self, push: Push) -> None:
        """Begin to deliver one push."""
        task = asyncio.get_running_loop().create_task(self._deliver(push))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def verify(self, target: PushTarget) -> dict[str, Any]:
        """Do what the console does when the URL is saved: GET it and expect echostr back verbatim."""
        url, echo = handshake(target, now=self._clock.now(), chance=self._chance)
        attempt = await self._exchange("GET", Wire(url, b"", ""), target.timeout)
        return attempt | {"ok": attempt["status"] == HTTP_OK and attempt["reply"] == echo, "echostr": echo}

    async def _deliver(self, push: Push) -> None:
        if push.target is None:
            return
        async with self._gate:
            wire = await self._until_accepted(push, push.target)
            for _ in range(push.twist.duplicate):
                again = self._wire(push, push.target) if push.twist.fresh_nonce else wire
                attempt = await self._exchange("POST", again, push.target.timeout)
                push.attempts.append(attempt | {"duplicate": True})

    async def _until_accepted(self, push: Push, target: PushTarget) -> Wire:
        wire = self._wire(push, target)
        for number in range(target.max_attempts):
            if number and not push.twist.same_query:
                wire = self._wire(push, target)
            attempt = await self._exchange("POST", wire, target.timeout)
            push.attempts.append(attempt)
            if _accepted(attempt, lenient=push.twist.lenient):
                push.state = PushState.DELIVERED
                return wire
        push.state = PushState.FAILED
        return wire

    def _wire(self, push: Push, target: PushTarget) -> Wire:
        return wrap(push.event, target, twist=push.twist, now=self._clock.now(), chance=self._chance)

    async def _exchange(self, method: str, wire: Wire, patience: float) -> dict[str, Any]:
        if self._session is None:
            raise RuntimeError("the courier has not started")
        began = time.perf_counter()
        attempt: dict[str, Any] = {"at": self._clock.now(), "status": None, "reply": None, "error": None}
        headers = {"Content-Type": wire.content_type} if wire.content_type else {}
        try:
            async with (
                asyncio.timeout(patience),
                self._session.request(
                    method, wire.url, data=wire.body or None, headers=headers, allow_redirects=False
                ) as response,
            ):
                attempt["status"] = response.status
                attempt["reply"] = (await response.content.read(REPLY_KEPT)).decode(errors="replace")
        except TimeoutError:
            attempt["error"] = "timeout"
        except (aiohttp.ClientError, OSError) as error:
            attempt["error"] = type(error).__name__
        return attempt | {"milliseconds": round((time.perf_counter() - began) * 1000, 1)}


def _accepted(attempt: dict[str, Any], *, lenient: bool) -> bool:
    return attempt["status"] == HTTP_OK and (lenient or attempt["reply"] in ACCEPTED)
