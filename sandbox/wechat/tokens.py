"""Access tokens (接口调用凭证): two families per app that know nothing of each other."""

import hashlib
import math
import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from sandbox.wechat.apps import App
from sandbox.wechat.chance import Chance
from sandbox.wechat.clock import DAY, VirtualClock, day_of
from sandbox.wechat.errcodes import Errcode, Refusal

LIFETIME = 7_200
OVERLAP = 300
FORCE_SPACING = 30
FORCES_PER_DAY = 20
PRUNE_ABOVE = 4_000
_SHAPE = re.compile(r"[A-Za-z0-9_-]{32,512}")


class Family(StrEnum):
    """Which endpoint issued a token."""

    PLAIN = "plain"
    STABLE = "stable"


@dataclass(slots=True)
class Grant:
    """One issued token; dead from `dies_at` (40001), expired from `expires_at` (42001)."""

    token: str
    appid: str
    family: Family
    expires_at: float
    dies_at: float = math.inf

    def expires_in(self, now: float) -> int:
        """Whole seconds left."""
        return math.ceil(self.expires_at - now)


class Tokens:
    """Everything issued, and which token is current in each family of each app."""

    def __init__(self, clock: VirtualClock, chance: Chance) -> None:
        self._clock = clock
        self._chance = chance
        self._grants: dict[str, Grant] = {}
        self._current: dict[tuple[str, Family], Grant] = {}
        self._last_force: dict[str, float] = {}
        self._forces: Counter[tuple[str, int]] = Counter()

    def issue_plain(self, app: App) -> Grant:
        """Return a new token each time; the one before it lives on for five minutes."""
        previous = self._current.get((app.appid, Family.PLAIN))
        if previous is not None:
            previous.dies_at = min(previous.dies_at, self._clock.now() + OVERLAP)
        return self._issue(app.appid, Family.PLAIN)

    def issue_stable(self, app: App) -> Grant:
        """Return the same token until five minutes before its end, then a new one beside it."""
        current = self._current.get((app.appid, Family.STABLE))
        if current is None or current.expires_in(self._clock.now()) <= OVERLAP:
            return self._issue(app.appid, Family.STABLE)
        return current

    def force_stable(self, app: App) -> Grant:
        """Return a new token and kill the old at once; within 30 s of the last force, change nothing."""
        now = self._clock.now()
        current = self._current.get((app.appid, Family.STABLE))
        if current is not None and now - self._last_force.get(app.appid, -math.inf) < FORCE_SPACING:
            return current
        today = (app.appid, day_of(now))
        if self._forces[today] >= FORCES_PER_DAY:
            raise Refusal(Errcode.DAILY_QUOTA)
        self._forces[today] += 1
        self._last_force[app.appid] = now
        return self.rotate(app.appid, Family.STABLE)

    def rotate(self, appid: str, family: Family) -> Grant:
        """Replace a family's token as another holder's forced refresh would: the old one dies at once."""
        for grant in self._grants.values():
            if grant.appid == appid and grant.family is family:
                grant.dies_at = min(grant.dies_at, self._clock.now())
        return self._issue(appid, family)

    def check(self, token: str) -> Grant:
        """Return the live grant of a token, or the reason why it is none."""
        if not token:
            raise Refusal(Errcode.TOKEN_MISSING)
        grant = self._grants.get(token)
        if grant is None:
            known_shape = _SHAPE.fullmatch(token) is not None
            raise Refusal(Errcode.INVALID_CREDENTIAL if known_shape else Errcode.INVALID_ACCESS_TOKEN)
        now = self._clock.now()
        if now >= grant.dies_at:
            raise Refusal(Errcode.INVALID_CREDENTIAL)
        if now >= grant.expires_at:
            raise Refusal(Errcode.TOKEN_EXPIRED)
        return grant

    def holder(self, token: str) -> str | None:
        """Return the appid a token was issued to, alive or not."""
        grant = self._grants.get(token)
        return grant.appid if grant else None

    def invalidate(self, appid: str, families: tuple[Family, ...], *, forget: bool = True) -> int:
        """Refuse an app's tokens from now on; unless forgotten, they are still handed out."""
        now = self._clock.now()
        alive = self._alive(appid, families)
        for grant in alive:
            grant.dies_at = now
        if forget:
            for family in families:
                self._current.pop((appid, family), None)
        return len(alive)

    def expire(self, appid: str, families: tuple[Family, ...]) -> int:
        """Let an app's tokens end now (42001 from here on)."""
        alive = self._alive(appid, families)
        for grant in alive:
            grant.expires_at = self._clock.now()
        return len(alive)

    def _alive(self, appid: str, families: tuple[Family, ...]) -> list[Grant]:
        now = self._clock.now()
        ours = (g for g in self._grants.values() if g.appid == appid and g.family in families)
        return [grant for grant in ours if now < min(grant.dies_at, grant.expires_at)]

    def _issue(self, appid: str, family: Family) -> Grant:
        now = self._clock.now()
        self._prune(now)
        grant = Grant(self._chance.token(), appid, family, expires_at=now + LIFETIME)
        self._grants[grant.token] = grant
        self._current[(appid, family)] = grant
        return grant

    def _prune(self, now: float) -> None:
        if len(self._grants) > PRUNE_ABOVE:
            kept = {t: g for t, g in self._grants.items() if now < min(g.dies_at, g.expires_at) + DAY}
            self._grants = kept


def fingerprint(secret: str) -> str:
    """Return a short digest by which a journal can tell secrets apart without keeping them."""
    return "#" + hashlib.sha256(secret.encode()).hexdigest()[:10]
