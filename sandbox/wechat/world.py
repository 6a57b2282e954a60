"""The whole state of one stand-in (状态): accounts, people and everything that has happened to them."""

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.wechat.apps import App
from sandbox.wechat.call import Call
from sandbox.wechat.chance import Chance
from sandbox.wechat.clock import VirtualClock
from sandbox.wechat.codes import Codes
from sandbox.wechat.errcodes import Errcode, Refusal
from sandbox.wechat.events import Event
from sandbox.wechat.face import FaceChecks
from sandbox.wechat.faults import Faults, Rule, Subject
from sandbox.wechat.inbox import Inbox
from sandbox.wechat.journal import Journal
from sandbox.wechat.metrics import Metrics
from sandbox.wechat.pushes import Push, Pushes
from sandbox.wechat.quotas import LIMITS, SEND, SEND_DAILY_WITH_PAY, Limit, Quotas
from sandbox.wechat.subscriptions import Subscriptions
from sandbox.wechat.tokens import Tokens
from sandbox.wechat.twists import NO_TWIST
from sandbox.wechat.users import User
from sandbox.wechat.words import SensitiveWord


class World:
    """One state; a reset replaces it whole."""

    words: tuple[SensitiveWord, ...] = ()

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.chance = Chance()
        self.apps: dict[str, App] = {}
        self.users: dict[str, User] = {}
        self.codes = Codes(self.clock, self.chance)
        self.tokens = Tokens(self.clock, self.chance)
        self.quotas = Quotas(self.clock)
        self.subscriptions = Subscriptions()
        self.inbox = Inbox()
        self.face = FaceChecks(self.clock, self.chance)
        self.faults = Faults(self.clock, self.chance)
        self.journal = Journal()
        self.metrics = Metrics()
        self.pushes = Pushes(self.clock)
        self._in_flight: Counter[str] = Counter()
        self.phone_numbers_sold = 0
        self._messages = itertools.count()

    def limit_of(self, app: App, path: str) -> Limit:
        """Return the quota of an app for a path: its own if seeded, else WeChat's."""
        if path in app.limits:
            return app.limits[path]
        if path == SEND and app.pay_enabled:
            return Limit(daily=SEND_DAILY_WITH_PAY)
        return LIMITS.get(path, Limit())

    def user_of(self, app: App, openid: str) -> User:
        """Return a user of this app; 40003 if it has none of that openid."""
        user = self.users.get(openid)
        if user is None or user.appid != app.appid:
            raise Refusal(Errcode.INVALID_OPENID)
        return user

    def next_msgid(self) -> int:
        """Return a message id of 19 digits that never repeats, not even after a restart."""
        return (int(self.clock.now() * 1000) << 20) + (next(self._messages) & 0xFFFFF)

    @contextmanager
    def in_flight(self, call: Call) -> Iterator[None]:
        """Hold a send to one openid open until it is answered, so that a second one is seen (43108)."""
        if call.path != SEND or call.openid is None:
            yield
            return
        call.concurrent = self._in_flight[call.openid] > 0
        self._in_flight[call.openid] += 1
        try:
            yield
        finally:
            self._in_flight[call.openid] -= 1
            if not self._in_flight[call.openid]:
                del self._in_flight[call.openid]

    def emit(self, event: Event, *, delay: float = 0.0) -> Push:
        """Push an event to its app's callback URL, spoiled if a fault rule says so."""
        subject = Subject(event=event.name, appid=event.appid, openid=event.openid)
        rule = self.faults.pick(subject) if self.faults else None
        twist = rule.effect.push if rule is not None else None
        return self.pushes.plan(
            event,
            self.apps[event.appid],
            delay=delay,
            twist=twist or NO_TWIST,
            fault=rule.id if rule is not None else None,
        )

    def fault_for(self, call: Call) -> Rule | None:
        """Return the fault rule that strikes a request, if any."""
        if not self.faults:
            return None
        fields = call.body or {}
        token, code = call.query.get("access_token", ""), call.query.get("js_code") or fields.get("code")
        known = self.codes.find(code) if isinstance(code, str) else None
        openid = call.openid or (known.openid if known else None)
        appid = self.tokens.holder(token) or call.query.get("appid") or fields.get("appid")
        return self.faults.pick(
            Subject(
                path=call.path,
                method=call.method,
                appid=appid,
                openid=openid,
                template_id=fields.get("template_id"),
                raw=call.raw,
            )
        )
