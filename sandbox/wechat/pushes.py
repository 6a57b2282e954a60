"""The pushes owed to callback URLs (推送队列): planned on the virtual clock, posted when due."""

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.wechat.apps import App, PushTarget
from sandbox.wechat.clock import VirtualClock
from sandbox.wechat.events import Event
from sandbox.wechat.twists import NO_TWIST, Twist

KEPT = 20_000


class PushState(StrEnum):
    """Where a push stands."""

    PLANNED = "planned"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    FAILED = "failed"
    LOST = "lost"
    NO_TARGET = "no_target"


@dataclass(slots=True)
class Push:
    """One push and what became of it; attempts carry time, latency, status and reply."""

    number: int
    event: Event
    target: PushTarget | None
    due: float
    twist: Twist
    fault: str | None
    state: PushState = PushState.PLANNED
    attempts: list[dict[str, Any]] = field(default_factory=list)

    def described(self) -> dict[str, Any]:
        """Describe the push for the control port."""
        return {
            "id": self.number,
            "event": self.event.name,
            "appid": self.event.appid,
            "openid": self.event.openid,
            "created": self.event.created,
            "due": self.due,
            "state": self.state,
            "fault": self.fault,
            "fields": dict(self.event.fields),
            "items": [dict(item) for item in self.event.items],
            "attempts": self.attempts,
        }


Carrier = Callable[[Push], None]


class Pushes:
    """All pushes of a stand-in, the last 20,000 of them kept for reading."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._pushes: deque[Push] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self.carry: Carrier | None = None

    def plan(
        self, event: Event, app: App, *, delay: float = 0.0, twist: Twist = NO_TWIST, fault: str | None = None
    ) -> Push:
        """Queue an event for an app's callback URL after a delay on the virtual clock."""
        due = self._clock.now() + delay + twist.delay
        push = Push(next(self._numbers), event, app.push, due, twist, fault)
        self._pushes.append(push)
        if app.push is None:
            push.state = PushState.NO_TARGET
        elif twist.lost:
            push.state = PushState.LOST
        else:
            self._clock.at(due, lambda: self._hand_over(push))
        return push

    def listed(self, *, event: str | None = None, openid: str | None = None) -> list[Push]:
        """List pushes, oldest first, of one event or one user if asked."""
        return [
            push
            for push in self._pushes
            if (event is None or push.event.name == event) and (openid is None or push.event.openid == openid)
        ]

    def _hand_over(self, push: Push) -> None:
        if self.carry is not None:
            push.state = PushState.DELIVERING
            self.carry(push)
