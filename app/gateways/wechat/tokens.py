"""The access token (接口调用凭据): one stable token for all processes, renewed by one of them at a time.

A refused token is replaced only if it is still the one in use (compare and refresh): first WeChat is asked
without force, since another holder may have renewed it; only where it hands out the refused token again is
one renewal forced, at most every 35 s (WeChat allows 20 a day, 30 s apart). Where Redis does not answer,
every process keeps the token for itself. A failure is remembered for a few seconds, so that a queue of a
thousand sends does not ask a thousand times.
"""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import orjson
import structlog
from redis import Redis

from app.foundation.cache import RedisError
from app.gateways.wechat.errors import (
    DailyQuota,
    NotSent,
    OutcomeUnknown,
    TokenRefused,
    WeChatError,
    refusal,
)

_log = structlog.get_logger(__name__)

PATH: Final = "/cgi-bin/stable_token"
OVERLAP_SECONDS = 300
"""WeChat issues a new token this long before the old one ends; both count meanwhile."""
SHORTEST_SECONDS = 5
MEMORY_SECONDS = 5.0
FAILURE_SECONDS = 3
FORCE_SECONDS = 35
LOCK_SECONDS = 20
WAIT_SECONDS = 8.0
POLL_SECONDS = 0.02
_INVALID_CREDENTIAL = 40001

_UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


@dataclass(frozen=True, slots=True)
class Grant:
    """What WeChat issued; `expires_in` seconds."""

    token: str = field(repr=False)
    expires_in: int


class Shelf(Protocol):
    """Where a token, and what is known about getting one, is kept for a while."""

    def token(self) -> str | None:
        """Return the token in use."""

    def keep(self, token: str, *, seconds: int) -> None:
        """Put a token in use."""

    def failure(self) -> bytes | None:
        """Return what went wrong a moment ago."""

    def note_failure(self, note: bytes) -> None:
        """Remember what went wrong for a moment."""

    def may_force(self) -> bool:
        """Say whether a forced renewal is due, and count it as done."""

    def lock(self, owner: str) -> bool:
        """Become the one who renews."""

    def unlock(self, owner: str) -> None:
        """Stop being the one who renews."""


class SharedShelf:
    """The shelf of all processes, in Redis; every method raises RedisError."""

    def __init__(self, app_id: str, redis: Callable[[], Redis]) -> None:
        self._key = f"wx:{app_id}:stable_token"
        self._redis = redis

    def token(self) -> str | None:
        """Return the token in use."""
        found: Any = self._redis().get(self._key)
        return found.decode() if isinstance(found, bytes) else found

    def keep(self, token: str, *, seconds: int) -> None:
        """Put a token in use."""
        self._redis().set(self._key, token, ex=seconds)

    def failure(self) -> bytes | None:
        """Return what went wrong a moment ago."""
        found: Any = self._redis().get(f"{self._key}:failed")
        return found.encode() if isinstance(found, str) else found

    def note_failure(self, note: bytes) -> None:
        """Remember what went wrong for a moment."""
        self._redis().set(f"{self._key}:failed", note, ex=FAILURE_SECONDS)

    def may_force(self) -> bool:
        """Say whether a forced renewal is due, and count it as done."""
        return bool(self._redis().set(f"{self._key}:forced", b"1", nx=True, ex=FORCE_SECONDS))

    def lock(self, owner: str) -> bool:
        """Become the one who renews."""
        return bool(self._redis().set(f"{self._key}:lock", owner, nx=True, ex=LOCK_SECONDS))

    def unlock(self, owner: str) -> None:
        """Stop being the one who renews; a lock that ran out and went to another is left alone."""
        with suppress(RedisError):  # it runs out by itself
            self._redis().eval(_UNLOCK, 1, f"{self._key}:lock", owner)


