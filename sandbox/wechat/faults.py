"""Fault rules (故障规则): which requests and pushes they meet, when they strike, how long they live."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.wechat.chance import Chance
from sandbox.wechat.clock import VirtualClock, next_day, next_minute
from sandbox.wechat.documents import BadDocument, Fields
from sandbox.wechat.effects import Effect, Phase, effect_of

MATCHED_FIELDS = ("path", "method", "appid", "openid", "template_id", "event")
WINDOW_BOUNDS = 2


class When(StrEnum):
    """The condition on the count of matching requests, or on time."""

    ALWAYS = "always"
    NTH = "nth"
    EVERY = "every"
    PROBABILITY = "probability"
    FIRST_N = "first_n"
    AFTER_N = "after_n"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule looks at: a request, or a push if `event` is set."""

    path: str | None = None
    method: str | None = None
    appid: str | None = None
    openid: str | None = None
    template_id: str | None = None
    event: str | None = None
    raw: bytes = b""


@dataclass(slots=True)
class Rule:
    """One rule and how often it has struck; `first` and `second` are the numbers of its condition."""

    id: str
    match: dict[str, str]
    body_contains: bytes
    effect: Effect
    phase: Phase
    created: float
    when: When = When.ALWAYS
    first: float = 0.0
    second: float = 0.0
    count: int | None = None
    expires_at: float | None = None
    document: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    struck: int = 0

    def matches(self, subject: Subject) -> bool:
        """Whether the rule speaks of this request or push at all."""
        if (subject.event is None) != (self.effect.push is None):
            return False
        return self.body_contains in subject.raw and all(
            getattr(subject, name) == wanted for name, wanted in self.match.items()
        )

    def strikes(self, *, now: float, chance: Chance) -> bool:
        """Count one matching request and decide."""
        if self.expires_at is not None and now >= self.expires_at:
            return False
        if self.count is not None and self.struck >= self.count:
            return False
        self.seen += 1
        hit = self._due(now=now, chance=chance)
        self.struck += hit
        return hit

    def described(self) -> dict[str, Any]:
        """Repeat the rule with its id and counts."""
        return self.document | {"id": self.id, "seen": self.seen, "struck": self.struck}

    def _due(self, *, now: float, chance: Chance) -> bool:
        decisions: dict[When, bool] = {
            When.ALWAYS: True,
            When.NTH: self.seen == self.first,
            When.EVERY: self.seen % max(self.first, 1) == 0,
            When.FIRST_N: self.seen <= self.first,
            When.AFTER_N: self.seen > self.first,
            When.WINDOW: self.first <= now - self.created < self.second,
        }
        if self.when is When.PROBABILITY:
            return chance.random.random() < self.first
        return decisions[self.when]


class Faults:
    """The rules in order; the first that strikes is the only one."""

    def __init__(self, clock: VirtualClock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._rules: list[Rule] = []
        self._numbers = itertools.count(1)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def add(self, document: Any) -> Rule:
        """Append a rule; raises BadDocument."""
        rule = _rule(document, number=next(self._numbers), now=self._clock.now())
        self._rules.append(rule)
        return rule

    def remove(self, rule_id: str | None = None) -> int:
        """Remove one rule, or all; returns how many."""
        kept = [rule for rule in self._rules if rule_id is not None and rule.id != rule_id]
        removed = len(self._rules) - len(kept)
        self._rules = kept
        return removed

    def pick(self, subject: Subject) -> Rule | None:
        """Choose the first rule that matches and strikes."""
        now = self._clock.now()
        for rule in self._rules:
            if rule.matches(subject) and rule.strikes(now=now, chance=self._chance):
                return rule
        return None


def _rule(document: Any, *, number: int, now: float) -> Rule:
    fields = Fields(document, "fault")
    match, body_contains = _match(fields.part("match"))
    when, first, second = _when(fields.part("when"))
    effect = fields.part("effect")
    if effect is None:
        raise BadDocument("fault.effect is missing")
    rule = Rule(
        id=fields.take("id", str, f"fault-{number}"),
        match=match,
        body_contains=body_contains.encode(),
        effect=effect_of(effect),
        phase=fields.take("phase", Phase, Phase.BEFORE),
        created=now,
        when=when,
        first=first,
        second=second,
        count=fields.find("count", int),
        expires_at=_expiry(fields, now),
        document=document,
    )
    fields.finish()
    return rule


def _match(fields: Fields | None) -> tuple[dict[str, str], str]:
    if fields is None:
        return {}, ""
    wanted = {name: value for name in MATCHED_FIELDS if (value := fields.find(name, str)) is not None}
    body_contains = fields.take("body_contains", str, "")
    fields.finish()
    return wanted, body_contains


def _when(fields: Fields | None) -> tuple[When, float, float]:
    if fields is None:
        return When.ALWAYS, 0.0, 0.0
    chosen = [when for when in When if fields.left(when.value)]
    if len(chosen) != 1 or chosen[0] is When.ALWAYS:
        raise BadDocument("fault.when takes exactly one of nth, every, probability, first_n, after_n, window")
    when = chosen[0]
    if when is When.WINDOW:
        bounds = fields.need(when.value, list)
        if len(bounds) != WINDOW_BOUNDS:
            raise BadDocument("fault.when.window takes two times in seconds")
        first, second = float(bounds[0]), float(bounds[1])
    else:
        first, second = fields.need(when.value, float), 0.0
    if first < 0 or (when is When.EVERY and first < 1):
        raise BadDocument("fault.when counts upwards from 1")
    fields.finish()
    return when, first, second


def _expiry(fields: Fields, now: float) -> float | None:
    ttl, until = fields.find("ttl", float), fields.find("until", str)
    if until is not None:
        bounds = {"next_minute": next_minute(now), "next_day": next_day(now)}
        if until not in bounds:
            raise BadDocument("fault.until is next_minute or next_day")
        return bounds[until]
    return None if ttl is None else now + ttl
