"""Call quotas (调用额度): per day, per minute, per user and minute, and the ten clearings a month."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.wechat.clock import MINUTE, VirtualClock, day_of, minute_of, month_of
from sandbox.wechat.errcodes import Errcode, Refusal

CLEARS_PER_MONTH = 10
DEFAULT_DAILY = 1_000_000


@dataclass(frozen=True, slots=True)
class Limit:
    """What an app may call in a day (to 00:00 Asia/Shanghai) and in a minute."""

    daily: int = DEFAULT_DAILY
    minute: int | None = None


SEND = "/cgi-bin/message/subscribe/send"
SEND_DAILY_WITH_PAY = 30_000_000
LIMITS: Mapping[str, Limit] = {
    "/cgi-bin/token": Limit(daily=2_000),
    "/cgi-bin/stable_token": Limit(daily=500_000, minute=10_000),
    SEND: Limit(daily=10_000_000),
    "/wxa/msg_sec_check": Limit(daily=2_000_000, minute=4_000),
    "/wxa/resetusersessionkey": Limit(minute=60_000),
}
LOGIN_PER_USER_AND_MINUTE = 100


@dataclass(slots=True)
class _Use:
    day: int = 0
    today: int = 0
    minute: int = 0
    this_minute: int = 0


class Quotas:
    """Counters of one stand-in, by app and path."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._uses: dict[tuple[str, str], _Use] = {}
        self._logins: Counter[str] = Counter()
        self._login_minute = 0
        self._clears: Counter[tuple[str, tuple[int, int]]] = Counter()

    def charge(self, appid: str, path: str, limit: Limit) -> None:
        """Count one call, or refuse it with 45009 (day) or 45011 (minute)."""
        use = self._use(appid, path)
        if use.today >= limit.daily:
            raise Refusal(Errcode.DAILY_QUOTA)
        if limit.minute is not None and use.this_minute >= limit.minute:
            raise Refusal(Errcode.MINUTE_QUOTA)
        use.today += 1
        use.this_minute += 1

    def charge_login(self, openid: str) -> None:
        """Count one login of a user, or refuse the 101st in a minute."""
        minute = minute_of(self._clock.now())
        if minute != self._login_minute:
            self._logins.clear()
            self._login_minute = minute
        if self._logins[openid] >= LOGIN_PER_USER_AND_MINUTE:
            raise Refusal(Errcode.MINUTE_QUOTA)
        self._logins[openid] += 1

    def report(self, appid: str, path: str, limit: Limit) -> dict[str, dict[str, int]]:
        """Return the quota and rate_limit objects of openapi/quota/get."""
        used = self._use(appid, path).today
        quota = {"daily_limit": limit.daily, "used": used, "remain": limit.daily - used}
        rate = {"call_count": limit.minute or 0, "refresh_second": MINUTE if limit.minute else 0}
        return {"quota": quota, "rate_limit": rate}

    def clear(self, appid: str) -> None:
        """Set an app's counters to zero; refused with 48006 after the tenth time in a month."""
        key = (appid, month_of(self._clock.now()))
        if self._clears[key] >= CLEARS_PER_MONTH:
            raise Refusal(Errcode.CLEAR_LIMIT)
        self._clears[key] += 1
        self._uses = {known: use for known, use in self._uses.items() if known[0] != appid}

    def _use(self, appid: str, path: str) -> _Use:
        use = self._uses.setdefault((appid, path), _Use())
        now = self._clock.now()
        day, minute = day_of(now), minute_of(now)
        if use.day != day:
            use.day, use.today = day, 0
        if use.minute != minute:
            use.minute, use.this_minute = minute, 0
        return use