class OwnShelf:
    """The shelf of this process alone, for while Redis does not answer."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, float]] = {}

    def token(self) -> str | None:
        """Return the token in use."""
        found: str | None = self._get("token")
        return found

    def keep(self, token: str, *, seconds: int) -> None:
        """Put a token in use."""
        self._put("token", token, seconds)

    def failure(self) -> bytes | None:
        """Return what went wrong a moment ago."""
        found: bytes | None = self._get("failed")
        return found

    def note_failure(self, note: bytes) -> None:
        """Remember what went wrong for a moment."""
        self._put("failed", note, FAILURE_SECONDS)

    def may_force(self) -> bool:
        """Say whether a forced renewal is due, and count it as done."""
        if self._get("forced"):
            return False
        self._put("forced", True, FORCE_SECONDS)  # noqa: FBT003 a mark, not an option
        return True

    def lock(self, owner: str) -> bool:
        """Become the one who renews: within a process `StableToken` lets one thread in anyway."""
        del owner
        return True

    def unlock(self, owner: str) -> None:
        """Stop being the one who renews."""

    def _put(self, name: str, value: Any, seconds: float) -> None:
        self._kept[name] = (value, time.monotonic() + seconds)

    def _get(self, name: str) -> Any:
        value, until = self._kept.get(name, (None, 0.0))
        return value if time.monotonic() < until else None


class StableToken:
    """The token of one mini-program; `fetch(force)` asks WeChat for it."""

    def __init__(
        self,
        app_id: str,
        *,
        fetch: Callable[[bool], Grant],
        redis: Callable[[], Redis],
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._fetch, self._wait_seconds = fetch, wait_seconds
        self._shared, self._own = SharedShelf(app_id, redis), OwnShelf()
        self._one_thread = threading.Lock()
        self._memory: tuple[str, float] = ("", 0.0)

    def current(self) -> str:
        """Return the token in use; raises NotSent, Misconfigured, Busy or a quota where there is none."""
        return self._obtain(refused=None)

    def replacement(self, refused: str) -> str:
        """Return a token other than the one WeChat just refused; raises TokenRefused too."""
        return self._obtain(refused=refused)

    def _obtain(self, *, refused: str | None) -> str:
        if known := self._remembered(refused):
            return known
        if not self._one_thread.acquire(timeout=self._wait_seconds):
            raise NotSent(reason="token_wait")
        try:
            if known := self._remembered(refused):
                return known
            token = self._from_either(refused)
            self._memory = (token, time.monotonic() + MEMORY_SECONDS)
            return token
        finally:
            self._one_thread.release()

    def _remembered(self, refused: str | None) -> str | None:
        token, until = self._memory
        return token if token != refused and time.monotonic() < until else None

    def _from_either(self, refused: str | None) -> str:
        try:
            return self._from(self._shared, refused)
        except RedisError as error:
            _log.warning("wechat.token_cache_silent", kind=type(error).__name__)
        return self._from(self._own, refused)

    def _from(self, shelf: Shelf, refused: str | None) -> str:
        owner, end = secrets.token_hex(8), time.monotonic() + self._wait_seconds
        while True:
            if found := self._on(shelf, refused):
                return found
            if shelf.lock(owner):
                break
            if time.monotonic() > end:
                raise NotSent(reason="token_wait")
            time.sleep(POLL_SECONDS)
        try:
            return self._on(shelf, refused) or self._renew(shelf, refused)
        finally:
            shelf.unlock(owner)

    def _on(self, shelf: Shelf, refused: str | None) -> str | None:
        """Return a usable token from the shelf; raises what went wrong a moment ago."""
        token = shelf.token()
        if token and token != refused:
            return token
        if (note := shelf.failure()) and (error := _noted(note, refused)):
            raise error
        return None

    def _renew(self, shelf: Shelf, refused: str | None) -> str:
        grant = self._ask(shelf, refused, force=False)
        if grant.token == refused:
            if not shelf.may_force():
                raise self._failed(shelf, refused, TokenRefused(_INVALID_CREDENTIAL, reason="cooling_down"))
            grant = self._ask(shelf, refused, force=True)
        if grant.token == refused:
            raise self._failed(shelf, refused, TokenRefused(_INVALID_CREDENTIAL, reason="not_renewed"))
        seconds = max(SHORTEST_SECONDS, grant.expires_in - OVERLAP_SECONDS)
        self._own.keep(grant.token, seconds=seconds)
        shelf.keep(grant.token, seconds=seconds)
        return grant.token

    def _ask(self, shelf: Shelf, refused: str | None, *, force: bool) -> Grant:
        failure: WeChatError
        try:
            grant = self._fetch(force)
        except (OutcomeUnknown, NotSent) as error:  # of the token call; the caller's own has not begun
            failure = NotSent(reason=f"token_{error.reason}")
        except DailyQuota as error:
            failure = (
                TokenRefused(error.errcode, rid=error.rid, reason="forced_too_often") if force else error
            )
        except WeChatError as error:
            failure = error
        else:
            _log.info("wechat.token_renewed", forced=force)
            return grant
        raise self._failed(shelf, refused, failure)

    def _failed(self, shelf: Shelf, refused: str | None, error: WeChatError) -> WeChatError:
        _log.error(
            "wechat.token_failed",
            kind=type(error).__name__,
            errcode=error.errcode,
            rid=error.rid,
            reason=error.reason,
        )
        shelf.note_failure(_note(error, refused))
        return error


def _note(error: WeChatError, refused: str | None) -> bytes:
    of_token = _digest(refused) if isinstance(error, TokenRefused) else None
    return orjson.dumps(
        {"errcode": error.errcode, "rid": error.rid, "reason": error.reason, "refused": of_token}
    )


def _noted(note: bytes, refused: str | None) -> WeChatError | None:
    """Read a note back; one about a refused token concerns only those who hold that token."""
    kept: dict[str, Any] = orjson.loads(note)
    if kept["refused"] is not None:
        mine = kept["refused"] == _digest(refused)
        return TokenRefused(kept["errcode"], rid=kept["rid"], reason=kept["reason"]) if mine else None
    if kept["errcode"] is None:
        return NotSent(reason=kept["reason"])
    return refusal(PATH, kept["errcode"], f"rid: {kept['rid']}")


def _digest(token: str | None) -> str:
    return hashlib.sha256((token or "").encode()).hexdigest()[:16]
