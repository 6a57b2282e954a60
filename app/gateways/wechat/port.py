"""What the domain may ask of WeChat, and the shapes it answers with (微信开放接口).

Every call raises a `WeChatError` of `app.gateways.wechat.errors` and nothing else, within about ten seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WeChatIdentity:
    """Who logged in: `session_key` never leaves the server and lives nowhere in logs."""

    openid: str
    unionid: str | None
    session_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A phone number that WeChat vouches for; `number` without country code."""

    number: str = field(repr=False)
    country_code: str


@dataclass(frozen=True, slots=True)
class Sent:
    """WeChat accepted a message; `msgid` (over 2^53, hence text) is missing in some replies."""

    msgid: str | None


@dataclass(frozen=True, slots=True)
class Template:
    """A subscribe-message template (订阅消息模板) of our account and the keys its content names."""

    template_id: str
    title: str
    content: str
    long_term: bool
    keys: tuple[str, ...]
    enum_values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class FaceTicket:
    """What the phone needs to start 人脸核身; `expires_in` seconds."""

    verify_id: str = field(repr=False)
    expires_in: int


class FaceOutcome(StrEnum):
    """How a face verification stands."""

    PASSED = "passed"
    PENDING = "pending"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FaceResult:
    """The server-side answer; `code` is verify_ret, or the errcode that refused the question."""

    outcome: FaceOutcome
    code: int


class TextSuggestion(StrEnum):
    """What WeChat suggests to do with a text; ordered from harmless to harmful by `SEVERITY`."""

    PASS = "pass"  # noqa: S105 a verdict, not a password
    REVIEW = "review"
    RISKY = "risky"


@dataclass(frozen=True, slots=True)
class TextVerdict:
    """The worst verdict over all parts of a text; label 100 is normal."""

    suggestion: TextSuggestion
    label: int
    trace_id: str


class TextScene(StrEnum):
    """Where a text will be shown."""

    PROFILE = "1"
    COMMENT = "2"
    FORUM = "3"
    SOCIAL_LOG = "4"


class Login(Protocol):
    """wx.login (小程序登录)."""

    def exchange(self, code: str) -> WeChatIdentity:
        """Exchange a single-use code; never retried, never needs an access token.

        Raises Relogin, LoginBlocked, MinuteQuota; after OutcomeUnknown the code must be taken as used.
        """
        ...


class Phones(Protocol):
    """The phone-number button (手机号快速验证)."""

    def number(self, code: str, openid: str) -> PhoneNumber:
        """Exchange a phone code; WeChat itself checks that code and openid belong together (else Relogin)."""
        ...


class SubscribeMessages(Protocol):
    """Subscribe messages (订阅消息)."""

    def send(self, openid: str, template_id: str, data: Mapping[str, str], page: str | None = None) -> Sent:
        """Send once; `data` is key → text, `page` without leading slash.

        OutcomeUnknown means that the person may have got it: never resend by yourself. NotSent, TokenRefused,
        Busy, Concurrent and the quotas mean that nothing was delivered.
        """
        ...


class Templates(Protocol):
    """Our account's templates."""

    def list(self) -> tuple[Template, ...]:
        """Return every template of the account."""
        ...


class FaceVerification(Protocol):
    """人脸核身 2.0; a result counts only when asked for here, never when a phone reports it."""

    def start(self, out_seq_no: str, *, name: str, id_number: str, openid: str) -> FaceTicket:
        """Open a verification; `out_seq_no` 5-32 of [0-9A-Za-z_-], unique for ever."""
        ...

    def result(self, verify_id: str, *, out_seq_no: str, cert_hash: str, openid: str) -> FaceResult:
        """Ask how it ended; `cert_hash` comes from `app.gateways.wechat.face.cert_hash(name, id_number)`."""
        ...


class ContentSecurity(Protocol):
    """Checks of text that others will see (内容安全)."""

    def check_text(self, text: str, *, openid: str, scene: TextScene = TextScene.COMMENT) -> TextVerdict:
        """Check a text of any length; Uncheckable where WeChat will not judge this user's text now."""
        ...


@dataclass(frozen=True, slots=True)
class WeChat:
    """Everything that can be asked of WeChat; one per process."""

    login: Login
    phones: Phones
    messages: SubscribeMessages
    templates: Templates
    faces: FaceVerification
    content: ContentSecurity


_current: list[WeChat] = []


def use(gateway: WeChat) -> None:
    """Make `gateway` the process's WeChat."""
    _current[:] = [gateway]


def wechat() -> WeChat:
    """Return the process's WeChat."""
    return _current[0]
